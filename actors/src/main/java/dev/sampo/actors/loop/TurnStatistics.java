package dev.sampo.actors.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts turns by duration. Written by the loop without barriers, read by anyone; a wake-up is counted by its caller. */
final class TurnStatistics {
    private static final int BUCKETS = 32;
    private static final int TASKS = BUCKETS;
    private static final int SLOWEST = BUCKETS + 1;
    private static final int REBUILDS = BUCKETS + 2;
    private static final int BUSY = BUCKETS + 3;

    private final AtomicLongArray values = new AtomicLongArray(BUCKETS + 4);
    private final LongAdder wakeUps = new LongAdder();

    void onTurn(long nanos, int tasks) {
        int bucket = Math.min(BUCKETS - 1, 64 - Long.numberOfLeadingZeros(nanos / 1000));
        values.setPlain(bucket, values.getPlain(bucket) + 1);
        values.setPlain(TASKS, values.getPlain(TASKS) + tasks);
        values.setOpaque(BUSY, values.getPlain(BUSY) + nanos);
        if (nanos > values.getPlain(SLOWEST)) {
            values.setPlain(SLOWEST, nanos);
        }
    }

    void onWakeUp() {
        wakeUps.increment();
    }

    void onRebuild() {
        values.incrementAndGet(REBUILDS);
    }

    long busyNanos() {
        return values.getOpaque(BUSY);
    }

    LoopMetrics snapshot(int index) {
        List<Long> buckets = new ArrayList<>(BUCKETS);
        long turns = 0;
        for (int i = 0; i < BUCKETS; i++) {
            buckets.add(values.getOpaque(i));
            turns += buckets.get(i);
        }
        return new LoopMetrics(
                index, turns, values.getOpaque(TASKS), wakeUps.sum(), values.getOpaque(SLOWEST),
                values.getOpaque(REBUILDS), buckets);
    }
}
