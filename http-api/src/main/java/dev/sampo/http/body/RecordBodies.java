package dev.sampo.http.body;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sampo.http.route.Doc;
import dev.sampo.http.route.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Records in and out. */
public final class RecordBodies {
    private RecordBodies() {}

    /** A key or a value on its way out. */
    public record TypedData(
            @Doc("JSON, STRING (UTF-8 text) or BINARY (base64).") String type, @Doc("The data in that form.") JsonNode data) {}

    /** A header. */
    public record RecordHeader(String key, @Nullable TypedData value) {}

    /** A record that was read. */
    public record ConsumedRecord(
            int partition, long offset, @Doc("Milliseconds since 1970.") long timestamp,
            @Doc("CREATE_TIME or LOG_APPEND_TIME") String timestampType, @Nullable TypedData key,
            @Doc("Null for a tombstone.") @Nullable TypedData value, List<RecordHeader> headers) {}

    /** A range of one partition. */
    public record ConsumedRecords(
            String topic, int partition, List<ConsumedRecord> records,
            @Doc("offset of the next request.") long nextOffset, long highWatermark, long logStartOffset) {}

    /** A record to be written, as documented; read field by field, so that a mistake is named. */
    public record ProduceRecord(
            @Doc("Default: chosen by the key as Kafka's clients do, or any.") @Nullable Integer partition,
            @Doc("A string, null, or {\"type\": JSON|STRING|BINARY, \"data\": ...}.") @Nullable JsonNode key,
            @Doc("As key; null is a tombstone.") @Nullable JsonNode value,
            @Doc("[{\"key\": ..., \"value\": as value}]") @Nullable List<ProduceHeader> headers,
            @Doc("Milliseconds since 1970; default now.") @Nullable Long timestamp) {}

    /** A header to be written. */
    public record ProduceHeader(String key, @Nullable JsonNode value) {}

    /** Where a record went. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record ProducedRecord(
            @Doc("Absent when the record was refused before one was chosen.") @Nullable Integer partition,
            @Doc("Absent in a dry run and when the record was refused.") @Nullable Long offset,
            @Nullable Long timestamp, @Doc("Only when the record was refused.") @Nullable Problem error) {}

    /** Where records went, in their order. */
    public record ProducedRecords(String topic, List<ProducedRecord> records, boolean dryRun) {}
}
