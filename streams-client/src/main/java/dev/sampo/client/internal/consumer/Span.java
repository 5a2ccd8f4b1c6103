package dev.sampo.client.internal.consumer;

import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/** What a source without a group reads: partitions, each from an offset, with a mark that is found when it begins. */
public sealed interface Span {
    /** Topics whose partitions are read. */
    Set<String> topics();

    /** Not all of its topics' partitions are. */
    default boolean reads(TopicPartition partition) {
        return true;
    }

    /** There is a mark in each partition; the source passes it when all have been read up to theirs. */
    default boolean hasMark() {
        return true;
    }

    /** Nothing is read behind the marks, and the source ends there. */
    default boolean endsAtMark() {
        return false;
    }

    /** Partitions that a topic gets later are read too. */
    default boolean grows() {
        return false;
    }

    /** Time (ms since 1970) whose offset is needed for {@link Found#atFrom}. */
    default OptionalLong fromMs() {
        return OptionalLong.empty();
    }

    /** Time (ms since 1970) whose offset is needed for {@link Found#atTo}. */
    default OptionalLong toMs() {
        return OptionalLong.empty();
    }

    /** Where to read a partition. */
    Range range(TopicPartition partition, Found found);

    /**
     * Offsets of a partition when the source begins.
     *
     * @param earliest the first
     * @param latest behind the last that may be read
     * @param atFrom of the first record at {@link #fromMs} or later; {@code latest} where there is none
     * @param atTo the same for {@link #toMs}
     */
    record Found(long earliest, long latest, long atFrom, long atTo) {}

    /** @param mark exclusive end, {@link #NO_MARK} without one */
    record Range(long from, long mark) {
        static final long NO_MARK = -1;
    }

    /** Live, beginning at most {@code last} offsets before the end of each partition. */
    record Tail(Set<String> topics, long last) implements Span {
        /** Copies the set. */
        public Tail {
            topics = Set.copyOf(topics);
            if (last < 0) {
                throw new IllegalArgumentException("a tail of " + last + " records: give 0 or more");
            }
        }

        @Override
        public boolean hasMark() {
            return false;
        }

        @Override
        public boolean grows() {
            return true;
        }

        @Override
        public Range range(TopicPartition partition, Found found) {
            return new Range(Math.max(found.earliest(), found.latest() - last), Range.NO_MARK);
        }
    }

    /** Everything from the first record on; the mark is the end of now. */
    record Whole(Set<String> topics) implements Span {
        /** Copies the set. */
        public Whole {
            topics = Set.copyOf(topics);
        }

        @Override
        public boolean grows() {
            return true;
        }

        @Override
        public Range range(TopicPartition partition, Found found) {
            return new Range(found.earliest(), found.latest());
        }
    }

    /** Between offsets: from inclusive, to exclusive; those missing are the first and the end of now. */
    record Offsets(Map<TopicPartition, Long> from, Map<TopicPartition, Long> to) implements Span {
        /** Copies the maps. */
        public Offsets {
            from = Map.copyOf(from);
            to = Map.copyOf(to);
        }

        @Override
        public Set<String> topics() {
            var partitions = new HashSet<>(from.keySet());
            partitions.addAll(to.keySet());
            return partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet());
        }

        @Override
        public boolean reads(TopicPartition partition) {
            return from.containsKey(partition) || to.containsKey(partition);
        }

        @Override
        public boolean endsAtMark() {
            return true;
        }

        @Override
        public Range range(TopicPartition partition, Found found) {
            return new Range(
                    Math.max(found.earliest(), from.getOrDefault(partition, 0L)),
                    Math.min(found.latest(), to.getOrDefault(partition, Long.MAX_VALUE)));
        }
    }

    /** Between times in ms since 1970: from inclusive, to exclusive, at most to the end of now. */
    record Times(Set<String> topics, long from, long to) implements Span {
        /** Copies the set. */
        public Times {
            topics = Set.copyOf(topics);
        }

        @Override
        public boolean endsAtMark() {
            return true;
        }

        @Override
        public OptionalLong fromMs() {
            return OptionalLong.of(from);
        }

        @Override
        public OptionalLong toMs() {
            return OptionalLong.of(to);
        }

        @Override
        public Range range(TopicPartition partition, Found found) {
            return new Range(found.atFrom(), found.atTo());
        }
    }
}
