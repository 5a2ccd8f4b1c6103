package dev.sampo.group.consumer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** What consumers of the classic protocol say inside of it: subscriptions and assignments, as bytes by topic name. */
public final class EmbeddedProtocol {
    /** A subscription; {@code owned} is what the member has not given up. */
    public record Said(Set<String> topicNames, @Nullable String rackId, List<TopicPartition> owned) {}

    private EmbeddedProtocol() {}

    /** Null when the bytes are no subscription. */
    public static @Nullable Said subscription(byte[] metadata) {
        try {
            Subscription subscription = ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(metadata));
            return new Said(
                    new HashSet<>(subscription.topics()), subscription.rackId().orElse(null), subscription.ownedPartitions());
        } catch (SchemaException | IllegalArgumentException notASubscription) {
            return null;
        }
    }

    /** Partitions by topic id; topics that do not exist are left out. */
    static Map<Uuid, Set<Integer>> byId(List<TopicPartition> partitions, Topics topics) {
        Map<Uuid, Set<Integer>> byId = new HashMap<>();
        for (TopicPartition partition : partitions) {
            Topics.Topic topic = topics.topic(partition.topic());
            if (topic != null) {
                byId.computeIfAbsent(topic.id(), id -> new HashSet<>()).add(partition.partition());
            }
        }
        return byId;
    }

    /**
     * The partitions of an assignment; topics that do not exist are left out.
     *
     * @param assignment empty for none
     * @return null when the bytes are no assignment, or carry data of an assignor's own that would be lost
     */
    public static @Nullable Map<Uuid, Set<Integer>> partitions(byte[] assignment, Topics topics) {
        if (assignment.length == 0) {
            return Map.of();
        }
        try {
            Assignment assigned = ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(assignment));
            ByteBuffer userData = assigned.userData();
            return userData != null && userData.hasRemaining() ? null : byId(assigned.partitions(), topics);
        } catch (SchemaException | IllegalArgumentException notAnAssignment) {
            return null;
        }
    }

    /**
     * An assignment in order of names and partitions, in the version of the member's subscription.
     *
     * @param metadata the subscription; version 0 when it has none
     */
    public static byte[] assignment(Map<Uuid, Set<Integer>> partitions, Topics topics, byte[] metadata) {
        var byName = new TreeMap<String, Set<Integer>>();
        partitions.forEach((topicId, ids) -> {
            Topics.Topic topic = topics.topic(topicId);
            if (topic != null) {
                byName.put(topic.name(), new TreeSet<>(ids));
            }
        });
        var assigned = new ArrayList<TopicPartition>();
        byName.forEach((name, ids) -> ids.forEach(partition -> assigned.add(new TopicPartition(name, partition))));
        return Utils.toArray(ConsumerProtocol.serializeAssignment(new Assignment(assigned), version(metadata)));
    }

    private static short version(byte[] metadata) {
        return metadata.length < Short.BYTES ? 0 : (short) Math.max(0, ByteBuffer.wrap(metadata).getShort());
    }
}
