package dev.sampo.tests.simulation;

import java.util.PriorityQueue;

/** Virtual time in microseconds of true time, and what is due. Events of one instant come in a seeded order. */
final class Timeline {
    static final long MILLIS = 1_000;
    static final long SECONDS = 1_000_000;

    private static final class Event implements Comparable<Event> {
        private final long atMicros;
        private final long tie;
        private final long sequence;
        private final Runnable action;

        Event(long atMicros, long tie, long sequence, Runnable action) {
            this.atMicros = atMicros;
            this.tie = tie;
            this.sequence = sequence;
            this.action = action;
        }

        @Override
        public int compareTo(Event other) {
            if (atMicros != other.atMicros) {
                return atMicros < other.atMicros ? -1 : 1;
            }
            return tie != other.tie ? Long.compare(tie, other.tie) : Long.compare(sequence, other.sequence);
        }
    }

    private final PriorityQueue<Event> due = new PriorityQueue<>(256);
    private final Dice ties;
    private long nowMicros;
    private long executed;
    private long sequence;
    private long hash = 17;

    Timeline(Dice ties) {
        this.ties = ties;
    }

    long nowMicros() {
        return nowMicros;
    }

    long executed() {
        return executed;
    }

    /** Of the times and order of all events so far. */
    long hash() {
        return hash;
    }

    /** Mixes something that happened into the hash. */
    void mix(long value) {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 29;
    }

    void after(long delayMicros, Runnable action) {
        at(nowMicros + Math.max(0, delayMicros), action);
    }

    void at(long micros, Runnable action) {
        due.add(new Event(Math.max(micros, nowMicros), ties.next(), sequence++, action));
    }

    /** Runs the next event; false when there is none before {@code untilMicros}, which is then the time. */
    boolean step(long untilMicros) {
        Event next = due.peek();
        if (next == null || next.atMicros > untilMicros) {
            nowMicros = Math.max(nowMicros, untilMicros);
            return false;
        }
        due.remove();
        nowMicros = next.atMicros;
        executed++;
        mix(nowMicros);
        next.action.run();
        return true;
    }
}
