package dev.sampo.tests.oracle.group;

import dev.sampo.tests.oracle.group.ConsumerHistory.Outcome;
import dev.sampo.tests.oracle.group.ConsumerHistory.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Seeded histories of a consumer group: Sampo answers and stores as Apache's own classes do. More seeds with
 * {@code -Dgroup.oracle.seeds=100000}, others with {@code -Dgroup.oracle.first=3000}.
 */
class ConsumerGroupSimulation {
    private static final long FIRST = Long.getLong("group.oracle.first", 0);
    private static final int SEEDS = Integer.getInteger("group.oracle.seeds", 2400);

    /** What a run of ordinary length comes to, with the least number. */
    private static final List<String> REACHED_OFTEN = List.of(
            "consumer heartbeat NONE", "consumer heartbeat FENCED_MEMBER_EPOCH", "consumer heartbeat UNKNOWN_MEMBER_ID",
            "consumer heartbeat GROUP_ID_NOT_FOUND", "consumer heartbeat UNRELEASED_INSTANCE_ID", "consumer heartbeat FENCED_INSTANCE_ID",
            "consumer heartbeat INVALID_REQUEST", "consumer heartbeat UNSUPPORTED_ASSIGNOR", "consumer heartbeat INVALID_REGULAR_EXPRESSION",
            "consumer heartbeat GROUP_MAX_SIZE_REACHED", "assignment", "empty assignment", "answer lost",
            "member STABLE", "member UNREVOKED_PARTITIONS", "member UNRELEASED_PARTITIONS",
            "consumers Empty", "consumers Assigning", "consumers Reconciling", "consumers Stable", "consumers ",
            "commit NONE", "commit UNKNOWN_MEMBER_ID", "commit STALE_MEMBER_EPOCH", "commit OFFSET_METADATA_TOO_LARGE",
            "commit GROUP_ID_NOT_FOUND", "commit UNSUPPORTED_VERSION", "fetch offset", "fetch none", "fetch NONE",
            "fetch STALE_MEMBER_EPOCH", "fetch UNKNOWN_MEMBER_ID",
            "delete group NONE", "delete group NON_EMPTY_GROUP", "delete group GROUP_ID_NOT_FOUND",
            "delete offset NONE", "delete offset GROUP_SUBSCRIBED_TO_TOPIC", "delete offsets GROUP_ID_NOT_FOUND",
            "topic created", "topic deleted", "partition added", "partition moved", "failover",
            "record ConsumerGroupMetadataKey", "record ConsumerGroupMetadataKey removed",
            "record ConsumerGroupMemberMetadataKey", "record ConsumerGroupMemberMetadataKey removed",
            "record ConsumerGroupTargetAssignmentMetadataKey", "record ConsumerGroupTargetAssignmentMetadataKey removed",
            "record ConsumerGroupTargetAssignmentMemberKey", "record ConsumerGroupTargetAssignmentMemberKey removed",
            "record ConsumerGroupCurrentMemberAssignmentKey", "record ConsumerGroupCurrentMemberAssignmentKey removed",
            "record ConsumerGroupRegularExpressionKey", "record ConsumerGroupRegularExpressionKey removed",
            "record OffsetCommitKey", "record OffsetCommitKey removed", "late session-timeout",
            "late rebalance-timeout", "late expire-group-metadata", "assignor uniform", "assignor range",
            "join NONE", "sync NONE", "heartbeat NONE", "leave NONE", "join INCONSISTENT_GROUP_PROTOCOL",
            "record GroupMetadataKey", "record GroupMetadataKey removed");

    private static final List<String> REACHED = List.of(
            "heartbeat UNKNOWN_MEMBER_ID", "sync UNKNOWN_MEMBER_ID", "leave UNKNOWN_MEMBER_ID",
            "leave FENCED_INSTANCE_ID",
            "join UNKNOWN_MEMBER_ID", "commit ILLEGAL_GENERATION", "listed: assignors-tie", "listed: late-at-once",
            "listed: same-topics-not-counted-again");

    @Test
    void everyHistoryGoesAsWithKafkasOwnClasses() {
        // Given
        var reached = new Counters();
        var failures = new ArrayList<String>();

        // When
        for (long seed = FIRST; seed < FIRST + SEEDS && failures.size() < 3; seed++) {
            List<Step> steps = ConsumerHistory.steps(seed);
            if (ConsumerHistory.run(seed, steps, reached).difference() != null) {
                failures.add(shortest(seed, steps));
            }
        }

        // Then
        assertThat(failures).as("histories that differ, each made as short as possible").isEmpty();
        assertThat(REACHED_OFTEN).as("reached\n%s", reached).allMatch(what -> reached.count(what) >= SEEDS / 100);
        assertThat(REACHED).as("reached\n%s", reached).allMatch(what -> reached.count(what) > 0);
    }

    private static String shortest(long seed, List<Step> steps) {
        List<Step> shortest = Shortened.of(steps, fewer -> ConsumerHistory.run(seed, fewer, new Counters()).difference() != null);
        Outcome outcome = ConsumerHistory.run(seed, shortest, new Counters());
        return "seed " + seed + "\n" + outcome.trace() + "\n" + outcome.difference() + "\n";
    }
}
