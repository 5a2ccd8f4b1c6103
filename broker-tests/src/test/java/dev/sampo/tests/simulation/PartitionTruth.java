package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is true of one partition whoever leads it: what is committed, for ever, and who appended in which epoch. */
final class PartitionTruth {
    private final TopicIdPartition id;
    private final Map<Integer, Integer> appenders = new HashMap<>(); // leader epoch -> broker
    private final Map<Long, Long> chains = new HashMap<>(); // (base offset, epoch) -> chain
    private final ArrayList<Batch> committed = new ArrayList<>();
    private final Map<Long, Batch> lastOfProducer = new HashMap<>(); // by producer id
    private long committedEnd;
    private long committedChain = 1;
    private long deletedUpTo;
    private int newestServedEpoch = -1;
    private int newestServer = -1;

    PartitionTruth(TopicIdPartition id) {
        this.id = id;
    }

    TopicIdPartition id() {
        return id;
    }

    long committedEnd() {
        return committedEnd;
    }

    long deletedUpTo() {
        return deletedUpTo;
    }

    int newestServedEpoch() {
        return newestServedEpoch;
    }

    int newestServer() {
        return newestServer;
    }

    void served(int broker, int epoch) {
        if (epoch > newestServedEpoch) {
            newestServedEpoch = epoch;
            newestServer = broker;
        }
    }

    void deleted(long upTo) {
        deletedUpTo = Math.max(deletedUpTo, upTo);
    }

    /** Invariant 1. */
    void appendedAsLeader(int broker, Batch batch) {
        Integer first = appenders.putIfAbsent(batch.epoch(), broker);
        if (first != null && first != broker) {
            throw new Violation(1, "in epoch " + batch.epoch() + " of " + id + " broker " + first + " and broker " + broker
                    + " appended");
        }
    }

    long knownChain(Batch batch) {
        return chains.getOrDefault(key(batch), 0L);
    }

    /** Invariants 2 and 3; called for each batch that any replica appends. */
    void appended(MemoryLog log, Batch batch) {
        List<Batch> batches = log.batches();
        int last = batches.size() - 1;
        if (last > 0 && batches.get(last - 1).epoch() > batch.epoch()) {
            throw new Violation(3, "broker " + log.brokerId() + " appended " + batch + " to " + id + " behind "
                    + batches.get(last - 1));
        }
        if (log.epochs().epochOf(batch.baseOffset()) != batch.epoch()) {
            throw new Violation(3, "broker " + log.brokerId() + ": the epoch cache of " + id + " gives "
                    + log.epochs().entries() + ", the log holds " + batch);
        }
        Long known = chains.putIfAbsent(key(batch), log.chain(last));
        if (known != null && known != log.chain(last) && (last == 0 || batches.get(last - 1).endOffset() <= deletedUpTo)) {
            log.adoptChain(known); // what differs is deleted; this replica has not moved its start yet
        } else if (known != null && known != log.chain(last)) {
            throw new Violation(2, "broker " + log.brokerId() + " holds " + batch + " of " + id
                    + " over another history than an other replica that holds it: " + log);
        }
    }

    private static long key(Batch batch) {
        return batch.baseOffset() << 20 | batch.epoch();
    }

    /** Invariant 9. */
    void truncated(MemoryLog log, List<Batch> removed) {
        for (Batch batch : removed) {
            if (batch.baseOffset() >= deletedUpTo && batch.baseOffset() < committedEnd
                    && batch.equals(committedAt(batch.baseOffset()))) {
                throw new Violation(9, "broker " + log.brokerId() + " truncated " + id + " to " + log.logEndOffset()
                        + " and removed " + batch + ", which is committed (up to " + committedEnd + ")");
            }
        }
    }

    /** Whether a log holds all that is committed. */
    boolean isIn(MemoryLog log) {
        return log.logStartOffset() > committedEnd || (log.logEndOffset() >= committedEnd
                && (log.chainUpTo(committedEnd) == committedChain || log.chainUpTo(committedEnd) == 0));
    }

    /** A leader shows all below {@code highWatermark}: it is committed from now on. Invariants 4, 8 and 15. */
    void committed(MemoryLog log, long highWatermark) {
        if (highWatermark <= committedEnd) {
            return;
        }
        long chain = log.chainUpTo(committedEnd);
        if (chain != committedChain && chain != 0) {
            throw new Violation(4, "broker " + log.brokerId() + " commits " + id + " up to " + highWatermark
                    + " over another history than what is committed up to " + committedEnd + ": " + log + " but committed is "
                    + committed);
        }
        for (int i = log.indexOf(committedEnd); i < log.batches().size(); i++) {
            Batch batch = log.batches().get(i);
            if (batch.endOffset() > highWatermark) {
                break;
            }
            commit(batch, log.chain(i));
        }
        if (committedEnd != highWatermark) {
            throw new Violation(6, "broker " + log.brokerId() + " has high watermark " + highWatermark + " in " + id
                    + ", which is not where a batch of its log ends: " + log);
        }
    }

    private void commit(Batch batch, long chain) {
        if (batch.baseOffset() != committedEnd && !committed.isEmpty()) {
            throw new Violation(4, id + ": " + batch + " is committed behind " + committedEnd);
        }
        committed.add(batch);
        committedEnd = batch.endOffset();
        committedChain = chain;
        if (batch.idempotent()) {
            Batch before = lastOfProducer.get(batch.producerId());
            // What was deleted is forgotten with its producer when the leader's process ends, as in Kafka.
            boolean forgotten = before != null && before.baseOffset() < deletedUpTo;
            long expected = nextSequence(batch.producerId());
            if (batch.baseSequence() != expected && !forgotten) {
                throw new Violation(15, id + ": " + batch + " is committed, but producer " + batch.producerId()
                        + " goes on with sequence " + expected);
            }
            lastOfProducer.put(batch.producerId(), batch);
        }
    }

    @Nullable Batch committedAt(long baseOffset) {
        int low = 0;
        int high = committed.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long base = committed.get(middle).baseOffset();
            if (base == baseOffset) {
                return committed.get(middle);
            }
            if (base < baseOffset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }

    /** Invariant 8: what a reader got is what is committed there. */
    void exposed(int broker, Batch batch) {
        Batch truth = committedAt(batch.baseOffset());
        if (!batch.equals(truth) && batch.baseOffset() >= deletedUpTo) {
            throw new Violation(8, "broker " + broker + " gave a reader " + batch + " of " + id + ", committed there is "
                    + truth + " (committed up to " + committedEnd + ")");
        }
    }

    /** How far this producer's batches are committed. */
    long nextSequence(long producerId) {
        Batch last = lastOfProducer.get(producerId);
        return last == null ? 0 : last.baseSequence() + last.count();
    }

    List<Batch> allCommitted() {
        return committed;
    }
}
