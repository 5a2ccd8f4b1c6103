package dev.sampo.http.kafka;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** Offsets of logs: where they begin and end, and which belongs to a time. */
public final class OffsetCalls {
    static final long LATEST = -1;
    static final long EARLIEST = -2;

    private static final int VERSION = 9;
    private static final byte READ_COMMITTED = 1;

    /** The offsets of a log that can be read; the end is exclusive. */
    public record Range(long earliest, long highWatermark) {}

    private final BrokerCalls broker;

    /** Asks {@code broker}. */
    public OffsetCalls(BrokerCalls broker) {
        this.broker = broker;
    }

    /** Ranges by partition, of all the partitions. Fails with the first error of any. */
    public CompletionStage<Map<Integer, Range>> ranges(String topic, Collection<Integer> partitions) {
        return list(topic, partitions, EARLIEST, false).thenCombine(
                list(topic, partitions, LATEST, false), (first, end) -> {
                    Map<Integer, Range> ranges = new TreeMap<>();
                    first.forEach((partition, offset) -> ranges.put(
                            partition, new Range(offset, Math.max(offset, end.getOrDefault(partition, offset)))));
                    return ranges;
                });
    }

    /** Last stable offsets by partition. */
    public CompletionStage<Map<Integer, Long>> lastStable(String topic, Collection<Integer> partitions) {
        return list(topic, partitions, LATEST, true);
    }

    /** Offset of the first record at or after a time by partition, -1 when there is none. */
    public CompletionStage<Map<Integer, Long>> atTime(String topic, Collection<Integer> partitions, long timestampMs) {
        return list(topic, partitions, timestampMs, false);
    }

    private CompletionStage<Map<Integer, Long>> list(
            String topic, Collection<Integer> partitions, long timestamp, boolean readCommitted) {
        var wanted = new ListOffsetsTopic().setName(topic);
        for (int partition : partitions) {
            wanted.partitions().add(new ListOffsetsPartition().setPartitionIndex(partition).setTimestamp(timestamp));
        }
        var request = new ListOffsetsRequestData()
                .setReplicaId(-1)
                .setIsolationLevel(readCommitted ? READ_COMMITTED : 0)
                .setTopics(List.of(wanted));
        return broker.call(ApiKeys.LIST_OFFSETS, VERSION, request, ListOffsetsResponseData.class)
                .thenApply(response -> {
                    Map<Integer, Long> offsets = new TreeMap<>();
                    response.topics().forEach(answer -> answer.partitions().forEach(partition -> {
                        if (partition.errorCode() == Errors.UNKNOWN_TOPIC_OR_PARTITION.code()) {
                            throw KafkaProblems.exception(
                                    partition.errorCode(),
                                    "Topic \"" + topic + "\" has no partition " + partition.partitionIndex() + ".");
                        }
                        KafkaProblems.check(partition.errorCode(), null);
                        offsets.put(partition.partitionIndex(), partition.offset());
                    }));
                    return offsets;
                });
    }
}
