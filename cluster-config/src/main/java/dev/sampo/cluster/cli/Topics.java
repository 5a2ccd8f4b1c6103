package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.jspecify.annotations.Nullable;

/** Questions about topics that several commands have. */
final class Topics {
    /** Order of tables: by topic, then by number. */
    static final Comparator<TopicPartition> BY_NAME =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    private Topics() {}

    /**
     * Who holds a partition.
     *
     * @param leader broker id, null for none
     */
    record Layout(int partition, @Nullable Integer leader, List<Integer> replicas, List<Integer> inSyncReplicas) {
        static Layout of(TopicPartitionInfo info) {
            Node leader = info.leader();
            return new Layout(
                    info.partition(), leader == null || leader.isEmpty() ? null : leader.id(), ids(info.replicas()),
                    ids(info.isr()));
        }

        private static List<Integer> ids(List<Node> nodes) {
            return nodes.stream().map(Node::id).toList();
        }
    }

    static TopicDescription describe(Admin admin, String topic) {
        return Failures.await(
                admin.describeTopics(List.of(topic)).topicNameValues().get(topic), "topic " + topic);
    }

    /** Descriptions by name; every topic must be there. */
    static Map<String, TopicDescription> describe(Admin admin, Collection<String> topics) {
        var descriptions = new TreeMap<String, TopicDescription>();
        admin.describeTopics(topics).topicNameValues()
                .forEach((topic, future) -> descriptions.put(topic, Failures.await(future, "topic " + topic)));
        return descriptions;
    }

    static List<TopicPartition> partitions(TopicDescription topic) {
        return topic.partitions().stream().map(info -> new TopicPartition(topic.name(), info.partition())).toList();
    }

    /** Offsets by partition; for a timestamp that no record has reached, the end offset. */
    static Map<TopicPartition, Long> offsets(
            Admin admin, Collection<TopicPartition> partitions, Function<TopicPartition, OffsetSpec> spec) {
        var offsets = new TreeMap<TopicPartition, Long>(BY_NAME);
        if (partitions.isEmpty()) {
            return offsets;
        }
        var result = admin.listOffsets(partitions.stream().collect(Collectors.toMap(p -> p, spec)));
        var missing = new ArrayList<TopicPartition>();
        for (TopicPartition partition : partitions) {
            ListOffsetsResultInfo info = Failures.await(result.partitionResult(partition), "partition " + partition);
            if (info.offset() < 0) {
                missing.add(partition);
            } else {
                offsets.put(partition, info.offset());
            }
        }
        if (!missing.isEmpty()) {
            offsets.putAll(offsets(admin, missing, _ -> OffsetSpec.latest()));
        }
        return offsets;
    }

    /** {@code name=value} pairs; the last of one name wins. */
    static Map<String, String> pairs(@Nullable Iterable<String> texts) {
        var pairs = new HashMap<String, String>();
        if (texts != null) {
            for (String text : texts) {
                int equals = text.indexOf('=');
                if (equals <= 0) {
                    throw CliException.usage("\"" + text + "\" sets nothing", "NAME=VALUE");
                }
                pairs.put(text.substring(0, equals), text.substring(equals + 1));
            }
        }
        return pairs;
    }
}
