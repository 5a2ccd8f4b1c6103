package dev.sampo.persistence.cleaner;

import dev.sampo.persistence.log.Batches;
import dev.sampo.persistence.log.CleanerCheckpoint;
import dev.sampo.persistence.log.DamagedLogException;
import dev.sampo.persistence.log.FaultyLogFiles;
import dev.sampo.persistence.log.LogSettings;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CompactionTest {
    private static final Path DIRECTORY = Path.of("/log/t-0");
    private static final Path FIRST = DIRECTORY.resolve("00000000000000000000.log");
    private static final CompactionSettings SETTINGS =
            new CompactionSettings(1_000, 0, Long.MAX_VALUE, 0.5, 1 << 20, 4096, 1_000);

    private final FaultyLogFiles files = new FaultyLogFiles();
    private PartitionLog log;

    @BeforeEach
    void open() throws IOException {
        log = PartitionLog.open(DIRECTORY, new Uuid(1, 1), LogSettings.DEFAULTS, false, files, 0);
    }

    @AfterEach
    void close() throws IOException {
        log.close(false);
    }

    private void write(int records, String key) throws IOException {
        for (int i = 0; i < records; i++) {
            log.append(List.of(Batches.of(log.logEndOffset(), 0, Batches.record(1, key, "v"))), 1);
        }
        log.roll(false, 1);
        log.flush();
    }

    private Compaction.Result compact() throws IOException {
        Compaction compaction = Compaction.prepare(log, files, SETTINGS, log.logEndOffset(), 2);
        assertThat(compaction).isNotNull();
        Compaction.Result result = compaction.run();
        compaction.apply(log, result);
        return result;
    }

    @Test
    void whatIsWrittenInThePlaceOfWhatWasCutIsCompactedToo() throws IOException {
        // Given a log that is compacted up to its end
        write(10, "a");
        assertThat(compact().firstDirtyOffset()).isEqualTo(10);

        // When
        log.truncateTo(0);
        assertThat(CleanerCheckpoint.read(files, DIRECTORY)).isZero();
        write(20, "b");

        // Then
        assertThat(compact().firstDirtyOffset()).isEqualTo(20);
        assertThat(log.sizeBytes()).isLessThan(200);
    }

    @Test
    void aBatchWhoseBytesHaveRottedIsNotGivenAGoodChecksum() throws IOException {
        // Given a batch with two records, one of which would go, and a bit of the other that has changed
        log.append(
                List.of(Batches.of(0, 0, Batches.record(1, "a", "old"), Batches.record(1, "b", "rotting"))), 1);
        write(1, "a");
        byte[] before = files.contents(FIRST);
        files.flipBit(FIRST, 61 + 25, 0);
        Compaction compaction = Compaction.prepare(log, files, SETTINGS, log.logEndOffset(), 2);

        // Then
        assertThatThrownBy(compaction::run)
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(FIRST.toString())
                .hasMessageContaining("byte 0")
                .hasMessageContaining("expected a batch with a valid CRC, found a bad one");
        assertThat(files.contents(FIRST)).hasSameSizeAs(before).isNotEqualTo(before);
        assertThat(files.list(DIRECTORY)).noneMatch(name -> name.endsWith(".cleaned"));
    }
}
