package dev.sampo.cluster.cli;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongBiFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;

/** Positions as offsets of partitions. */
final class Positions {
    private Positions() {}

    /** Offsets between each log's start and end. */
    static Map<TopicPartition, Long> resolve(Admin admin, Collection<TopicPartition> partitions, Position position) {
        return switch (position) {
            case Position.Start() -> Topics.offsets(admin, partitions, _ -> OffsetSpec.earliest());
            case Position.End() -> Topics.offsets(admin, partitions, _ -> OffsetSpec.latest());
            case Position.Time(long timestampMs) ->
                Topics.offsets(admin, partitions, _ -> OffsetSpec.forTimestamp(timestampMs));
            case Position.At(long offset) -> bounded(admin, partitions, (_, _) -> offset);
            case Position.BeforeEnd(long records) -> bounded(admin, partitions, (_, end) -> end - records);
        };
    }

    /** So many records further on than given, or back; between each log's start and end. */
    static Map<TopicPartition, Long> shift(Admin admin, Map<TopicPartition, Long> from, long records) {
        long bounded = Math.clamp(records, -Long.MAX_VALUE / 2, Long.MAX_VALUE / 2); // no sum overflows
        return bounded(admin, from.keySet(), (partition, _) -> from.getOrDefault(partition, 0L) + bounded);
    }

    /** @param wanted by partition and end of its log */
    private static Map<TopicPartition, Long> bounded(
            Admin admin, Collection<TopicPartition> partitions, ToLongBiFunction<TopicPartition, Long> wanted) {
        Map<TopicPartition, Long> starts = Topics.offsets(admin, partitions, _ -> OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = Topics.offsets(admin, partitions, _ -> OffsetSpec.latest());
        var offsets = new TreeMap<TopicPartition, Long>(Topics.BY_NAME);
        ends.forEach((partition, end) -> offsets.put(
                partition, Math.clamp(wanted.applyAsLong(partition, end), starts.getOrDefault(partition, 0L), end)));
        return offsets;
    }

    /**
     * The partitions with these numbers, all for none.
     *
     * @throws CliException the topic has no such partition
     */
    static List<TopicPartition> chosen(TopicDescription topic, List<Integer> numbers) {
        List<TopicPartition> all = Topics.partitions(topic);
        for (int number : numbers) {
            if (number < 0 || number >= all.size()) {
                throw CliException.notFound(
                        "topic " + topic.name() + " has no partition " + number, "0 to " + (all.size() - 1));
            }
        }
        return all.stream().filter(each -> numbers.isEmpty() || numbers.contains(each.partition())).toList();
    }
}
