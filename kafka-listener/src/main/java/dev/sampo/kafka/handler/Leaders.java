package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** From a topic's name to the leader on this broker, or to the error that the client gets. */
record Leaders(MetadataImage image, PartitionRegistry registry) {
    /** {@code leader} is null exactly when {@code error} is not NONE. */
    record Found(KafkaError error, @Nullable ActorRef<Partition.Command> leader) {}

    private static final Found UNKNOWN = new Found(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, null);
    private static final Found ELSEWHERE = new Found(KafkaError.NOT_LEADER_OR_FOLLOWER, null);

    /** UNKNOWN_TOPIC_OR_PARTITION when the image lacks it, NOT_LEADER_OR_FOLLOWER when nobody leads it here. */
    Found find(@Nullable Topic topic, int partition) {
        if (topic == null || !ClusterView.hasPartition(topic, partition)) {
            return UNKNOWN;
        }
        PartitionRegistry.Entry entry = registry.find(new TopicIdPartition(topic.id(), partition));
        return entry == null ? ELSEWHERE : new Found(KafkaError.NONE, entry.leader());
    }
}
