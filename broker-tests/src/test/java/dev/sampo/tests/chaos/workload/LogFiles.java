package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.chaos.history.ReplicaLog;
import dev.sampo.tests.chaos.history.ReplicaLog.Batch;
import dev.sampo.tests.chaos.history.Stored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/**
 * The segment files of one replica whose broker does not run.
 *
 * @param records all data records below the end
 */
record LogFiles(ReplicaLog log, List<Stored> records) {
    /** @param end exclusive: what is at or above it is left out, as it need not be the same everywhere */
    static LogFiles read(Path folder, int broker, int partition, long end) {
        var batches = new ArrayList<Batch>();
        var records = new ArrayList<Stored>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path segment : files.filter(file -> file.toString().endsWith(".log")).sorted().toList()) {
                for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(segment))).batches()) {
                    if (batch.lastOffset() >= end) {
                        break;
                    }
                    batch.ensureValid();
                    batches.add(new Batch(batch.baseOffset(), batch.lastOffset(), digest(batch)));
                    if (!batch.isControlBatch()) {
                        for (Record record : batch) {
                            records.add(new Stored(record.offset(), StandardCharsets.UTF_8.decode(record.value()).toString()));
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new LogFiles(new ReplicaLog(broker, partition, batches), records);
    }

    private static String digest(MutableRecordBatch batch) {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
            batch.writeTo(bytes);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
