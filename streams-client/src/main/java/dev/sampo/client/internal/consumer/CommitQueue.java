package dev.sampo.client.internal.consumer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets on their way to the coordinator. At most one request is under way; what arrives meanwhile is merged into the
 * next one, per partition the last offset. So a coordinator never sees an older offset after a newer one, and a busy
 * stream makes bigger requests, not more. Pure.
 */
final class CommitQueue {
    /** What the shell tells a caller. */
    interface Outcome {
        /** All offsets of the call are with the coordinator. */
        void committed();

        /** At least one is not; called once. */
        void failed(Throwable cause);
    }

    private static final class Call {
        final Outcome outcome;
        final long deadlineMs;
        int left;
        boolean over;

        Call(Outcome outcome, int left, long deadlineMs) {
            this.outcome = outcome;
            this.left = left;
            this.deadlineMs = deadlineMs;
        }

        void settled() {
            left--;
            if (left == 0 && !over) {
                over = true;
                outcome.committed();
            }
        }

        void failed(Throwable cause) {
            if (!over) {
                over = true;
                outcome.failed(cause);
            }
        }
    }

    private record Entry(OffsetAndMetadata offset, List<Call> calls) {}

    private final List<Call> open = new ArrayList<>();
    private Map<TopicPartition, Entry> waiting = new HashMap<>();
    private Map<TopicPartition, Entry> inFlight = new HashMap<>();
    private final Map<TopicPartition, Throwable> dropped = new HashMap<>(); // under way, not to be tried again

    /** Takes the offsets of one call, at least one. */
    void add(Map<TopicPartition, OffsetAndMetadata> offsets, long deadlineMs, Outcome outcome) {
        var call = new Call(outcome, offsets.size(), deadlineMs);
        open.add(call);
        offsets.forEach((partition, offset) -> {
            Entry before = waiting.get(partition);
            List<Call> calls = before == null ? new ArrayList<>(1) : before.calls();
            calls.add(call);
            waiting.put(partition, new Entry(offset, calls));
        });
    }

    /** The offsets of the next request, under way until it is settled; empty when one is, or there is nothing. */
    Map<TopicPartition, OffsetAndMetadata> next() {
        if (!inFlight.isEmpty() || waiting.isEmpty()) {
            return Map.of();
        }
        inFlight = waiting;
        waiting = new HashMap<>();
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        inFlight.forEach((partition, entry) -> offsets.put(partition, entry.offset()));
        return offsets;
    }

    /** The coordinator has this offset. */
    void committed(TopicPartition partition) {
        Entry entry = inFlight.remove(partition);
        dropped.remove(partition);
        if (entry != null) {
            entry.calls().forEach(Call::settled);
        }
    }

    /** The coordinator refused this offset for good. */
    void failed(TopicPartition partition, Throwable cause) {
        Entry entry = inFlight.remove(partition);
        dropped.remove(partition);
        if (entry != null) {
            entry.calls().forEach(call -> call.failed(cause));
        }
    }

    /** What is still under way goes back, behind nothing newer; what was dropped meanwhile fails. */
    void retry() {
        inFlight.forEach((partition, entry) -> {
            Throwable cause = dropped.get(partition);
            Entry newer = waiting.get(partition);
            if (cause != null) {
                entry.calls().forEach(call -> call.failed(cause));
            } else if (newer == null) {
                waiting.put(partition, entry);
            } else {
                newer.calls().addAll(entry.calls());
            }
        });
        inFlight = new HashMap<>();
        dropped.clear();
    }

    /** Fails what waits for these partitions. A request under way goes on, but what it leaves is not tried again. */
    void drop(Predicate<TopicPartition> which, Throwable cause) {
        Iterator<Map.Entry<TopicPartition, Entry>> entries = waiting.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<TopicPartition, Entry> entry = entries.next();
            if (which.test(entry.getKey())) {
                entries.remove();
                entry.getValue().calls().forEach(call -> call.failed(cause));
            }
        }
        inFlight.keySet().stream().filter(which).forEach(partition -> dropped.put(partition, cause));
    }

    /** Fails the calls whose time is over; their offsets stay queued. */
    void expire(long nowMs, Throwable cause) {
        open.removeIf(call -> {
            if (!call.over && nowMs >= call.deadlineMs) {
                call.failed(cause);
            }
            return call.over;
        });
    }

    /** Nothing of these waits and nothing is under way. */
    boolean isIdle(Predicate<TopicPartition> which) {
        return waiting.keySet().stream().noneMatch(which) && inFlight.keySet().stream().noneMatch(which);
    }
}
