package dev.sampo.kafka.fetch;

import dev.sampo.actors.model.KafkaError;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one consumer fetches, and what it was told last. Partitions are kept in the order in which they are read: one that
 * gave records goes to the end, so that with a small byte limit none starves.
 *
 * <p>One consumer uses it on one connection, but nothing stops a client from using its id on two: every method is
 * synchronized, and a request that another one overtook answers INVALID_FETCH_SESSION_EPOCH.
 *
 * @see "KIP-227"
 */
public final class FetchSession {
    /** The epoch of a request that asks for a new session. */
    public static final int INITIAL_EPOCH = 0;
    /** The epoch of a request that wants no session. */
    public static final int FINAL_EPOCH = -1;

    private static final class Entry {
        FetchPartition wanted;
        long highWatermark;
        long logStartOffset;

        Entry(FetchPartition wanted, long highWatermark, long logStartOffset) {
            this.wanted = wanted;
            this.highWatermark = highWatermark;
            this.logStartOffset = logStartOffset;
        }
    }

    private final int id;
    private final String principal;
    private final boolean privileged;
    private final boolean byTopicId;
    private final long createdMs;
    private final LinkedHashMap<FetchPartition.Key, Entry> entries;
    private int epoch = INITIAL_EPOCH + 1;
    private volatile int size;
    private volatile long lastUsedMs;

    FetchSession(
            int id, String principal, boolean privileged, boolean byTopicId, long nowMs, List<FetchPartition> partitions,
            List<? extends PartitionOutcome> outcomes) {
        this.id = id;
        this.principal = principal;
        this.privileged = privileged;
        this.byTopicId = byTopicId;
        this.createdMs = nowMs;
        this.lastUsedMs = nowMs;
        this.entries = LinkedHashMap.newLinkedHashMap(partitions.size());
        for (int i = 0; i < partitions.size(); i++) {
            FetchPartition wanted = partitions.get(i);
            PartitionOutcome outcome = outcomes.get(i);
            entries.put(wanted.key(), new Entry(wanted, outcome.highWatermark(), outcome.logStartOffset()));
        }
        this.size = entries.size();
    }

    /** The epoch after {@code epoch}: -1 stays, the largest int wraps to 1. */
    public static int nextEpoch(int epoch) {
        if (epoch < 0) {
            return FINAL_EPOCH;
        }
        return epoch == Integer.MAX_VALUE ? INITIAL_EPOCH + 1 : epoch + 1;
    }

    /**
     * Starts an incremental request: checks it, applies its changes and moves to the next epoch.
     *
     * @return NONE, or the error that answers the request; then nothing has changed
     */
    synchronized KafkaError begin(
            int requestEpoch, boolean requestByTopicId, List<FetchPartition> changed, List<FetchPartition.Key> forgotten, long nowMs) {
        if (requestEpoch != epoch) {
            return KafkaError.INVALID_FETCH_SESSION_EPOCH;
        }
        if (requestByTopicId != byTopicId) {
            return KafkaError.FETCH_SESSION_TOPIC_ID_ERROR;
        }
        for (FetchPartition wanted : changed) {
            Entry known = entries.get(wanted.key());
            if (known == null) {
                entries.put(wanted.key(), new Entry(wanted, -1, -1));
            } else {
                known.wanted = wanted;
            }
        }
        for (FetchPartition.Key key : forgotten) {
            entries.remove(key);
        }
        size = entries.size();
        lastUsedMs = nowMs;
        epoch = nextEpoch(epoch);
        return KafkaError.NONE;
    }

    /** What is to be read, in order. */
    synchronized List<FetchPartition> partitions() {
        var partitions = new FetchPartition[entries.size()];
        int i = 0;
        for (Entry entry : entries.values()) {
            partitions[i++] = entry.wanted;
        }
        return List.of(partitions);
    }

    /**
     * Ends the request of {@code requestEpoch}: picks what the client must hear and remembers it as told.
     *
     * @return the places that belong into the answer, null when another request has used the session meanwhile
     */
    synchronized @Nullable BitSet finish(
            int requestEpoch, List<FetchPartition> partitions, List<? extends PartitionOutcome> outcomes) {
        if (epoch != nextEpoch(requestEpoch)) {
            return null;
        }
        var sent = new BitSet(partitions.size());
        for (int i = 0; i < partitions.size(); i++) {
            FetchPartition.Key key = partitions.get(i).key();
            Entry entry = entries.get(key);
            if (entry == null) {
                throw new IllegalStateException("fetch session " + id + " lost " + key + " within epoch " + epoch);
            }
            PartitionOutcome outcome = outcomes.get(i);
            if (tell(entry, outcome)) {
                sent.set(i);
                if (outcome.recordsSizeBytes() > 0) {
                    entries.putLast(key, entry);
                }
            }
        }
        return sent;
    }

    private static boolean tell(Entry entry, PartitionOutcome outcome) {
        boolean must = outcome.recordsSizeBytes() > 0
                || outcome.mustBeSent()
                || entry.highWatermark != outcome.highWatermark()
                || entry.logStartOffset != outcome.logStartOffset();
        // An error is forgotten on purpose: when it goes away, the client must hear of the partition again.
        entry.highWatermark = outcome.failed() ? -1 : outcome.highWatermark();
        entry.logStartOffset = outcome.logStartOffset();
        return must;
    }

    int id() {
        return id;
    }

    String principal() {
        return principal;
    }

    boolean privileged() {
        return privileged;
    }

    long createdMs() {
        return createdMs;
    }

    long lastUsedMs() {
        return lastUsedMs;
    }

    /** Partitions in the session. */
    int size() {
        return size;
    }
}
