package dev.sampo.client.producer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Utils;

/** Partition logs with a leader's rules of idempotence: the last five batches of a producer are known again, gaps are refused. */
final class ModelBroker {
    private static final int REMEMBERED = 5;

    private record Appended(int baseSequence, int lastSequence, long baseOffset) {}

    private static final class Producer {
        private short epoch;
        private final ArrayDeque<Appended> last = new ArrayDeque<>();
    }

    private static final class Log {
        private final List<String> values = new ArrayList<>();
        private final Map<Long, Producer> producers = new HashMap<>();
    }

    private final Map<Integer, Log> logs = new HashMap<>();

    /** Values in the log of a partition, in order. */
    List<String> values(int partition) {
        return logs.computeIfAbsent(partition, p -> new Log()).values;
    }

    /** The leader loses what it knows of producers, as after retention or an unclean restart. */
    void forgetProducers() {
        logs.values().forEach(log -> log.producers.clear());
    }

    /** Appends what the rules allow; {@code refused} partitions answer with the error given and append nothing. */
    ProduceResponseData answer(ProduceCall call, Map<Integer, Errors> refused) {
        var answer = new ProduceResponseData();
        call.request().topicData().forEach(topic -> {
            var parts = new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
            topic.partitionData().forEach(partition -> {
                var part = new PartitionProduceResponse().setIndex(partition.index());
                Errors error = refused.get(partition.index());
                if (error != null) {
                    part.setErrorCode(error.code()).setBaseOffset(-1);
                } else {
                    append(partition.index(), (MemoryRecords) partition.records(), part);
                }
                parts.partitionResponses().add(part);
            });
            answer.responses().add(parts);
        });
        return answer;
    }

    private void append(int partition, MemoryRecords records, PartitionProduceResponse part) {
        RecordBatch batch = records.batches().iterator().next();
        batch.ensureValid();
        Log log = logs.computeIfAbsent(partition, p -> new Log());
        boolean known = log.producers.containsKey(batch.producerId());
        Producer producer = log.producers.computeIfAbsent(batch.producerId(), id -> new Producer());
        for (Appended before : producer.last) {
            if (batch.producerEpoch() == producer.epoch
                    && before.baseSequence == batch.baseSequence()
                    && before.lastSequence == batch.lastSequence()) {
                part.setBaseOffset(before.baseOffset);
                return;
            }
        }
        Appended latest = producer.last.peekLast();
        boolean next = batch.producerEpoch() > producer.epoch
                ? batch.baseSequence() == 0
                : latest == null ? !known || batch.baseSequence() == 0 : latest.lastSequence + 1 == batch.baseSequence();
        if (!next) {
            part.setErrorCode(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code()).setBaseOffset(-1);
            return;
        }
        if (batch.producerEpoch() > producer.epoch || !known) {
            producer.last.clear();
            producer.epoch = batch.producerEpoch();
        }
        part.setBaseOffset(log.values.size());
        producer.last.add(new Appended(batch.baseSequence(), batch.lastSequence(), log.values.size()));
        if (producer.last.size() > REMEMBERED) {
            producer.last.remove();
        }
        for (Record record : batch) {
            log.values.add(new String(Utils.toArray(record.value()), StandardCharsets.UTF_8));
        }
    }
}
