package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.Appended;
import dev.sampo.persistence.metadata.MetadataLog.Fenced;
import dev.sampo.persistence.metadata.MetadataLog.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RaftMetadataLogTest extends MetadataLogContract {
    @TempDir
    Path folder;

    @Override
    MetadataLog open() throws IOException {
        return RaftMetadataLog.open(RaftSettings.groupOfOne(1, folder.resolve("metadata")));
    }

    private void reopen() throws Exception {
        log.close();
        log = open();
        epoch = leaderTerm(log);
    }

    /** The folder as it is at this moment, as a process that is killed now would leave it. */
    private Path killed(String name) throws IOException {
        Path copy = folder.resolve(name);
        Path from = folder.resolve("metadata");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, copy.resolve(from.relativize(file)));
            }
        }
        return copy;
    }

    private static MetadataLog open(Path copy) throws IOException {
        return RaftMetadataLog.open(RaftSettings.groupOfOne(1, copy));
    }

    private static Path openSegment(Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(copy)) {
            return files.filter(RaftSegmentTail::isOpenSegment).findFirst().orElseThrow();
        }
    }

    @Test
    void aRestartKeepsEntriesAndFence() throws Exception {
        // Given
        append(epoch, 0, "a", "b");
        append(epoch + 7, 2, "c");
        // When
        reopen();
        // Then
        assertThat(read(log, 0, 3)).containsExactly("0 a", "1 b", "2 c");
        assertThat(append(2, 3, "x")).isInstanceOf(Fenced.class);
    }

    @Test
    void aRestartAfterASnapshotKeepsSnapshotEntriesAndFence() throws Exception {
        // Given
        append(epoch + 7, 0, "a", "b", "c");
        get(log.snapshot(new Snapshot(1, bytes("ab"))));
        append(epoch + 7, 3, "d");
        for (int restart = 0; restart < 2; restart++) {
            // When
            reopen();
            // Then
            assertThat(read(log, 0, 4)).containsExactly("snapshot 1 ab", "2 c", "3 d");
            assertThat(get(log.endOffset())).isEqualTo(4);
        }
        assertThat(append(2, 4, "x")).isEqualTo(new Fenced(8));
    }

    @Test
    void aSnapshotThatCoversAllSurvivesARestart() throws Exception {
        // Given
        append(epoch, 0, "a", "b");
        get(log.snapshot(new Snapshot(1, bytes("ab"))));
        // When
        reopen();
        // Then
        assertThat(read(log, 0, 2)).containsExactly("snapshot 1 ab");
        assertThat(append(epoch, 2, "c")).isEqualTo(new Appended(2));
    }

    @Test
    void whatWasAnsweredIsThereAfterAKill() throws Exception {
        // Given
        for (int i = 0; i < 20; i++) {
            append(epoch, i, "e" + i);
        }
        // When
        Path copy = killed("copy");
        // Then
        try (MetadataLog again = open(copy)) {
            leaderTerm(again);
            assertThat(get(again.endOffset())).isEqualTo(20);
            assertThat(read(again, 18, 20)).containsExactly("18 e18", "19 e19");
        }
    }

    @Test
    void aTornTailIsCutAndWhatWasAnsweredBeforeStays() throws Exception {
        // Given
        append(epoch, 0, "a");
        append(epoch, 1, "b");
        Path before = openSegment(folder.resolve("metadata"));
        int end = dataEnd(before);
        append(epoch, 2, "c".repeat(500));
        Path copy = killed("copy");
        Path segment = openSegment(copy);
        byte[] bytes = Files.readAllBytes(segment);
        for (int cut : new int[] {end + 1, end + 200, end + 400}) {
            // When: only a part of the last write reached the disk
            byte[] torn = bytes.clone();
            Arrays.fill(torn, cut, torn.length, (byte) 0);
            Files.write(segment, torn);
            // Then
            try (MetadataLog again = open(copy)) {
                long term = leaderTerm(again);
                assertThat(get(again.endOffset())).isEqualTo(2);
                assertThat(get(again.append(term, 2, payloads("d")))).isEqualTo(new Appended(2));
            }
            deleteAll(copy);
            copy = killed("copy");
            segment = openSegment(copy);
        }
    }

    @Test
    void aDamagedEntryBeforeAWholeOneIsNotCutSilently() throws Exception {
        // Given
        append(epoch, 0, "first");
        int end = dataEnd(openSegment(folder.resolve("metadata")));
        append(epoch, 1, "second");
        append(epoch, 2, "third");
        Path copy = killed("copy");
        Path segment = openSegment(copy);
        byte[] bytes = Files.readAllBytes(segment);
        // When
        bytes[end + 8] ^= 1;
        Files.write(segment, bytes);
        // Then
        assertThatThrownBy(() -> open(copy)).isInstanceOf(IOException.class)
                .hasMessageContaining(segment.getFileName().toString())
                .hasMessageContaining("position " + end);
    }

    private static int dataEnd(Path segment) throws IOException {
        byte[] bytes = Files.readAllBytes(segment);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aSecondLogInTheSameFolderIsRefusedByName() {
        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessageContaining(folder.resolve("metadata").toString())
                .hasMessageContaining("in use");
    }

    @Test
    void aBatchOverTheLimitIsRefusedAndTheLogGoesOn() throws Exception {
        // When
        assertThatThrownBy(() -> log.append(epoch, 0, List.of(new byte[RaftMetadataLog.MAX_BATCH_BYTES])))
                .hasMessageContaining("over the metadata log's limit");
        // Then
        assertThat(get(log.append(epoch, 0, List.of(new byte[RaftMetadataLog.MAX_BATCH_BYTES - 25]))))
                .isEqualTo(new Appended(0));
        assertThat(append(epoch, 1, "a")).isEqualTo(new Appended(1));
    }

    @Test
    void twoLogsRunInOneProcess() throws Exception {
        try (MetadataLog other = open(folder.resolve("other"))) {
            long term = leaderTerm(other);
            assertThat(get(other.append(term, 0, payloads("x")))).isEqualTo(new Appended(0));
            assertThat(get(log.endOffset())).isZero();
        }
    }
}
