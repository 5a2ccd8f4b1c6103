package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.Holders;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;

/** A topic as Metadata answers it. */
final class TopicMetadata {
    private static final int FIRST_VERSION_WITH_LISTENER_NOT_FOUND = 6;

    private TopicMetadata() {}

    static MetadataResponseTopic describe(MetadataImage image, Topic topic, String listener, short version) {
        var partitions = new ArrayList<MetadataResponsePartition>(topic.partitionGroups().size());
        for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
            partitions.add(partition(image, topic, partition, listener, version));
        }
        return new MetadataResponseTopic()
                .setName(topic.name())
                .setTopicId(topic.id())
                .setIsInternal(topic.internal())
                .setPartitions(partitions);
    }

    private static MetadataResponsePartition partition(
            MetadataImage image, Topic topic, int partition, String listener, short version) {
        PlacementGroup group = image.groupOf(topic, partition);
        List<Integer> holders = Holders.of(image, topic, partition);
        // Version 0 lists only brokers that the client can reach.
        List<Integer> replicas = version == 0 ? alive(image, holders, listener) : holders;
        List<Integer> inSync = version == 0 ? alive(image, group.inSyncReplicas(), listener) : group.inSyncReplicas();
        var answer = new MetadataResponsePartition()
                .setPartitionIndex(partition)
                .setLeaderEpoch(group.leaderEpoch())
                .setReplicaNodes(replicas)
                .setIsrNodes(inSync)
                .setOfflineReplicas(ClusterView.offlineReplicas(image, holders, listener));
        if (ClusterView.alive(image, group.leader(), listener) == null) {
            return answer.setLeaderId(-1).setErrorCode(noLeader(image, group, version).code());
        }
        boolean some = replicas.size() < holders.size() || inSync.size() < group.inSyncReplicas().size();
        return answer.setLeaderId(group.leader())
                .setErrorCode(some ? KafkaError.REPLICA_NOT_AVAILABLE.code() : KafkaError.NONE.code());
    }

    /** A leader that is alive but has no endpoint on the client's listener is told apart from none. */
    static KafkaError noLeader(MetadataImage image, PlacementGroup group, short version) {
        MetadataImage.Broker leader = image.brokers().get(group.leader());
        return leader != null && !leader.fenced() && version >= FIRST_VERSION_WITH_LISTENER_NOT_FOUND
                ? KafkaError.LISTENER_NOT_FOUND
                : KafkaError.LEADER_NOT_AVAILABLE;
    }

    private static List<Integer> alive(MetadataImage image, List<Integer> brokers, String listener) {
        return brokers.stream()
                .filter(broker -> ClusterView.alive(image, broker, listener) != null)
                .toList();
    }
}
