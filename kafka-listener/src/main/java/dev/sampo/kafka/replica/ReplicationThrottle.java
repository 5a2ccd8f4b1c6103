package dev.sampo.kafka.replica;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How fast this broker may copy those replicas that an administrator throttles (KIP-73): bytes per second over all leaders
 * ({@code follower.replication.throttled.rate} of this broker), and from each leader ({@code leader.replication.throttled.rate}
 * of that one, which bounds what this follower takes from it, not what all followers together do). A replica that is in sync
 * never waits, so that no throttle takes it out of the ISR; what it takes is counted, as in Kafka. Thread-safe.
 */
final class ReplicationThrottle {
    private static final String FOLLOWER = "follower.replication.throttled.";
    private static final String LEADER = "leader.replication.throttled.";

    /** May take while it is not in debt; a second's worth is saved up. */
    private static final class Bucket {
        private double balance;
        private long sinceMs = Long.MIN_VALUE;

        long waitMs(long rate, long nowMs) {
            if (sinceMs == Long.MIN_VALUE) {
                balance = 0;
            } else {
                balance = Math.min((double) rate, balance + rate * (nowMs - sinceMs) / 1000.0);
            }
            sinceMs = nowMs;
            return balance >= 0 ? 0 : Math.max(1, rate == 0 ? 1_000 : Math.min(1_000, (long) (-balance * 1000 / rate)));
        }
    }

    private final int brokerId;
    private final MetadataImages images;
    private final Bucket all = new Bucket();
    private final Map<Integer, Bucket> byLeader = new HashMap<>();

    ReplicationThrottle(int brokerId, MetadataImages images) {
        this.brokerId = brokerId;
        this.images = images;
    }

    /** How long a partition is not to be fetched from this leader, 0 for not at all. */
    synchronized long waitMs(TopicIdPartition id, int leaderId, long nowMs) {
        MetadataImage image = images.current();
        MetadataImage.Topic topic = image.topic(id.topicId());
        if (topic == null || image.groupOf(topic, id.partition()).inSyncReplicas().contains(brokerId)) {
            return 0;
        }
        long waitMs = 0;
        Long rate = rate(image, id, FOLLOWER, brokerId);
        if (rate != null) {
            waitMs = rate == 0 ? 1_000 : all.waitMs(rate, nowMs);
        }
        Long leaders = rate(image, id, LEADER, leaderId);
        if (leaders != null) {
            waitMs = Math.max(waitMs, leaders == 0
                    ? 1_000
                    : byLeader.computeIfAbsent(leaderId, leader -> new Bucket()).waitMs(leaders, nowMs));
        }
        return waitMs;
    }

    /** So many bytes of a partition came from this leader. */
    synchronized void took(TopicIdPartition id, int leaderId, int bytes) {
        MetadataImage image = images.current();
        if (rate(image, id, FOLLOWER, brokerId) != null) {
            all.balance -= bytes;
        }
        if (rate(image, id, LEADER, leaderId) != null) {
            byLeader.computeIfAbsent(leaderId, leader -> new Bucket()).balance -= bytes;
        }
    }

    /** The rate that a replica is held to on the side of broker {@code id}, null for none. */
    private static @Nullable Long rate(MetadataImage image, TopicIdPartition partition, String side, int id) {
        MetadataImage.Topic topic = image.topic(partition.topicId());
        if (topic == null) {
            return null;
        }
        String replicas = image.configsOf(new ConfigResource(ConfigResourceType.TOPIC, topic.name())).get(side + "replicas");
        if (replicas == null || !names(replicas, partition.partition() + ":" + id)) {
            return null;
        }
        String own = image.configsOf(new ConfigResource(ConfigResourceType.BROKER, Integer.toString(id))).get(side + "rate");
        String rate = own != null ? own : image.configsOf(new ConfigResource(ConfigResourceType.BROKER, "")).get(side + "rate");
        return rate == null ? null : Long.valueOf(rate.trim());
    }

    static boolean names(String replicas, String replica) {
        return replicas.trim().equals("*")
                || Arrays.stream(replicas.split(",", -1)).anyMatch(each -> each.trim().equals(replica));
    }
}
