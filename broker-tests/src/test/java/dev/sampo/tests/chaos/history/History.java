package dev.sampo.tests.chaos.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Collects events of many threads. */
public final class History {
    private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private final Map<Integer, Long> lastAcknowledged = new ConcurrentHashMap<>();

    public void add(Event event) {
        events.add(event);
        if (event instanceof Event.Acknowledged acknowledgement) {
            acknowledged.incrementAndGet();
            lastAcknowledged.put(acknowledgement.value().partition(), acknowledgement.atNanos());
        }
    }

    /** True when each of the partitions 0 to {@code count - 1} acknowledged something after that time. */
    public boolean eachAcknowledgedAfter(long nanos, int count) {
        for (int partition = 0; partition < count; partition++) {
            Long last = lastAcknowledged.get(partition);
            if (last == null || last - nanos <= 0) {
                return false;
            }
        }
        return true;
    }

    /** Time of the last acknowledgement by partition. */
    public Map<Integer, Long> lastAcknowledged() {
        return lastAcknowledged;
    }

    public long acknowledged() {
        return acknowledged.get();
    }

    /** A copy, in the order of their times; events of one thread keep their order. */
    public List<Event> events() {
        var copy = new ArrayList<>(events);
        copy.sort(Comparator.comparingLong(Event::atNanos));
        return copy;
    }
}
