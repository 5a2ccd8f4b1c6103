package dev.sampo.group.offsets;

import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.OffsetRemoved;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The committed offsets of one group. Changed only by facts, by one thread; {@link #all} is for any thread, and may show
 * some facts of a change and not yet others.
 *
 * @see "KIP-211 (expiry), KIP-320 (leader epochs)"
 */
public final class CommittedOffsets {
    private final ConcurrentSkipListMap<String, ConcurrentSkipListMap<Integer, OffsetCommitted>> byTopic =
            new ConcurrentSkipListMap<>();

    /** The newest fact of its key counts. */
    public void apply(OffsetCommitted event) {
        byTopic.computeIfAbsent(event.key().topic(), topic -> new ConcurrentSkipListMap<>()).put(event.key().partition(), event);
    }

    /** Nothing happens when there is no such offset. */
    public void apply(OffsetRemoved event) {
        byTopic.computeIfPresent(event.key().topic(), (topic, partitions) -> {
            partitions.remove(event.key().partition());
            return partitions.isEmpty() ? null : partitions;
        });
    }

    /** The offset, null when none is committed or it was committed for another topic of the same name. */
    public @Nullable OffsetCommitted find(String topic, Uuid topicId, int partition) {
        Map<Integer, OffsetCommitted> partitions = byTopic.get(topic);
        OffsetCommitted found = partitions == null ? null : partitions.get(partition);
        return found == null || differ(found.topicId(), topicId) ? null : found;
    }

    private static boolean differ(Uuid one, Uuid other) {
        return !one.equals(Uuid.ZERO_UUID) && !other.equals(Uuid.ZERO_UUID) && !one.equals(other);
    }

    /** Topic to its offsets in order of partitions; topics in order of names. */
    public Map<String, List<OffsetCommitted>> all() {
        var all = new TreeMap<String, List<OffsetCommitted>>();
        byTopic.forEach((topic, partitions) -> all.put(topic, List.copyOf(partitions.values())));
        return all;
    }

    /** The removals that a deleted topic brings; offsets of a newer topic of that name stay. */
    public List<GroupEvent> removalsOfTopic(String topic, Uuid topicId) {
        return removals(offset -> offset.key().topic().equals(topic) && !differ(offset.topicId(), topicId));
    }

    /** The removal of everything. */
    public List<GroupEvent> removalsOfAll() {
        return removals(offset -> true);
    }

    /**
     * The removals that are due.
     *
     * @param subscribed topics that a member reads keep their offsets
     * @param unusedSinceMs from when on an offset's retention counts
     */
    public List<GroupEvent> expired(
            long nowMs, long retentionMs, Predicate<String> subscribed, ToLongFunction<OffsetCommitted> unusedSinceMs) {
        return removals(offset -> !subscribed.test(offset.key().topic())
                && (offset.expireTimestampMs() >= 0
                        ? nowMs >= offset.expireTimestampMs()
                        : nowMs - unusedSinceMs.applyAsLong(offset) >= retentionMs));
    }

    private List<GroupEvent> removals(Predicate<OffsetCommitted> which) {
        var events = new ArrayList<GroupEvent>();
        for (var partitions : byTopic.values()) {
            for (OffsetCommitted offset : partitions.values()) {
                if (which.test(offset)) {
                    events.add(new OffsetRemoved(offset.key()));
                }
            }
        }
        return events;
    }

    public boolean isEmpty() {
        return byTopic.isEmpty();
    }
}
