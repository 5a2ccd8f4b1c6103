package dev.sampo.persistence.producer;

import dev.sampo.persistence.record.RecordBatch;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a producer's next batch is new, known or wrong. Looks at the log's producers and at batches that were
 * accepted but are not yet in the log ({@link #accepted}), so that several batches of one producer fit into one group
 * commit. Pure.
 *
 * @see "KIP-98; KIP-360 for producers without state"
 */
public final class ProducerSequences {
    /** What to do with a batch. */
    public sealed interface Decision {
        /** Append it. */
        record Accept() implements Decision {}

        /**
         * It is in the log (or about to be): answer success with the first offset it got then.
         *
         * @param timestamp its maximum timestamp, which is the log append time for topics that use it
         */
        record Duplicate(long baseOffset, long lastOffset, long timestamp) implements Decision {}

        /** A gap, a partial overlap, a resend older than five batches, or a new epoch that does not begin at 0. */
        record OutOfOrderSequence(int expectedSequence) implements Decision {}

        /** A newer incarnation of the producer has written here. */
        record InvalidProducerEpoch(short currentEpoch) implements Decision {}
    }

    private static final Decision ACCEPT = new Decision.Accept();

    private final ProducerStates states;
    private final Map<Long, ProducerState> pending = new HashMap<>();

    public ProducerSequences(ProducerStates states) {
        this.states = states;
    }

    /** Decides; batches without a producer id are always accepted. */
    public Decision check(RecordBatch batch) {
        return batch.hasProducerId()
                ? check(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.lastSequence())
                : ACCEPT;
    }

    /** Decides from the header's fields. */
    public Decision check(long producerId, short epoch, int baseSequence, int lastSequence) {
        ProducerState state = current(producerId);
        if (state == null) {
            return ACCEPT;
        }
        if (epoch < state.epoch()) {
            return new Decision.InvalidProducerEpoch(state.epoch());
        }
        if (epoch > state.epoch()) {
            return baseSequence == 0 ? ACCEPT : new Decision.OutOfOrderSequence(0);
        }
        ProducerState.Batch known = state.find(baseSequence, lastSequence);
        if (known != null) {
            return new Decision.Duplicate(known.firstOffset(), known.lastOffset(), known.timestamp());
        }
        int expected = nextSequence(state.lastSequence());
        return baseSequence == expected ? ACCEPT : new Decision.OutOfOrderSequence(expected);
    }

    /** The batch, its offsets final, will be appended: later checks count on it. */
    public void accepted(RecordBatch batch) {
        if (!batch.hasProducerId() || batch.isControl()) {
            return;
        }
        ProducerState state = pending.get(batch.producerId());
        if (state == null) {
            ProducerState inLog = states.get(batch.producerId());
            state = inLog == null
                    ? new ProducerState(
                            batch.producerId(), batch.producerEpoch(), -1, batch.maxTimestamp(), ProducerState.NO_OFFSET)
                    : inLog.copy();
            pending.put(batch.producerId(), state);
        }
        state.add(
                batch.producerEpoch(),
                new ProducerState.Batch(
                        batch.baseSequence(), batch.lastSequence(), batch.lastOffset(), batch.lastOffsetDelta(),
                        batch.maxTimestamp()));
    }

    /** All accepted batches are in the log, or none will be. */
    public void settled() {
        pending.clear();
    }

    private @Nullable ProducerState current(long producerId) {
        ProducerState state = pending.isEmpty() ? null : pending.get(producerId);
        return state == null ? states.get(producerId) : state;
    }

    private static int nextSequence(int lastSequence) {
        return lastSequence == Integer.MAX_VALUE ? 0 : lastSequence + 1;
    }
}
