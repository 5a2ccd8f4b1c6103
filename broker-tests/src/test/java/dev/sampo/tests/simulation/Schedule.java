package dev.sampo.tests.simulation;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One life of a cluster: faults, then quiet, then everything must be whole. */
final class Schedule {
    /**
     * What came of it.
     *
     * @param invariant number of the one that was violated, 0 for an exception in the rules themselves, -1 for none
     */
    record Result(
            Plan plan, int invariant, String message, long hash, long electionHash, long events, int acked, Reach reach,
            long endMicros, List<String> trace, String state) {
        boolean failed() {
            return invariant >= 0;
        }
    }

    /** How long the cluster may take to become whole. */
    private static final long QUIET = 120 * Timeline.SECONDS;

    private static final long MOST_EVENTS = 200_000;

    private Schedule() {}

    static Result run(long seed, @Nullable Mutant mutant) {
        return run(Plan.draw(seed), mutant, false, 0);
    }

    static Result run(Plan plan, @Nullable Mutant mutant, boolean tracing, long wallOffsetsMs) {
        var cluster = new Cluster(plan, mutant, tracing, wallOffsetsMs);
        int invariant = -1;
        String message = "";
        try {
            live(cluster);
        } catch (Violation violation) {
            invariant = violation.invariant();
            message = violation.getMessage();
        } catch (RuntimeException e) {
            invariant = 0;
            var text = new StringWriter();
            e.printStackTrace(new PrintWriter(text));
            message = text.toString();
        }
        return new Result(plan, invariant, message, cluster.time().hash(), cluster.judge().electionHash(),
                cluster.time().executed(), cluster.ledger().size(), cluster.reach(), cluster.time().nowMicros(), cluster.traced(),
                tracing ? cluster.describe() : "");
    }

    private static void live(Cluster cluster) {
        cluster.start();
        new Faults(cluster).schedule();
        run(cluster, cluster.plan().chaosMicros());
        cluster.trace(() -> "--- no more faults");
        cluster.calmDown();
        var liveness = new Liveness(cluster);
        long deadline = cluster.time().nowMicros() + QUIET;
        String problem = "";
        while (problem != null) {
            run(cluster, cluster.time().nowMicros() + 500 * Timeline.MILLIS);
            if (cluster.time().nowMicros() % (5 * Timeline.SECONDS) < 500 * Timeline.MILLIS) {
                cluster.sharding().settle();
                cluster.calmDown();
            }
            problem = liveness.problem();
            if (problem != null && cluster.time().nowMicros() > deadline) {
                throw new Violation(42, problem);
            }
        }
    }

    private static void run(Cluster cluster, long untilMicros) {
        while (cluster.time().step(untilMicros)) {
            if (cluster.time().executed() > MOST_EVENTS) {
                throw new Violation(40, "more than " + MOST_EVENTS + " events: something runs in circles");
            }
        }
    }
}
