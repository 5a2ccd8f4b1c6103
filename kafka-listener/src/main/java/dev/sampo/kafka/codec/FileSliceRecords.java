package dev.sampo.kafka.codec;

import dev.sampo.persistence.log.FileSlice;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/** The records of a fetch response that are still in the segment file; the response writer keeps them there. */
public record FileSliceRecords(FileSlice slice) implements BaseRecords {
    @Override
    public int sizeInBytes() {
        return slice.sizeBytes();
    }

    @Override
    public RecordsSend<? extends BaseRecords> toSend() {
        throw new UnsupportedOperationException("a file slice is sent by the connection, not by Kafka's Send");
    }
}
