package dev.sampo.http.record;

import dev.sampo.http.body.RecordBodies.ConsumedRecord;
import dev.sampo.http.body.RecordBodies.RecordHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record that was read. */
public record FetchedRecord(
        int partition, long offset, long timestampMs, boolean appendTime, byte @Nullable [] key,
        byte @Nullable [] value, List<OutgoingRecord.Header> headers) {
    /** For people and programs. */
    public ConsumedRecord show(DataFormat format) {
        return new ConsumedRecord(
                partition, offset, timestampMs, appendTime ? "LOG_APPEND_TIME" : "CREATE_TIME", format.show(key),
                format.show(value),
                headers.stream().map(header -> new RecordHeader(header.key(), format.show(header.value()))).toList());
    }
}
