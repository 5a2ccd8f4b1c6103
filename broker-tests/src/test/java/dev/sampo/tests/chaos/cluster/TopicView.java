package dev.sampo.tests.chaos.cluster;

import dev.sampo.tests.wire.RawConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;

/**
 * What one broker itself says about a topic; brokers may differ, and one that is cut off tells what it last knew.
 *
 * @param partitions by number
 */
public record TopicView(int broker, Uuid topicId, Map<Integer, PartitionView> partitions) {
    /** @param leader -1 for none */
    public record PartitionView(int leader, int leaderEpoch, List<Integer> replicas, List<Integer> inSync) {
        boolean isWhole() {
            return leader >= 0 && new HashSet<>(inSync).containsAll(replicas);
        }
    }

    /** @throws IOException it does not answer in time, or does not know the topic */
    static TopicView ask(NodeAddress node, String topic, Duration limit) throws IOException {
        try (var connection = RawConnection.open(node.host(), node.clientPort(), limit)) {
            var request = new MetadataRequestData()
                    .setTopics(List.of(new MetadataRequestTopic().setName(topic).setTopicId(Uuid.ZERO_UUID)))
                    .setAllowAutoTopicCreation(false);
            var answer = (MetadataResponseData) connection.ask((short) 12, request);
            var known = answer.topics().find(topic);
            if (known == null || known.errorCode() != 0) {
                throw new IOException("broker " + node.id() + " answers error " + (known == null ? "none" : known.errorCode()) + " for " + topic);
            }
            var partitions = new TreeMap<Integer, PartitionView>();
            for (MetadataResponsePartition partition : known.partitions()) {
                partitions.put(partition.partitionIndex(), new PartitionView(
                        partition.leaderId(), partition.leaderEpoch(), List.copyOf(partition.replicaNodes()), List.copyOf(partition.isrNodes())));
            }
            return new TopicView(node.id(), known.topicId(), partitions);
        }
    }

    /** Of each partition the view with the newest leader. */
    static Map<Integer, PartitionView> newest(List<TopicView> views) {
        var newest = new TreeMap<Integer, PartitionView>();
        for (TopicView view : views) {
            view.partitions.forEach((number, partition) ->
                    newest.merge(number, partition, (one, other) -> one.leaderEpoch >= other.leaderEpoch ? one : other));
        }
        return newest;
    }

    /** Empty when all these brokers agree that each partition has a leader and all its replicas in sync. */
    static String notInSync(List<TopicView> views) {
        String lacking = views.stream().flatMap(view -> view.partitions.entrySet().stream()
                        .filter(partition -> !partition.getValue().isWhole())
                        .map(partition -> "broker " + view.broker + " says partition " + partition.getKey() + " " + partition.getValue()))
                .collect(Collectors.joining("; "));
        if (!lacking.isEmpty() || views.isEmpty()) {
            return lacking.isEmpty() ? "nobody answers" : lacking;
        }
        Map<Integer, PartitionView> newest = newest(views);
        return views.stream().filter(view -> !leaders(view.partitions).equals(leaders(newest)))
                .map(view -> "broker " + view.broker + " knows older leaders " + leaders(view.partitions) + " than " + leaders(newest))
                .collect(Collectors.joining("; "));
    }

    static Map<Integer, Integer> leaders(Map<Integer, PartitionView> partitions) {
        return partitions.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().leader(), (a, b) -> a, TreeMap::new));
    }
}
