package dev.sampo.tests.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.tests.wire.Wire;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;

/** An answer as JSON, with record bytes opened into batches and records. */
final class AnswerJson {
    private AnswerJson() {}

    static JsonNode of(ApiMessage answer, short version) {
        JsonNode json = Wire.json(answer, version);
        if (answer instanceof FetchResponseData fetch) {
            for (int t = 0; t < fetch.responses().size(); t++) {
                var partitions = fetch.responses().get(t).partitions();
                for (int p = 0; p < partitions.size(); p++) {
                    var node = (ObjectNode) json.get("responses").get(t).get("partitions").get(p);
                    node.remove("recordsSizeInBytes");
                    node.set("records", batches((MemoryRecords) partitions.get(p).records()));
                }
            }
        }
        return json;
    }

    private static JsonNode batches(@Nullable MemoryRecords records) {
        if (records == null) {
            return JsonNodeFactory.instance.nullNode();
        }
        ArrayNode batches = JsonNodeFactory.instance.arrayNode();
        for (MutableRecordBatch batch : records.batches()) {
            ObjectNode node = batches.addObject();
            node.put("baseOffset", batch.baseOffset());
            node.put("lastOffset", batch.lastOffset());
            node.put("sizeInBytes", batch.sizeInBytes());
            node.put("valid", batch.isValid());
            node.put("codec", batch.compressionType().name);
            node.put("timestampType", batch.timestampType().name);
            node.put(batch.timestampType().id == 1 ? "logAppendTimeMs" : "maxTimestamp", batch.maxTimestamp());
            node.put("partitionLeaderEpoch", batch.partitionLeaderEpoch());
            node.put("producerId", batch.producerId());
            node.put("producerEpoch", batch.producerEpoch());
            node.put("baseSequence", batch.baseSequence());
            node.put("transactional", batch.isTransactional());
            node.put("control", batch.isControlBatch());
            ArrayNode list = node.putArray("records");
            for (Record record : batch) {
                ObjectNode one = list.addObject();
                one.put("offset", record.offset());
                one.put(batch.timestampType().id == 1 ? "logAppendTimeMs" : "timestamp", record.timestamp());
                one.put("key", text(record.key()));
                one.put("value", text(record.value()));
                for (Header header : record.headers()) {
                    one.put("header " + header.key(), new String(header.value(), StandardCharsets.UTF_8));
                }
            }
        }
        return batches;
    }

    private static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
