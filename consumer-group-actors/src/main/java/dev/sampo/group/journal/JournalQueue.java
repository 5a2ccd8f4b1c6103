package dev.sampo.group.journal;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.group.journal.OffsetsPartitions.Loaded;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The order of the writes of one partition of {@code __consumer_offsets}, and what becomes of them: one batch is under
 * way, what comes meanwhile goes out together as the next. Reads of the fold wait for the writes before them: an
 * incarnation of a group that died may have left one. Pure: equal calls in equal order give equal effects.
 *
 * <p>A batch that may be in the log though it was not acknowledged is appended again until it is: a coordinator that went
 * on without it would contradict the log, which the next one loads. Facts that stand in the log twice in a row are the same facts.
 *
 * @param <W> the shell's write
 * @param <R> the shell's read
 */
public final class JournalQueue<W, R> {
    /** What the shell does next, in list order. */
    public sealed interface Effect<W, R> {
        /** Append the records of these as one batch with acks=all; {@link #onAppended} hears how that ended. */
        record Append<W, R>(long requestId, Loaded target, List<W> writes) implements Effect<W, R> {}

        /** It is on all in-sync replicas: fold it, then tell its writer. */
        record Stored<W, R>(W write) implements Effect<W, R> {}

        /** It is not stored; or it may be, but this broker does not coordinate the partition any more. */
        record Failed<W, R>(W write, KafkaError error) implements Effect<W, R> {}

        /** Whether the batch is in the log is open: after a while, {@link #onPauseOver}. */
        record Pause<W, R>(long requestId) implements Effect<W, R> {}

        /** No write before it is under way any more. */
        record Read<W, R>(R read) implements Effect<W, R> {}
    }

    private sealed interface Queued<W, R> {}

    private record QueuedWrite<W, R>(W write, Loaded target, int sizeBytes) implements Queued<W, R> {}

    private record QueuedRead<W, R>(R read) implements Queued<W, R> {}

    private final ArrayDeque<Queued<W, R>> queue = new ArrayDeque<>();
    private List<QueuedWrite<W, R>> inFlight = List.of();
    private boolean inDoubt; // what is in flight may be in the log
    private long lastRequestId;

    /** One write, all or none of it, to the partition as it is loaded now. */
    public List<Effect<W, R>> onWrite(W write, Loaded loaded, int sizeBytes) {
        queue.add(new QueuedWrite<>(write, loaded, sizeBytes));
        return onQueued(loaded);
    }

    /** One read of the fold of the partition as it is loaded now. */
    public List<Effect<W, R>> onRead(R read, Loaded loaded) {
        queue.add(new QueuedRead<>(read));
        return onQueued(loaded);
    }

    private List<Effect<W, R>> onQueued(Loaded loaded) {
        var effects = new ArrayList<Effect<W, R>>(2);
        if (!inFlight.isEmpty() && !inFlight.getFirst().target().equals(loaded)) {
            // A leader of an earlier epoch still owes an answer; nobody who runs now waits for it.
            over(KafkaError.NOT_COORDINATOR, effects);
        }
        next(effects);
        return effects;
    }

    /**
     * The answer to an {@link Effect.Append}; of an earlier one it counts for nothing.
     *
     * @param error NOT_COORDINATOR when nobody leads the partition here in this epoch
     */
    public List<Effect<W, R>> onAppended(long requestId, KafkaError error) {
        var effects = new ArrayList<Effect<W, R>>(2);
        if (requestId != lastRequestId || inFlight.isEmpty()) {
            return effects;
        }
        inDoubt |= mayBeWritten(error);
        if (inDoubt && error != KafkaError.NONE && error != KafkaError.NOT_COORDINATOR) {
            effects.add(new Effect.Pause<>(requestId));
            return effects;
        }
        over(error, effects);
        next(effects);
        return effects;
    }

    /** After {@link Effect.Pause}: the same again. */
    public List<Effect<W, R>> onPauseOver(long requestId) {
        return requestId == lastRequestId && !inFlight.isEmpty() ? List.of(append()) : List.of();
    }

    /** A leader whose lease is over says that it does not lead; it may have written, and go on. */
    private static boolean mayBeWritten(KafkaError error) {
        return error == KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND || error == KafkaError.NOT_LEADER_OR_FOLLOWER
                || error == KafkaError.KAFKA_STORAGE_ERROR;
    }

    private void over(KafkaError error, List<Effect<W, R>> effects) {
        for (QueuedWrite<W, R> write : inFlight) {
            effects.add(error == KafkaError.NONE
                    ? new Effect.Stored<>(write.write())
                    : new Effect.Failed<>(write.write(), error));
        }
        inFlight = List.of();
        inDoubt = false;
    }

    private Effect<W, R> append() {
        return new Effect.Append<>(
                ++lastRequestId, inFlight.getFirst().target(), inFlight.stream().map(QueuedWrite::write).toList());
    }

    private void next(List<Effect<W, R>> effects) {
        while (inFlight.isEmpty() && !queue.isEmpty()) {
            switch (queue.remove()) {
                case QueuedRead<W, R>(R read) -> effects.add(new Effect.Read<>(read));
                case QueuedWrite<W, R> first -> {
                    inFlight = batch(first);
                    effects.add(append());
                }
            }
        }
    }

    private List<QueuedWrite<W, R>> batch(QueuedWrite<W, R> first) {
        var batch = new ArrayList<QueuedWrite<W, R>>();
        batch.add(first);
        int sizeBytes = first.sizeBytes();
        while (queue.peek() instanceof QueuedWrite<W, R> next && next.target().equals(first.target())
                && sizeBytes + next.sizeBytes() <= first.target().maxBatchBytes()) {
            sizeBytes += next.sizeBytes();
            batch.add(next);
            queue.remove();
        }
        return batch;
    }
}
