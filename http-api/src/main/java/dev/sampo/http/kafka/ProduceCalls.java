package dev.sampo.http.kafka;

import dev.sampo.http.body.RecordBodies.ProducedRecord;
import dev.sampo.http.record.OutgoingRecord;
import dev.sampo.http.route.Problem;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/** Writes records, acknowledged by all in-sync replicas. Records of one call to one partition keep their order. */
public final class ProduceCalls {
    private static final int VERSION = 12; // the last that names topics
    private static final short ACKS_ALL = -1;
    /** Uncompressed; under the default max.message.bytes with room for what a batch adds. */
    private static final int MAX_BATCH_BYTES = 768 * 1024;

    private final BrokerCalls broker;
    private final TopicCalls topics;
    private final InstantSource clock;

    /** {@code clock} gives the timestamps of records that have none. */
    public ProduceCalls(BrokerCalls broker, TopicCalls topics, InstantSource clock) {
        this.broker = broker;
        this.topics = topics;
        this.clock = clock;
    }

    /** A record and its place in the request. */
    private record Placed(int index, int partition, long timestampMs, OutgoingRecord record) {}

    /**
     * Writes the records.
     *
     * @return what became of each, in their order; fails with 404 when there is no such topic
     */
    public CompletionStage<List<ProducedRecord>> produce(String topic, List<OutgoingRecord> records, boolean dryRun) {
        return topics.partitionCount(topic).thenCompose(partitions -> {
            var results = new ProducedRecord[records.size()];
            Map<Integer, List<Placed>> byPartition = place(topic, records, partitions, results);
            if (dryRun) {
                byPartition.values().forEach(list -> list.forEach(placed ->
                        results[placed.index()] = new ProducedRecord(placed.partition(), null, placed.timestampMs(), null)));
                return CompletableFuture.completedFuture(List.of(results));
            }
            CompletionStage<Void> all = CompletableFuture.completedFuture(null);
            for (List<Placed> list : byPartition.values()) {
                all = all.thenCombine(append(topic, list, results), (one, other) -> null);
            }
            return all.thenApply(done -> List.of(results));
        });
    }

    private Map<Integer, List<Placed>> place(
            String topic, List<OutgoingRecord> records, int partitions, ProducedRecord[] results) {
        Map<Integer, List<Placed>> byPartition = new LinkedHashMap<>();
        int any = ThreadLocalRandom.current().nextInt(partitions); // records without a key go together: larger batches
        long now = clock.millis();
        for (int i = 0; i < records.size(); i++) {
            OutgoingRecord record = records.get(i);
            Integer partition = record.partition();
            if (partition == null) {
                byte[] key = record.key();
                partition = key == null ? any : BuiltInPartitioner.partitionForKey(key, partitions);
            } else if (partition >= partitions) {
                Problem problem = KafkaProblems.of(
                                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                                "Topic \"" + topic + "\" has the partitions 0 to " + (partitions - 1) + ", not " + partition + ".")
                        .at("partition");
                results[i] = new ProducedRecord(partition, null, null, problem);
                continue;
            }
            byPartition.computeIfAbsent(partition, p -> new ArrayList<>())
                    .add(new Placed(i, partition, record.timestampMs() == null ? now : record.timestampMs(), record));
        }
        return byPartition;
    }

    /** One batch after the other, so that they keep their order. */
    private CompletionStage<Void> append(String topic, List<Placed> records, ProducedRecord[] results) {
        int end = 0;
        long size = 0;
        while (end < records.size() && (end == 0 || size + records.get(end).record().sizeBytes() <= MAX_BATCH_BYTES)) {
            size += records.get(end).record().sizeBytes();
            end++;
        }
        List<Placed> batch = records.subList(0, end);
        List<Placed> rest = records.subList(end, records.size());
        CompletionStage<Void> appended = appendBatch(topic, batch, results);
        return rest.isEmpty() ? appended : appended.thenCompose(done -> append(topic, rest, results));
    }

