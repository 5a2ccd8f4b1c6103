package dev.sampo.client;

import dev.sampo.client.javadsl.PartitionAssignmentHandler;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.actor.ActorRef;
import scala.Option;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;

/** Factories of {@link Subscription}s. */
public final class Subscriptions {
    private Subscriptions() {}

    /** Topics by name. */
    public record TopicSubscription(
            Set<String> topics,
            Option<ActorRef> rebalanceListener,
            PartitionAssignmentHandler partitionAssignmentHandler)
            implements AutoSubscription {
        /** Copies the set. */
        public TopicSubscription {
            topics = Set.copyOf(topics);
        }

        @Override
        public TopicSubscription withRebalanceListener(ActorRef ref) {
            return new TopicSubscription(topics, Option.apply(ref), partitionAssignmentHandler);
        }

        @Override
        public TopicSubscription withPartitionAssignmentHandler(PartitionAssignmentHandler handler) {
            return new TopicSubscription(topics, rebalanceListener, handler);
        }

        @Override
        public TopicSubscription withPartitionAssignmentHandler(
                dev.sampo.client.scaladsl.PartitionAssignmentHandler handler) {
            return withPartitionAssignmentHandler(handler.asJava());
        }
    }

    /** Topics whose whole name matches a regular expression, also those created later. */
    public record TopicSubscriptionPattern(
            String pattern,
            Option<ActorRef> rebalanceListener,
            PartitionAssignmentHandler partitionAssignmentHandler)
            implements AutoSubscription {
        @Override
        public TopicSubscriptionPattern withRebalanceListener(ActorRef ref) {
            return new TopicSubscriptionPattern(pattern, Option.apply(ref), partitionAssignmentHandler);
        }

        @Override
        public TopicSubscriptionPattern withPartitionAssignmentHandler(PartitionAssignmentHandler handler) {
            return new TopicSubscriptionPattern(pattern, rebalanceListener, handler);
        }

        @Override
        public TopicSubscriptionPattern withPartitionAssignmentHandler(
                dev.sampo.client.scaladsl.PartitionAssignmentHandler handler) {
            return withPartitionAssignmentHandler(handler.asJava());
        }
    }

    /** Partitions, from the committed offsets or, without any, from where auto.offset.reset says. */
    public record Assignment(Set<TopicPartition> partitions) implements ManualSubscription {
        /** Copies the set. */
        public Assignment {
            partitions = Set.copyOf(partitions);
        }
    }

    /** Partitions, each from its offset. */
    public record AssignmentWithOffset(Map<TopicPartition, Long> offsets) implements ManualSubscription {
        /** Copies the map. */
        public AssignmentWithOffset {
            offsets = Map.copyOf(offsets);
        }
    }

    /** Partitions, each from its first record with this time (ms since 1970) or a later one. */
    public record AssignmentOffsetsForTimes(Map<TopicPartition, Long> timestampsToSearch) implements ManualSubscription {
        /** Copies the map. */
        public AssignmentOffsetsForTimes {
            timestampsToSearch = Map.copyOf(timestampsToSearch);
        }
    }

    /** Topics by name. */
    public static AutoSubscription topics(String... topics) {
        return topics(Set.of(topics));
    }

    /** Topics by name. */
    public static AutoSubscription topics(Set<String> topics) {
        return new TopicSubscription(topics, Option.empty(), PartitionAssignmentHandler.NONE);
    }

    /** Topics by name, for Scala. */
    public static AutoSubscription topics(scala.collection.immutable.Set<String> topics) {
        return topics(Set.copyOf(CollectionConverters.asJava(topics)));
    }

    /** Topics whose whole name matches the regular expression, also those created later. */
    public static AutoSubscription topicPattern(String pattern) {
        return new TopicSubscriptionPattern(pattern, Option.empty(), PartitionAssignmentHandler.NONE);
    }

    /** Partitions, from the committed offsets or, without any, from where auto.offset.reset says. */
    public static ManualSubscription assignment(TopicPartition... partitions) {
        return assignment(Set.of(partitions));
    }

    /** Partitions, from the committed offsets or, without any, from where auto.offset.reset says. */
    public static ManualSubscription assignment(Set<TopicPartition> partitions) {
        return new Assignment(partitions);
    }

    /** Partitions, for Scala. */
    public static ManualSubscription assignment(scala.collection.immutable.Set<TopicPartition> partitions) {
        return assignment(Set.copyOf(CollectionConverters.asJava(partitions)));
    }

    /** One partition from this offset, inclusive. */
    public static ManualSubscription assignmentWithOffset(TopicPartition partition, long offset) {
        return assignmentWithOffset(Map.of(partition, offset));
    }

    /** Partitions, each from its offset, inclusive. */
    public static ManualSubscription assignmentWithOffset(Map<TopicPartition, Long> offsets) {
        return new AssignmentWithOffset(offsets);
    }

    /** Partitions, each from its offset, for Scala. */
    public static ManualSubscription assignmentWithOffset(
            scala.collection.immutable.Map<TopicPartition, Object> offsets) {
        return assignmentWithOffset(longs(offsets));
    }

    /** One partition from its first record with this time (ms since 1970) or a later one. */
    public static ManualSubscription assignmentOffsetsForTimes(TopicPartition partition, long timestampMs) {
        return assignmentOffsetsForTimes(Map.of(partition, timestampMs));
    }

    /** Partitions, each from its first record with this time (ms since 1970) or a later one. */
    public static ManualSubscription assignmentOffsetsForTimes(Map<TopicPartition, Long> timestampsMs) {
        return new AssignmentOffsetsForTimes(timestampsMs);
    }

    /** Partitions, each from a time, for Scala. */
    public static ManualSubscription assignmentOffsetsForTimes(
            scala.collection.immutable.Map<TopicPartition, Object> timestampsMs) {
        return assignmentOffsetsForTimes(longs(timestampsMs));
    }

    private static Map<TopicPartition, Long> longs(scala.collection.immutable.Map<TopicPartition, Object> map) {
        var longs = new HashMap<TopicPartition, Long>();
        var entries = map.iterator();
        while (entries.hasNext()) {
            Tuple2<TopicPartition, Object> entry = entries.next();
            longs.put(entry._1(), (Long) entry._2());
        }
        return longs;
    }
}
