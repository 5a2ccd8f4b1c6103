package dev.sampo.kafka.fetch;

import dev.sampo.actors.model.KafkaError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The fetch sessions of one broker: a bounded number. A new session takes a free place, or the place of one that was not
 * used for {@link #EVICTION_MS}, or of one that is worth less: unprivileged before privileged, then the one with fewer
 * partitions, and only if it is older than {@link #EVICTION_MS} (a privileged newcomer may also push out a young
 * unprivileged one). Otherwise the request is served without a session, which is always correct.
 *
 * <p>Thread-safe. Finding and using a session takes no common lock; creating one does, and looks at every session when
 * the places are full.
 *
 * @see "KIP-227"
 */
public final class FetchSessions {
    /** How long a session is safe from eviction after its last use, and after its creation. */
    public static final long EVICTION_MS = 120_000;

    /** The id that means no session. */
    public static final int NO_SESSION = 0;

    private final int slots;
    private final IntSupplier random;
    private final ConcurrentHashMap<Integer, FetchSession> sessions = new ConcurrentHashMap<>();
    private final Object creation = new Object();
    private final LongAdder evictions = new LongAdder();

    /**
     * @param slots most sessions at a time, {@code max.incremental.fetch.session.cache.slots}; 0 for none
     * @param random any ints; ids must not be guessable, so from a secure source
     */
    public FetchSessions(int slots, IntSupplier random) {
        this.slots = slots;
        this.random = random;
    }

    /**
     * Starts a request.
     *
     * @param principal a session is only found by the principal that made it
     * @param wanted all partitions for a full request, the changed ones for an incremental one, in request order; of two
     *     for the same partition the later counts
     */
    public FetchContext begin(
            boolean byTopicId, int sessionId, int epoch, String principal, boolean privileged,
            List<FetchPartition> wanted, List<FetchPartition.Key> forgotten, long nowMs) {
        if (epoch == FetchSession.INITIAL_EPOCH || epoch == FetchSession.FINAL_EPOCH) {
            if (sessionId != NO_SESSION && find(sessionId, principal) != null) {
                sessions.remove(sessionId);
            }
            List<FetchPartition> partitions = distinct(wanted);
            return epoch == FetchSession.FINAL_EPOCH
                    ? new FetchContext.Sessionless(partitions)
                    : new FetchContext.Full(this, principal, privileged, byTopicId, partitions);
        }
        FetchSession session = find(sessionId, principal);
        if (session == null) {
            return new FetchContext.Refused(KafkaError.FETCH_SESSION_ID_NOT_FOUND);
        }
        KafkaError error = session.begin(epoch, byTopicId, wanted, forgotten, nowMs);
        if (error != KafkaError.NONE) {
            return new FetchContext.Refused(error);
        }
        List<FetchPartition> partitions = session.partitions();
        if (partitions.isEmpty()) {
            sessions.remove(sessionId, session);
            return new FetchContext.Sessionless(partitions);
        }
        return new FetchContext.Incremental(session, epoch, partitions);
    }

    /** Sessions now. */
    public int count() {
        return sessions.size();
    }

    /** Partitions of all sessions. */
    public int partitionCount() {
        return sessions.values().stream().mapToInt(FetchSession::size).sum();
    }

    /** Sessions that made place for others, so far. */
    public long evictions() {
        return evictions.sum();
    }

    /** The id of a new session, {@link #NO_SESSION} when there is no place for it or nothing to keep. */
    int create(
            String principal, boolean privileged, boolean byTopicId, List<FetchPartition> partitions,
            List<? extends PartitionOutcome> outcomes, long nowMs) {
        if (partitions.isEmpty()) {
            return NO_SESSION;
        }
        synchronized (creation) {
            if (sessions.size() >= slots && !evict(privileged, partitions.size(), nowMs)) {
                return NO_SESSION;
            }
            int id = newId();
            sessions.put(
                    id, new FetchSession(id, principal, privileged, byTopicId, nowMs, partitions, outcomes));
            return id;
        }
    }

    private @Nullable FetchSession find(int sessionId, String principal) {
        FetchSession session = sessions.get(sessionId);
        return session == null || !session.principal().equals(principal) ? null : session;
    }

    private int newId() {
        int id;
        do {
            id = random.getAsInt() & Integer.MAX_VALUE;
        } while (id == NO_SESSION || sessions.containsKey(id));
        return id;
    }

    private boolean evict(boolean privileged, int size, long nowMs) {
        FetchSession oldest = null;
        FetchSession cheapest = null;
        for (FetchSession session : sessions.values()) {
            if (oldest == null || session.lastUsedMs() < oldest.lastUsedMs()) {
                oldest = session;
            }
            boolean evictable = nowMs - session.createdMs() > EVICTION_MS || (privileged && !session.privileged());
            if (evictable && (cheapest == null || compareValue(session, cheapest) < 0)) {
                cheapest = session;
            }
        }
        if (oldest != null && nowMs - oldest.lastUsedMs() > EVICTION_MS) {
            return evicted(sessions.remove(oldest.id(), oldest));
        }
        if (cheapest == null || compareValue(privileged, size, 0, cheapest) < 0) {
            return false;
        }
        return evicted(sessions.remove(cheapest.id(), cheapest));
    }

    private boolean evicted(boolean removed) {
        if (removed) {
            evictions.increment();
        }
        return removed;
    }

    private static int compareValue(FetchSession one, FetchSession other) {
        return compareValue(one.privileged(), one.size(), one.id(), other);
    }

    private static int compareValue(boolean privileged, int size, int id, FetchSession other) {
        int order = Boolean.compare(privileged, other.privileged());
        if (order == 0) {
            order = Integer.compare(size, other.size());
        }
        return order == 0 ? Integer.compare(id, other.id()) : order;
    }

    private static List<FetchPartition> distinct(List<FetchPartition> wanted) {
        if (wanted.size() < 2) {
            return wanted;
        }
        var byKey = LinkedHashMap.<FetchPartition.Key, FetchPartition>newLinkedHashMap(wanted.size());
        for (FetchPartition partition : wanted) {
            byKey.put(partition.key(), partition);
        }
        return byKey.size() == wanted.size() ? wanted : new ArrayList<>(byKey.values());
    }
}
