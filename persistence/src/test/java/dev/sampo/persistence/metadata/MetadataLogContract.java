package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.AppendResult;
import dev.sampo.persistence.metadata.MetadataLog.Appended;
import dev.sampo.persistence.metadata.MetadataLog.Entry;
import dev.sampo.persistence.metadata.MetadataLog.Fenced;
import dev.sampo.persistence.metadata.MetadataLog.Role;
import dev.sampo.persistence.metadata.MetadataLog.Snapshot;
import dev.sampo.persistence.metadata.MetadataLog.WrongOffset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What every metadata log holds to; run against each implementation. */
abstract class MetadataLogContract {
    static final long NEVER_MS = 20_000;

    MetadataLog log;
    long epoch;

    abstract MetadataLog open() throws Exception;

    @BeforeEach
    void openLog() throws Exception {
        log = open();
        epoch = leaderTerm(log);
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(NEVER_MS, TimeUnit.MILLISECONDS);
    }

    static long leaderTerm(MetadataLog log) throws Exception {
        var term = new CompletableFuture<Long>();
        try (var _ = log.onRole(role -> {
            if (role.leader()) {
                term.complete(role.term());
            }
        })) {
            return get(term);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static List<byte[]> payloads(String... texts) {
        return Arrays.stream(texts).map(MetadataLogContract::bytes).toList();
    }

    AppendResult append(long writerEpoch, long expectedEndOffset, String... texts) throws Exception {
        return get(log.append(writerEpoch, expectedEndOffset, payloads(texts)));
    }

    /** What a tail from here hands out until it has given the entry before {@code end}. */
    static List<String> read(MetadataLog log, long from, long end) throws Exception {
        var seen = new LinkedBlockingQueue<String>();
        var read = new ArrayList<String>();
        try (var _ = log.tail(
                from,
                snapshot -> seen.add("snapshot " + snapshot.offset() + " " + text(snapshot.state())),
                entry -> seen.add(entry.offset() + " " + text(entry.payload())))) {
            String next;
            do {
                next = seen.poll(NEVER_MS, TimeUnit.MILLISECONDS);
                assertThat(next).as("after " + read).isNotNull();
                read.add(next);
            } while (!next.startsWith((end - 1) + " ") && !next.startsWith("snapshot " + (end - 1) + " "));
        }
        return read;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void entriesAreHandedOutInTheOrderAppendedFromAnyOffset() throws Exception {
        // When
        assertThat(append(epoch, 0, "a", "b", "c")).isEqualTo(new Appended(2));
        assertThat(append(epoch, 3, "d")).isEqualTo(new Appended(3));
        // Then
        assertThat(get(log.endOffset())).isEqualTo(4);
        assertThat(read(log, 0, 4)).containsExactly("0 a", "1 b", "2 c", "3 d");
        assertThat(read(log, 2, 4)).containsExactly("2 c", "3 d");
    }

    @Test
    void aTailThatWaitsGetsWhatIsAppendedLater() throws Exception {
        // Given
        var seen = new LinkedBlockingQueue<Entry>();
        try (var _ = log.tail(0, _ -> {}, seen::add)) {
            // When
            append(epoch, 0, "a");
            // Then
            Entry entry = seen.poll(NEVER_MS, TimeUnit.MILLISECONDS);
            assertThat(entry.offset()).isZero();
            assertThat(entry.writerEpoch()).isEqualTo(epoch);
        }
    }

    @Test
    void anAppendAtAnotherOffsetThanTheEndChangesNothing() throws Exception {
        // Given
        append(epoch, 0, "a");
        // Then
        assertThat(append(epoch, 0, "x")).isEqualTo(new WrongOffset(1));
        assertThat(append(epoch, 2, "x")).isEqualTo(new WrongOffset(1));
        assertThat(append(epoch + 5, 2, "x")).isEqualTo(new WrongOffset(1));
        assertThat(append(epoch, 1, "b")).isEqualTo(new Appended(1));
    }

    @Test
    void aNewerWriterFencesTheOlderOne() throws Exception {
        // Given
        append(epoch, 0, "a");
        append(epoch + 1, 1, "b");
        // Then
        assertThat(append(epoch, 2, "x")).isEqualTo(new Fenced(epoch + 1));
        assertThat(read(log, 0, 2)).containsExactly("0 a", "1 b");
    }

    @Test
    void aBatchOfNothingIsRefused() {
        assertThatThrownBy(() -> log.append(epoch, 0, List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSnapshotReplacesTheEntriesItCovers() throws Exception {
        // Given
        append(epoch, 0, "a", "b", "c", "d");
        // When
        get(log.snapshot(new Snapshot(1, bytes("ab"))));
        // Then
        assertThat(read(log, 0, 4)).containsExactly("snapshot 1 ab", "2 c", "3 d");
        assertThat(read(log, 1, 4)).containsExactly("snapshot 1 ab", "2 c", "3 d");
        assertThat(read(log, 2, 4)).containsExactly("2 c", "3 d");
        assertThat(append(epoch, 4, "e")).isEqualTo(new Appended(4));
        // When
        get(log.snapshot(new Snapshot(4, bytes("abcde"))));
        // Then
        assertThat(read(log, 0, 5)).containsExactly("snapshot 4 abcde");
    }

    @Test
    void aSnapshotOfAnOffsetThatIsNotThereIsRefused() {
        assertThat(log.snapshot(new Snapshot(0, bytes("x"))).toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void theRoleIsToldAtOnceAndWithItsTerm() throws Exception {
        // Given
        var roles = new LinkedBlockingQueue<Role>();
        // When
        try (var _ = log.onRole(roles::add)) {
            // Then
            assertThat(roles.poll(NEVER_MS, TimeUnit.MILLISECONDS))
                    .satisfies(role -> assertThat(role.leader()).isTrue())
                    .satisfies(role -> assertThat(role.term()).isEqualTo(epoch));
        }
    }

    @Test
    void whateverIsAskedOfAClosedLogIsAnsweredOrFailed() throws Exception {
        // Given
        var answers = new ArrayList<CompletionStage<AppendResult>>();
        for (int i = 0; i < 50; i++) {
            answers.add(log.append(epoch, i, payloads("e" + i)));
        }
        // When
        log.close();
        answers.add(log.append(epoch, 50, payloads("late")));
        // Then
        for (CompletionStage<AppendResult> answer : answers) {
            get(answer.handle((result, failure) -> 0));
        }
        assertThat(answers.getLast().toCompletableFuture()).isCompletedExceptionally();
        get(log.endOffset().handle((end, failure) -> {
            assertThat(failure).isNotNull();
            return 0;
        }));
    }

    @Test
    void anyHistoryGivesWhatASimpleModelGives() throws Exception {
        append(epoch, 0, "the first writer's epoch is known");
        for (long seed = 1; seed <= 3; seed++) {
            // Given
            var random = new Random(seed);
            long newest = epoch;
            int base = (int) (long) get(log.endOffset());
            var model = new ArrayList<String>();
            for (int step = 0; step < 60; step++) {
                long writer = newest - random.nextInt(2) + random.nextInt(2);
                long expected = base + model.size() + (random.nextInt(4) == 0 ? random.nextInt(3) - 1 : 0);
                String[] texts = IntStream.rangeClosed(0, random.nextInt(3))
                        .mapToObj(i -> Long.toString(random.nextLong(), 36)).toArray(String[]::new);
                // When
                AppendResult result = append(writer, expected, texts);
                // Then
                if (writer < newest) {
                    assertThat(result).as("seed " + seed).isEqualTo(new Fenced(newest));
                } else if (expected != base + model.size()) {
                    assertThat(result).as("seed " + seed).isEqualTo(new WrongOffset(base + model.size()));
                } else {
                    newest = writer;
                    for (String text : texts) {
                        model.add((base + model.size()) + " " + text);
                    }
                    assertThat(result).as("seed " + seed).isEqualTo(new Appended(base + model.size() - 1));
                }
            }
            assertThat(read(log, base, base + model.size())).as("seed " + seed).isEqualTo(model);
            epoch = newest;
        }
    }
}
