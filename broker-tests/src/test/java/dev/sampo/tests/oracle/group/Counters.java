package dev.sampo.tests.oracle.group;

import java.util.Map;
import java.util.TreeMap;

/** How often each kind of answer, record and state came: a run that never had one proves nothing about it. */
final class Counters {
    private final Map<String, Long> counts = new TreeMap<>();

    void hit(String what) {
        counts.merge(what, 1L, Long::sum);
    }

    long count(String what) {
        return counts.getOrDefault(what, 0L);
    }

    @Override
    public String toString() {
        var text = new StringBuilder();
        counts.forEach((what, count) -> text.append(String.format("%-40s %,12d%n", what, count)));
        return text.toString();
    }
}
