package dev.sampo.http.record;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a live tail is: the next offset of each partition. Its text is the {@code id} of an event, for example
 * {@code 0:17,1:5}; a tail that begins there gets every record after the event, and none before.
 */
public final class TailPosition {
    private final Map<Integer, Long> next; // ordered

    private TailPosition(Map<Integer, Long> next) {
        this.next = next;
    }

    /** From next offsets by partition. */
    public static TailPosition of(Map<Integer, Long> nextOffsets) {
        return new TailPosition(new TreeMap<>(nextOffsets));
    }

    /** The position of this text, null when it is none. */
    public static @Nullable TailPosition parse(String text) {
        var next = new TreeMap<Integer, Long>();
        for (String part : text.split(",", -1)) {
            int colon = part.indexOf(':');
            if (colon < 1 || !part.matches("\\d{1,9}:\\d{1,18}")) {
                return null;
            }
            int partition = Integer.parseInt(part.substring(0, colon));
            if (next.putIfAbsent(partition, Long.parseLong(part.substring(colon + 1))) != null) {
                return null;
            }
        }
        return new TailPosition(next);
    }

    /** Next offsets by partition, a copy. */
    public Map<Integer, Long> nextOffsets() {
        return new TreeMap<>(next);
    }

    /** True when this partition is tailed. */
    public boolean has(int partition) {
        return next.containsKey(partition);
    }

    /** Moves one partition on. */
    public void move(int partition, long nextOffset) {
        next.put(partition, nextOffset);
    }

    /** Another that can be moved on its own. */
    public TailPosition copy() {
        return new TailPosition(new TreeMap<>(next));
    }

    /** The text of {@link #parse}. */
    @Override
    public String toString() {
        var text = new StringBuilder(next.size() * 8);
        next.forEach((partition, offset) -> {
            if (!text.isEmpty()) {
                text.append(',');
            }
            text.append((int) partition).append(':').append((long) offset);
        });
        return text.toString();
    }
}
