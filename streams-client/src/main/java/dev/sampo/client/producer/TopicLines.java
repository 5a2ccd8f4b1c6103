package dev.sampo.client.producer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * One topic: its partitions' lines, and the records that wait until the partitions are known.
 *
 * <p>Keys go to partitions by murmur2 as with Kafka's Java producer, so both may write to one topic.
 */
final class TopicLines {
    /** A serialized record that has no line yet. */
    record Parked(
            Delivery delivery,
            @Nullable Integer partition,
            long timestampMs,
            byte @Nullable [] key,
            byte @Nullable [] value,
            Header[] headers,
            int sizeUpperBound,
            long sinceMs) {}

    private final String topic;
    private final boolean ignoreKeys;
    private final boolean adaptive;
    private final StickyPartition sticky;
    private final List<PartitionLine> lines = new ArrayList<>();
    private final ArrayDeque<Parked> parked = new ArrayDeque<>();
    private int[] leaders = new int[0];
    private Uuid topicId = Uuid.ZERO_UUID;

    TopicLines(String topic, ProducerOptions options, IntUnaryOperator draw) {
        this.topic = topic;
        this.ignoreKeys = options.ignoreKeys();
        this.adaptive = options.adaptivePartitioning();
        this.sticky = new StickyPartition(options.batchSizeBytes(), draw);
    }

    /**
     * The line for a record.
     *
     * @return null when its partition is not known (yet)
     */
    @Nullable PartitionLine lineFor(@Nullable Integer partition, byte @Nullable [] key, int sizeBytes) {
        if (leaders.length == 0) {
            return null;
        }
        if (partition != null) {
            return partition < lines.size() ? lines.get(partition) : null;
        }
        if (key != null && !ignoreKeys) {
            return lines.get(Utils.toPositive(Utils.murmur2(key)) % leaders.length);
        }
        int picked = sticky.next(leaders, p -> adaptive ? lines.get(p).length() : 0);
        sticky.count(sizeBytes);
        return lines.get(picked);
    }

    /** Takes over where the partitions are led now. A line whose leader changed may retry at once. */
    void update(TopicLeaders known) {
        topicId = known.topicId();
        int[] before = leaders;
        leaders = known.leaders().length < before.length ? grown(known.leaders(), before.length) : known.leaders();
        while (lines.size() < leaders.length) {
            lines.add(new PartitionLine(new TopicPartition(topic, lines.size())));
        }
        for (int partition = 0; partition < before.length; partition++) {
            if (before[partition] != leaders[partition]) {
                lines.get(partition).retryNow();
            }
        }
    }

    /** A topic that was made anew with fewer partitions: the lines of the others have no leader. */
    private static int[] grown(int[] few, int length) {
        int[] all = new int[length];
        Arrays.fill(all, TopicLeaders.NO_LEADER);
        System.arraycopy(few, 0, all, 0, few.length);
        return all;
    }

    String topic() {
        return topic;
    }

    Uuid topicId() {
        return topicId;
    }

    boolean isKnown() {
        return leaders.length > 0;
    }

    int leader(int partition) {
        return leaders[partition];
    }

    void park(Parked record) {
        parked.add(record);
    }

    boolean hasParked() {
        return !parked.isEmpty();
    }

    /** All parked records, oldest first; none are parked afterwards. */
    List<Parked> unpark() {
        var all = List.copyOf(parked);
        parked.clear();
        return all;
    }

    /** Removes the records parked at or before {@code sinceMs}. */
    List<Parked> unparkOlderThan(long sinceMs) {
        var old = new ArrayList<Parked>();
        Iterator<Parked> all = parked.iterator();
        while (all.hasNext()) {
            Parked record = all.next();
            if (record.sinceMs() <= sinceMs) {
                old.add(record);
                all.remove();
            }
        }
        return old;
    }

    /** When the oldest parked record came; {@link Long#MAX_VALUE} for none. */
    long oldestParkedMs() {
        Parked first = parked.peek();
        return first == null ? Long.MAX_VALUE : first.sinceMs();
    }

    /** Known lines by partition; not to be changed. */
    List<PartitionLine> lines() {
        return lines;
    }
}
