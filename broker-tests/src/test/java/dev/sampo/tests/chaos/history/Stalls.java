package dev.sampo.tests.chaos.history;

import dev.sampo.tests.chaos.history.Event.Acknowledged;
import dev.sampo.tests.chaos.history.Event.Read;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Per partition the longest time without success.
 *
 * @param longest by partition
 * @param longestFromNanos when the longest of all began
 */
public record Stalls(Map<Integer, Duration> longest, long longestFromNanos) {
    /** Between acknowledgements, from {@code fromNanos} to {@code toNanos}; the ends count as well. */
    public static Stalls ofProducing(List<Event> events, int partitions, long fromNanos, long toNanos) {
        return of(events, partitions, fromNanos, toNanos, event -> event instanceof Acknowledged acknowledged ? acknowledged.value().partition() : -1);
    }

    /** Between records that readers whose name begins with {@code readers} were given. */
    public static Stalls ofReading(List<Event> events, String readers, int partitions, long fromNanos, long toNanos) {
        return of(events, partitions, fromNanos, toNanos,
                event -> event instanceof Read read && read.reader().startsWith(readers) ? read.partition() : -1);
    }

    private static Stalls of(List<Event> events, int partitions, long from, long to, java.util.function.ToIntFunction<Event> partitionOf) {
        var times = new HashMap<Integer, List<Long>>();
        for (Event event : events) {
            int partition = partitionOf.applyAsInt(event);
            if (partition >= 0 && event.atNanos() - from >= 0 && event.atNanos() - to <= 0) {
                times.computeIfAbsent(partition, p -> new ArrayList<>(List.of(from))).add(event.atNanos());
            }
        }
        var longest = new TreeMap<Integer, Duration>();
        long max = -1;
        long maxFrom = from;
        for (int partition = 0; partition < partitions; partition++) {
            List<Long> at = times.getOrDefault(partition, new ArrayList<>(List.of(from)));
            at.add(to);
            at.sort(null);
            long gap = 0;
            for (int i = 1; i < at.size(); i++) {
                gap = Math.max(gap, at.get(i) - at.get(i - 1));
                if (at.get(i) - at.get(i - 1) > max) {
                    max = at.get(i) - at.get(i - 1);
                    maxFrom = at.get(i - 1);
                }
            }
            longest.put(partition, Duration.ofNanos(gap));
        }
        return new Stalls(longest, maxFrom);
    }

    public Duration max() {
        return longest.values().stream().max(Duration::compareTo).orElse(Duration.ZERO);
    }

    @Override
    public String toString() {
        return longest.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue().toMillis() + " ms").collect(Collectors.joining(", "));
    }
}
