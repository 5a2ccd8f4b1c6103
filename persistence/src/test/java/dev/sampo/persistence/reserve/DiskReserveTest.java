package dev.sampo.persistence.reserve;

import dev.sampo.persistence.log.Batches;
import dev.sampo.persistence.log.FaultyLogFiles;
import dev.sampo.persistence.log.LogSettings;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class DiskReserveTest {
    private static final long MIB = 1L << 20;
    private static final long SIZE = 8 * MIB;
    private static final Path FILE = Path.of("/metadata/disk-reserve");

    private final FaultyLogFiles files = new FaultyLogFiles();
    private final AtomicLong usable = new AtomicLong(100 * MIB);
    private DiskReserve reserve;

    @BeforeEach
    void open() throws IOException {
        reserve = new DiskReserve(FILE, SIZE, files, usable::get);
    }

    @Test
    void theFileIsMadeByTheFirstCheckWithBytesThatNoFileSystemCanLeaveOut() throws IOException {
        assertThat(files.exists(FILE)).isFalse();
        assertThat(reserve.mayWriteRecords()).isTrue();

        reserve.check(0);

        assertThat(reserve.isHeld()).isTrue();
        byte[] bytes = files.contents(FILE);
        assertThat(bytes).hasSize((int) SIZE);
        for (int page = 0; page < bytes.length; page += 4096) {
            boolean zero = true;
            for (int i = page; i < page + 4096; i++) {
                zero &= bytes[i] == 0;
            }
            assertThat(zero).as("page at " + page + " is empty").isFalse();
        }
    }

    @Test
    void theNextProcessTakesTheFileAsItIsAndAnUnfinishedOneNot() throws IOException {
        reserve.check(0);
        assertThat(new DiskReserve(FILE, SIZE, files, usable::get).isHeld()).isTrue();
        assertThat(new DiskReserve(FILE, 2 * SIZE, files, usable::get).isHeld()).isFalse();
        assertThat(files.exists(FILE)).isFalse();
    }

    @Test
    void aDiskThatRunsShortGetsTheReserveAndRecordsAreRefusedUntilItIsHeldAgain() throws IOException {
        // Given
        reserve.check(0);

        // When
        usable.set(MIB);
        reserve.check(1_000);

        // Then
        assertThat(files.exists(FILE)).isFalse();
        assertThat(reserve.mayWriteRecords()).isFalse();

        // And space for the file alone is not enough
        usable.set(SIZE + MIB);
        reserve.check(5_000);
        assertThat(reserve.mayWriteRecords()).isFalse();

        // When there is space
        usable.set(100 * MIB);
        reserve.check(6_000);

        // Then
        assertThat(reserve.isHeld()).isTrue();
        assertThat(reserve.mayWriteRecords()).isTrue();
    }

    @Test
    void aWriteOfTheMetadataLogReleasesTheReserveItselfAndIsRefusedOnlyWhenThatDoesNotHelp() throws IOException {
        // Given
        reserve.check(0);
        usable.set(MIB);
        var freed = new DiskReserve(FILE, SIZE, files, () -> files.exists(FILE) ? MIB : MIB + SIZE);

        // When
        freed.beforeMetadataWrite(1_000);

        // Then
        assertThat(freed.mayWriteRecords()).isFalse();
        assertThatThrownBy(() -> reserve.beforeMetadataWrite(1_000))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("/metadata");
    }

    @Test
    void aDiskThatRefusesWithSpaceLeftIsTriedAgainLessAndLessOften() throws IOException {
        // Given a quota, say
        reserve.check(0);
        long now = 0;
        int made = 0;

        // When
        while (now < 600_000) {
            now += 1_000;
            if (reserve.isHeld()) {
                made++;
                reserve.onDiskFull();
            }
            reserve.check(now);
        }

        // Then
        assertThat(made).isBetween(10, 20);
    }

    @Test
    void aReserveThatDoesNotFitRefusesRecordsAtOnce() throws IOException {
        usable.set(SIZE);
        reserve.check(0);
        assertThat(reserve.mayWriteRecords()).isFalse();
        assertThat(files.exists(FILE)).isFalse();
    }

    @Test
    void aFullDiskWhileTheFileIsMadeLeavesNoPieceOfIt() throws IOException {
        files.limitSpace(3 * MIB);
        reserve.check(0);
        assertThat(reserve.isHeld()).isFalse();
        assertThat(reserve.mayWriteRecords()).isFalse();
        assertThat(files.exists(FILE)).isFalse();

        files.limitSpace(Long.MAX_VALUE);
        reserve.check(100_000);
        assertThat(reserve.mayWriteRecords()).isTrue();
    }

    @Test
    void withoutAReserveEverythingIsAllowed() throws IOException {
        var none = new DiskReserve(FILE, 0, files, () -> 0);
        none.onDiskFull();
        none.check(0);
        none.beforeMetadataWrite(Long.MAX_VALUE / 2);
        assertThat(none.mayWriteRecords()).isTrue();
        assertThat(files.exists(FILE)).isFalse();
    }

    @Test
    void aLogOnAFullDiskTakesNoRecordsButMovesItsStartAndGoesOnWhenThereIsSpace() throws IOException {
        // Given
        reserve.check(0);
        var reserved = new ReservedLogFiles(files, reserve);
        Path directory = Path.of("/topics/t-0");
        PartitionLog log = open(directory, reserved);
        log.append(List.of(batch(0)), 0);
        log.flush();

        // When the disk refuses the half of a batch
        files.limitSpace(30);
        assertThatThrownBy(() -> log.append(List.of(batch(1)), 0)).hasMessageContaining("No space left");

        // Then no log takes records, also where the disk would
        files.limitSpace(Long.MAX_VALUE);
        assertThat(reserve.mayWriteRecords()).isFalse();
        log.close(false);
        PartitionLog again = open(directory, reserved);
        assertThatThrownBy(() -> again.append(List.of(batch(1)), 0)).hasMessageContaining("kept for the metadata log");
        again.close(false);

        // And what frees space goes on
        PartitionLog third = open(directory, reserved);
        assertThat(third.logEndOffset()).isEqualTo(1);
        third.deleteRecordsBefore(1);
        assertThat(third.logStartOffset()).isEqualTo(1);

        // When the reserve is back
        reserve.check(1_000);
        reserve.check(60_000);

        // Then
        third.append(List.of(batch(1)), 0);
        assertThat(third.logEndOffset()).isEqualTo(2);
        third.close(true);
    }

    private static PartitionLog open(Path directory, ReservedLogFiles reserved) throws IOException {
        return PartitionLog.open(directory, new Uuid(1, 1), LogSettings.DEFAULTS, false, reserved, 0);
    }

    private static ByteBuffer batch(long offset) {
        return Batches.of(offset, 0, Batches.record(0, null, "value " + offset));
    }
}
