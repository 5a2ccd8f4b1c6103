package dev.sampo.client.producer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one partition in their order: those in flight, those that wait to be sent, and the one that still
 * takes records.
 *
 * <p>Invariant: batches are sent in the order of their records. When one comes back for another attempt, nothing is
 * sent until every batch in flight has been answered; then all that came back go first, in order and one by one. That
 * way the broker sees sequence numbers without a gap, whatever failed.
 */
final class PartitionLine {
    private final TopicPartition topicPartition;
    private final ArrayDeque<ProducerBatch> inFlight = new ArrayDeque<>();
    private final ArrayDeque<ProducerBatch> waiting = new ArrayDeque<>();
    private @Nullable ProducerBatch open;
    private @Nullable SequenceLine sequences;
    private long recordsTaken;
    private boolean returning;
    private long notBeforeMs;

    PartitionLine(TopicPartition topicPartition) {
        this.topicPartition = topicPartition;
    }

    TopicPartition topicPartition() {
        return topicPartition;
    }

    /**
     * Takes one record into the open batch, or into a new one when it has no room.
     *
     * @return bytes of the batch that was begun, 0 when the open one took it
     */
    int append(
            Delivery delivery,
            long timestampMs,
            byte @Nullable [] key,
            byte @Nullable [] value,
            Header[] headers,
            int sizeUpperBound,
            ProducerOptions options,
            long nowMs) {
        ProducerBatch current = open;
        if (current != null && current.tryAppend(delivery, timestampMs, key, value, headers)) {
            recordsTaken++;
            return 0;
        }
        seal();
        var begun = new ProducerBatch(
                this, recordsTaken, options.compression(), Math.max(options.batchSizeBytes(), sizeUpperBound), nowMs);
        begun.tryAppend(delivery, timestampMs, key, value, headers);
        recordsTaken++;
        open = begun;
        return begun.memoryBytes();
    }

    /** Ends the open batch, if there is one: it waits to be sent. */
    void seal() {
        ProducerBatch current = open;
        if (current != null) {
            current.seal();
            waiting.add(current);
            open = null;
        }
    }

    @Nullable ProducerBatch open() {
        return open;
    }

    /** The next batch to send that takes no more records. */
    @Nullable ProducerBatch firstWaiting() {
        return waiting.peek();
    }

    /**
     * Batches in flight must come back, or time must pass, before anything is sent. A batch that is tried again, and the
     * first of an epoch, travels alone: a broker knows only the last five batches again, and once newer ones pushed out
     * one that it has already, that one would be written twice.
     */
    boolean mustWait(long nowMs) {
        if (nowMs < notBeforeMs) {
            return true;
        }
        ProducerBatch flying = inFlight.peek();
        if (flying == null) {
            return false;
        }
        ProducerBatch next = waiting.peek();
        SequenceLine line = sequences;
        return returning
                || flying.attempts() > 1
                || (next != null && next.attempts() > 0)
                || (line != null && !line.isKnown());
    }

    /** Time before which nothing is sent; 0 when it may be sent at once. */
    long notBeforeMs() {
        return notBeforeMs;
    }

    /** A back-off is over early: there is a new leader to try. */
    void retryNow() {
        notBeforeMs = 0;
    }

    boolean hasInFlight() {
        return !inFlight.isEmpty();
    }

    boolean isIdle() {
        return inFlight.isEmpty() && waiting.isEmpty() && open == null;
    }

    /** How many batches are under way or wait. */
    int length() {
        return inFlight.size() + waiting.size() + (open == null ? 0 : 1);
    }

    @Nullable SequenceLine sequences() {
        return sequences;
    }

    void startSequences(long producerId, short epoch) {
        sequences = new SequenceLine(producerId, epoch);
    }

    /** Moves the first waiting batch to those in flight, with final bytes. {@link #sequences} must be there if {@code idempotent}. */
    ProducerBatch send(boolean idempotent) {
        ProducerBatch batch = waiting.remove();
        SequenceLine line = sequences;
        if (!idempotent) {
            batch.close();
        } else if (!batch.hasSequence()) {
            if (line == null) {
                throw new IllegalStateException(topicPartition + " has no producer id yet");
            }
            batch.close(line);
        }
        batch.countAttempt();
        inFlight.add(batch);
        return batch;
    }

    /** The batch is in the log. */
    void acknowledged(ProducerBatch batch) {
        landed(batch);
        SequenceLine line = sequences;
        if (line != null) {
            line.acknowledged();
        }
    }

    /** An answer ended this batch's flight without its being in the log for sure. */
    void landed(ProducerBatch batch) {
        if (!inFlight.remove(batch)) {
            throw new IllegalStateException("a batch of " + topicPartition + " was answered that was not in flight");
        }
    }

    /** Puts a landed batch, or the parts it was split into, back to its place for another attempt. */
    void sendAgain(List<ProducerBatch> batches, long atMs) {
        returning = true;
        notBeforeMs = Math.max(notBeforeMs, atMs);
        for (ProducerBatch batch : batches) {
            insert(batch);
        }
    }

    private void insert(ProducerBatch batch) {
        Deque<ProducerBatch> before = new ArrayDeque<>();
        ProducerBatch first = waiting.peek();
        while (first != null && first.firstRecord() < batch.firstRecord()) {
            before.push(waiting.remove());
            first = waiting.peek();
        }
        waiting.push(batch);
        before.forEach(waiting::push);
    }

    /**
     * Once nothing is in flight any more, decides how the batches that came back go on. When the first of them was
     * refused as out of order, the broker will never see what it misses: all are renumbered in a new epoch. The broker
     * has none of them then, for it takes a batch only after the one before.
     *
     * @return false when the producer id has no epoch left and a new one is needed
     * @see "KIP-360"
     */
    boolean settle() {
        if (!returning || !inFlight.isEmpty()) {
            return true;
        }
        returning = false;
        ProducerBatch first = waiting.peek();
        if (first == null || !first.isOutOfOrder()) {
            return true;
        }
        waiting.forEach(ProducerBatch::forgetSequence);
        SequenceLine line = sequences;
        if (line != null && !line.nextEpoch()) {
            sequences = null;
            return false;
        }
        return true;
    }

    /** Removes and returns the waiting batches, the open one too, that were created at or before {@code createdMs}. */
    List<ProducerBatch> removeOlderThan(long createdMs) {
        ProducerBatch current = open;
        if (current != null && current.createdMs() <= createdMs) {
            seal();
        }
        var removed = new ArrayList<ProducerBatch>();
        waiting.removeIf(batch -> {
            boolean old = batch.createdMs() <= createdMs;
            if (old) {
                removed.add(batch);
            }
            return old;
        });
        return removed;
    }

    /** Batches in flight, first sent first; not to be changed. */
    Iterable<ProducerBatch> inFlight() {
        return inFlight;
    }

    /** When the oldest batch that is not done was created; {@link Long#MAX_VALUE} for none. */
    long oldestCreatedMs() {
        long oldest = Long.MAX_VALUE;
        for (ProducerBatch batch : inFlight) {
            if (!batch.isDone()) {
                oldest = Math.min(oldest, batch.createdMs());
            }
        }
        ProducerBatch first = waiting.peek();
        if (first != null) {
            oldest = Math.min(oldest, first.createdMs());
        }
        ProducerBatch current = open;
        return current == null ? oldest : Math.min(oldest, current.createdMs());
    }
}
