package dev.sampo.persistence.log;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;

/** Not a test: prints what an append costs, and how long 2 GB take to recover. Run it as a program. */
public final class LogMeasurement {
    private LogMeasurement() {}

    public static void main(String[] args) throws IOException {
        Path directory = Files.createTempDirectory("sampo-log");
        var files = new RealLogFiles();
        var topic = new Uuid(1, 1);
        long now = System.currentTimeMillis();
        try {
            PartitionLog log = PartitionLog.open(directory, topic, LogSettings.DEFAULTS, false, files, now);
            ByteBuffer made = Batches.sized(0, 0, 16, 1_000, now);
            ByteBuffer batch = ByteBuffer.allocateDirect(made.remaining()).put(made).flip();
            var view = new dev.sampo.persistence.record.RecordBatch(batch);
            int count = (int) (2_000_000_000L / batch.remaining());
            long cpu = cpuNs();
            long start = System.nanoTime();
            Flush flush = null;
            int measuredFrom = count / 10;
            for (int i = 0; i < count; i++) {
                if (i == measuredFrom) {
                    cpu = cpuNs();
                    start = System.nanoTime();
                }
                view.patchOffsets(log.logEndOffset(), 0);
                if (log.append(List.of(batch), now).rolled() && args.length == 0) {
                    flush = log.prepareFlush();
                }
            }
            int measured = count - measuredFrom;
            System.out.printf(
                    "append of %d bytes: %d ns CPU, %d ns wall, %d batches%n", batch.remaining(),
                    (cpuNs() - cpu) / measured, (System.nanoTime() - start) / measured, measured);
            if (flush != null) {
                flush.force();
                log.flushed(flush);
            }
            log.close(false);
            start = System.nanoTime();
            cpu = cpuNs();
            log = PartitionLog.open(directory, topic, LogSettings.DEFAULTS, false, files, now);
            System.out.printf(
                    "unclean start of %d bytes, %d above the recovery point: %d ms, %d ms CPU%n", log.sizeBytes(),
                    (log.logEndOffset() - log.recoveryPoint()) / 16 * batch.remaining(),
                    (System.nanoTime() - start) / 1_000_000, (cpuNs() - cpu) / 1_000_000);
            log.close(true);
            start = System.nanoTime();
            log = PartitionLog.open(directory, topic, LogSettings.DEFAULTS, true, files, now);
            System.out.printf("clean start: %d ms%n", (System.nanoTime() - start) / 1_000_000);
            log.close(false);
        } finally {
            for (String name : files.list(directory)) {
                Files.delete(directory.resolve(name));
            }
            Files.delete(directory);
        }
    }

    private static long cpuNs() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
