package dev.sampo.tests.oracle.group;

import dev.sampo.tests.oracle.group.ClassicHistory.Outcome;
import dev.sampo.tests.oracle.group.ClassicHistory.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Seeded histories of a classic group: Sampo answers and stores as Apache's own classes do. More seeds with
 * {@code -Dgroup.oracle.seeds=100000}, others with {@code -Dgroup.oracle.first=3000}.
 */
class ClassicGroupSimulation {
    private static final long FIRST = Long.getLong("group.oracle.first", 0);
    private static final int SEEDS = Integer.getInteger("group.oracle.seeds", 5000);

    /** What a run of ordinary length comes to, with the least number. */
    private static final List<String> REACHED_OFTEN = List.of(
            "join NONE", "join MEMBER_ID_REQUIRED", "join UNKNOWN_MEMBER_ID", "join FENCED_INSTANCE_ID",
            "join INCONSISTENT_GROUP_PROTOCOL", "join GROUP_MAX_SIZE_REACHED", "leader by chance", "leader replaced",
            "sync NONE", "sync REBALANCE_IN_PROGRESS", "sync ILLEGAL_GENERATION", "sync UNKNOWN_MEMBER_ID",
            "sync FENCED_INSTANCE_ID", "sync INCONSISTENT_GROUP_PROTOCOL",
            "heartbeat NONE", "heartbeat REBALANCE_IN_PROGRESS", "heartbeat ILLEGAL_GENERATION", "heartbeat UNKNOWN_MEMBER_ID",
            "heartbeat FENCED_INSTANCE_ID", "leave NONE", "leave UNKNOWN_MEMBER_ID",
            "commit NONE", "commit UNKNOWN_MEMBER_ID", "commit ILLEGAL_GENERATION", "commit REBALANCE_IN_PROGRESS",
            "commit OFFSET_METADATA_TOO_LARGE", "commit FENCED_INSTANCE_ID", "fetch offset", "fetch none",
            "delete group NONE", "delete group NON_EMPTY_GROUP", "delete group GROUP_ID_NOT_FOUND",
            "delete offset NONE", "delete offset GROUP_SUBSCRIBED_TO_TOPIC", "delete offsets NON_EMPTY_GROUP",
            "delete offsets GROUP_ID_NOT_FOUND", "topic deleted", "failover",
            "record GroupMetadataKey", "record GroupMetadataKey removed", "record OffsetCommitKey", "record OffsetCommitKey removed",
            "state Empty", "state PreparingRebalance", "state CompletingRebalance", "state Stable", "state Dead");

    private static final List<String> REACHED = List.of(
            "join skips assignment", "leave FENCED_INSTANCE_ID", "commit GROUP_ID_NOT_FOUND", "listed: join-sent-again",
            "listed: sync-sent-again", "listed: sync-of-one-who-left", "listed: pending-id-with-instance",
            "listed: delay-carried-over");

    @Test
    void everyHistoryGoesAsWithKafkasOwnClasses() {
        // Given
        var reached = new Counters();
        var failures = new ArrayList<String>();

        // When
        for (long seed = FIRST; seed < FIRST + SEEDS && failures.size() < 3; seed++) {
            List<Step> steps = ClassicHistory.steps(seed);
            if (ClassicHistory.run(seed, steps, reached).difference() != null) {
                failures.add(shortest(seed, steps));
            }
        }

        // Then
        assertThat(failures).as("histories that differ, each made as short as possible").isEmpty();
        assertThat(REACHED_OFTEN).as("reached\n%s", reached).allMatch(what -> reached.count(what) >= SEEDS / 100);
        assertThat(REACHED).as("reached\n%s", reached).allMatch(what -> reached.count(what) > 0);
    }

    private static String shortest(long seed, List<Step> steps) {
        List<Step> shortest = Shortened.of(steps, fewer -> ClassicHistory.run(seed, fewer, new Counters()).difference() != null);
        Outcome outcome = ClassicHistory.run(seed, shortest, new Counters());
        return "seed " + seed + "\n" + outcome.trace() + "\n" + outcome.difference() + "\n";
    }
}
