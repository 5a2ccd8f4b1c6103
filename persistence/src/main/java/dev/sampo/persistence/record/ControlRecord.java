package dev.sampo.persistence.record;

import java.util.Iterator;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;

/** A transaction marker: the transaction of the batch's producer ends here. */
public record ControlRecord(boolean abort, int coordinatorEpoch) {
    /** Null when a control batch holds no transaction marker (or, after compaction, nothing). */
    public static @Nullable ControlRecord of(RecordBatch batch) {
        Iterator<Record> records = MemoryRecords.readableRecords(
                        batch.buffer().slice(batch.startIndex(), batch.sizeInBytes()))
                .records()
                .iterator();
        if (!records.hasNext()) {
            return null;
        }
        Record record = records.next();
        ControlRecordType type = ControlRecordType.parse(record.key());
        if (type != ControlRecordType.ABORT && type != ControlRecordType.COMMIT) {
            return null;
        }
        return new ControlRecord(
                type == ControlRecordType.ABORT, EndTransactionMarker.deserialize(record).coordinatorEpoch());
    }
}
