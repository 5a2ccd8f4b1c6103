package dev.sampo.persistence.record;

import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;

/** Looks at the timestamps of the single records of a batch. */
public final class RecordTimes {
    /** A record's offset and timestamp. */
    public record Found(long offset, long timestamp) {
        public static final Found NONE = new Found(-1, -1);
    }

    private RecordTimes() {}

    /** First record at or behind {@code fromOffset} that is not older than {@code timestamp}. */
    public static Found firstFrom(ByteBuffer batch, long fromOffset, long timestamp) {
        for (Record record : MemoryRecords.readableRecords(batch).records()) {
            if (record.offset() >= fromOffset && record.timestamp() >= timestamp) {
                return new Found(record.offset(), record.timestamp());
            }
        }
        return Found.NONE;
    }

    /** First record with the largest timestamp. */
    public static Found maximum(ByteBuffer batch) {
        Found found = Found.NONE;
        for (Record record : MemoryRecords.readableRecords(batch).records()) {
            if (record.timestamp() > found.timestamp()) {
                found = new Found(record.offset(), record.timestamp());
            }
        }
        return found;
    }
}