    private CompletionStage<Void> appendBatch(String topic, List<Placed> batch, ProducedRecord[] results) {
        var simple = new SimpleRecord[batch.size()];
        for (int i = 0; i < simple.length; i++) {
            Placed placed = batch.get(i);
            OutgoingRecord record = placed.record();
            var headers = new Header[record.headers().size()];
            for (int h = 0; h < headers.length; h++) {
                headers[h] = new RecordHeader(record.headers().get(h).key(), record.headers().get(h).value());
            }
            simple[i] = new SimpleRecord(placed.timestampMs(), record.key(), record.value(), headers);
        }
        int partition = batch.getFirst().partition();
        var data = new TopicProduceData().setName(topic);
        data.partitionData().add(new PartitionProduceData()
                .setIndex(partition)
                .setRecords(MemoryRecords.withRecords(Compression.NONE, simple)));
        var request = new ProduceRequestData().setAcks(ACKS_ALL).setTimeoutMs(broker.timeoutMs());
        request.topicData().add(data);
        return broker.call(ApiKeys.PRODUCE, VERSION, request, ProduceResponseData.class).handle((response, failure) -> {
            if (failure != null) {
                Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                Problem problem = KafkaProblems.of(cause);
                if (problem == null) {
                    return CompletableFuture.<Void>failedFuture(cause);
                }
                refuse(batch, results, problem);
                return CompletableFuture.<Void>completedFuture(null);
            }
            return settle(topic, batch, response.responses().iterator().next().partitionResponses().getFirst(), results);
        }).thenCompose(stage -> stage);
    }

    /** Takes the answer; tries a part of the batch again where another part was at fault. */
    private CompletionStage<Void> settle(
            String topic, List<Placed> batch, PartitionProduceResponse answer, ProducedRecord[] results) {
        Errors error = Errors.forCode(answer.errorCode());
        if (error == Errors.NONE) {
            for (int i = 0; i < batch.size(); i++) {
                Placed placed = batch.get(i);
                long timestamp = answer.logAppendTimeMs() >= 0 ? answer.logAppendTimeMs() : placed.timestampMs();
                results[placed.index()] =
                        new ProducedRecord(placed.partition(), answer.baseOffset() + i, timestamp, null);
            }
            return CompletableFuture.completedFuture(null);
        }
        Problem problem = KafkaProblems.of(error, answer.errorMessage());
        boolean tooLarge = error == Errors.MESSAGE_TOO_LARGE || error == Errors.RECORD_LIST_TOO_LARGE;
        if (tooLarge && batch.size() > 1) {
            int half = batch.size() / 2;
            return appendBatch(topic, batch.subList(0, half), results)
                    .thenCompose(done -> appendBatch(topic, batch.subList(half, batch.size()), results));
        }
        Map<Integer, @Nullable String> faults = new LinkedHashMap<>();
        for (BatchIndexAndErrorMessage fault : answer.recordErrors()) {
            faults.put(fault.batchIndex(), fault.batchIndexErrorMessage());
        }
        if (faults.isEmpty() || faults.size() >= batch.size()) {
            refuse(batch, results, problem);
            return CompletableFuture.completedFuture(null);
        }
        var good = new ArrayList<Placed>();
        for (int i = 0; i < batch.size(); i++) {
            if (faults.containsKey(i)) {
                String message = faults.get(i);
                refuse(List.of(batch.get(i)), results, message == null ? problem : problem.because(message));
            } else {
                good.add(batch.get(i));
            }
        }
        return good.size() == batch.size() ? CompletableFuture.completedFuture(null) : appendBatch(topic, good, results);
    }

    private static void refuse(List<Placed> batch, ProducedRecord[] results, Problem problem) {
        for (Placed placed : batch) {
            results[placed.index()] = new ProducedRecord(placed.partition(), null, null, problem);
        }
    }
}
