package dev.sampo.tests.oracle.group;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A failing history without the steps that it does not need. */
final class Shortened {
    private Shortened() {}

    /** Leaves out steps as long as {@code fails} stays true. */
    static <S> List<S> of(List<S> steps, Predicate<List<S>> fails) {
        List<S> smallest = steps;
        for (int size = Math.max(1, steps.size() / 2); size > 0; size /= 2) {
            for (int from = 0; from < smallest.size();) {
                var fewer = new ArrayList<>(smallest);
                fewer.subList(from, Math.min(fewer.size(), from + size)).clear();
                if (fails.test(fewer)) {
                    smallest = fewer;
                } else {
                    from += size;
                }
            }
        }
        return smallest;
    }
}
