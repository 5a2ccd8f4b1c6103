package dev.sampo.tests.simulation;

import dev.sampo.tests.simulation.Plan.Act;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a failing schedule smaller: fewer acts, a shorter time, a better network, no groups, as long as the same invariant fails. */
final class Shrinker {
    private static final int MOST_RUNS = 400;

    private final @Nullable Mutant mutant;
    private final int invariant;
    private Plan smallest;
    private int runs;

    private Shrinker(Schedule.Result failed, @Nullable Mutant mutant) {
        this.mutant = mutant;
        this.invariant = failed.invariant();
        this.smallest = failed.plan();
    }

    /** The smallest failing schedule found, run with its trace. */
    static Schedule.Result shrink(Schedule.Result failed, @Nullable Mutant mutant) {
        var shrinker = new Shrinker(failed, mutant);
        shrinker.shrink(failed.endMicros());
        return Schedule.run(shrinker.smallest, mutant, true, 0);
    }

    private void shrink(long endMicros) {
        List<Act> before = smallest.acts().stream().filter(act -> act.atMicros() <= endMicros).toList();
        keepIfFails(smallest.with(before, Math.min(smallest.chaosMicros(), endMicros + 1)));
        keepIfFails(smallest.onGoodNetwork());
        keepIfFails(smallest.withoutGroups());
        int size = Math.max(1, smallest.acts().size() / 2);
        while (runs < MOST_RUNS) {
            boolean smaller = false;
            for (int from = 0; from < smallest.acts().size() && runs < MOST_RUNS;) {
                var fewer = new ArrayList<>(smallest.acts());
                fewer.subList(from, Math.min(fewer.size(), from + size)).clear();
                if (keepIfFails(smallest.with(List.copyOf(fewer), smallest.chaosMicros()))) {
                    smaller = true;
                } else {
                    from += size;
                }
            }
            if (size == 1 && !smaller) {
                break;
            }
            size = Math.max(1, size / 2);
        }
        keepIfFails(smallest.onGoodNetwork());
    }

    private boolean keepIfFails(Plan plan) {
        runs++;
        boolean fails = Schedule.run(plan, mutant, false, 0).invariant() == invariant;
        if (fails) {
            smallest = plan;
        }
        return fails;
    }
}
