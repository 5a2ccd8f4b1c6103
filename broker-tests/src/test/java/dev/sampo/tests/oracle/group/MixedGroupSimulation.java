package dev.sampo.tests.oracle.group;

import dev.sampo.tests.oracle.group.MixedHistory.Outcome;
import dev.sampo.tests.oracle.group.MixedHistory.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Seeded histories of a group with members of both protocols, which becomes a group of the other type and back: Sampo answers
 * and stores as Apache's own classes do. More seeds with {@code -Dgroup.oracle.seeds=100000}, others with
 * {@code -Dgroup.oracle.first=3000}.
 */
class MixedGroupSimulation {
    private static final long FIRST = Long.getLong("group.oracle.first", 0);
    private static final int SEEDS = Integer.getInteger("group.oracle.seeds", 1000);

    /** What a run of ordinary length comes to, with the least number. */
    private static final List<String> REACHED_OFTEN = List.of(
            "upgraded", "downgraded", "on to consumer", "back to classic", "failover", "join NONE", "join MEMBER_ID_REQUIRED",
            "join REBALANCE_IN_PROGRESS", "join INCONSISTENT_GROUP_PROTOCOL", "sync NONE", "sync REBALANCE_IN_PROGRESS",
            "sync UNKNOWN_MEMBER_ID", "heartbeat NONE", "heartbeat REBALANCE_IN_PROGRESS", "heartbeat ILLEGAL_GENERATION",
            "heartbeat UNKNOWN_MEMBER_ID", "leave NONE", "consumer heartbeat NONE", "consumer heartbeat GROUP_ID_NOT_FOUND",
            "member STABLE", "member UNREVOKED_PARTITIONS", "member UNRELEASED_PARTITIONS", "commit NONE", "commit ILLEGAL_GENERATION",
            "commit STALE_MEMBER_EPOCH", "record GroupMetadataKey", "record GroupMetadataKey removed",
            "record ConsumerGroupMemberMetadataKey", "record ConsumerGroupMemberMetadataKey removed", "late session-timeout");

    private static final List<String> REACHED = List.of(
            "late join", "late sync", "join FENCED_INSTANCE_ID", "sync ILLEGAL_GENERATION", "sync INCONSISTENT_GROUP_PROTOCOL",
            "listed: timers-left-running");

    @Test
    void everyHistoryGoesAsWithKafkasOwnClasses() {
        // Given
        var reached = new Counters();
        var failures = new ArrayList<String>();

        // When
        for (long seed = FIRST; seed < FIRST + SEEDS && failures.size() < 3; seed++) {
            List<Step> steps = MixedHistory.steps(seed);
            if (MixedHistory.run(seed, steps, reached).difference() != null) {
                failures.add(shortest(seed, steps));
            }
        }

        // Then
        assertThat(failures).as("histories that differ, each made as short as possible").isEmpty();
        assertThat(REACHED_OFTEN).as("reached\n%s", reached).allMatch(what -> reached.count(what) >= SEEDS / 100);
        assertThat(REACHED).as("reached\n%s", reached).allMatch(what -> reached.count(what) > 0);
    }

    private static String shortest(long seed, List<Step> steps) {
        List<Step> shortest = Shortened.of(steps, fewer -> MixedHistory.run(seed, fewer, new Counters()).difference() != null);
        Outcome outcome = MixedHistory.run(seed, shortest, new Counters());
        return "seed " + seed + "\n" + outcome.trace() + "\n" + outcome.difference() + "\n";
    }
}
