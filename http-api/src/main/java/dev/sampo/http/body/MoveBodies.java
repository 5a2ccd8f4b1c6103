package dev.sampo.http.body;

import dev.sampo.http.route.Doc;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Partitions that move between brokers, and leaders that change. */
public final class MoveBodies {
    private MoveBodies() {}

    /** A move under way. */
    public record Reassignment(
            String topic, int partition, @Doc("All with a copy or on the way to one.") List<Integer> replicas,
            List<Integer> addingReplicas, List<Integer> removingReplicas) {}

    /** Moves under way. */
    public record Reassignments(List<Reassignment> reassignments) {}

    /** A move that is wanted. */
    public record WantedReplicas(
            String topic, int partition, @Doc("Broker ids, the preferred leader first.") List<Integer> replicas) {}

    /** Moves to be begun. */
    public record NewReassignments(
            List<WantedReplicas> reassignments,
            @Doc("At most so many bytes a second into each broker, until nothing moves any more; default no limit.")
                    @Nullable Long throttleBytesPerSecond) {}

    /** A move that was begun, or would be. */
    public record MoveResult(
            String topic, int partition, List<Integer> from, List<Integer> to,
            @Doc("Why, where a plan chose it.") @Nullable String reason,
            @Doc("Kafka's name of the error; null when it was not refused.") @Nullable String error,
            @Doc("The broker's text to the error.") @Nullable String errorMessage) {}

    /** Moves that were begun, or would be. */
    public record MoveResults(List<MoveResult> moves, boolean dryRun) {}

    /** A move that does not go on, or would not. */
    public record CancelledMove(
            String topic, int partition, @Doc("Kafka's name of the error; null when it was not refused.") @Nullable String error,
            @Doc("The broker's text to the error.") @Nullable String errorMessage) {}

    /** Moves that do not go on, or would not. */
    public record CancelledMoves(List<CancelledMove> moves, boolean dryRun) {}

    /** How a broker is drained. */
    public record DrainRequest(
            @Doc("true: its replicas stay, for a restart; default false.") @Nullable Boolean leadersOnly,
            @Doc("At most so many bytes a second into each broker, until nothing moves any more; default no limit.")
                    @Nullable Long throttleBytesPerSecond) {}

    /** A broker that is drained, or would be. */
    public record Drained(
            int brokerId, @Doc("live, drained or down") String state,
            @Doc("Partitions that it leads still; GET /v1/brokers/{broker} says later what is left.") int leads,
            @Doc("Partitions that it has a copy of still; 0 at the end, unless leaders_only was asked.") int replicas,
            List<MoveResult> moves, boolean dryRun) {}

    /** A broker that was put to use again or forgotten, or would be. */
    public record BrokerChange(int brokerId, @Doc("live, drained, down or removed") String state, boolean dryRun) {}

    /** Partitions of one topic. */
    public record ElectionTopic(String topic, @Doc("Default all.") @Nullable List<Integer> partitions) {}

    /** Leaders to be elected. */
    public record Election(
            @Doc("preferred: the first replica; unclean: one that may have lost records, where no other is left.") String type,
            @Doc("Default all partitions.") @Nullable List<ElectionTopic> topics) {}

    /** What came of one partition. */
    public record ElectionResult(
            String topic, int partition, @Doc("Kafka's name of the error; null when a leader was elected.") @Nullable String error,
            @Doc("The broker's text to the error.") @Nullable String errorMessage) {}

    /** Those that needed an election. */
    public record ElectionResults(List<ElectionResult> results, boolean dryRun) {}

    /** Who keeps the metadata log. */
    public record QuorumMember(
            int brokerId, @Doc("leader, voter or observer") String role, @Doc("End of its log; -1 when not known.") long logEndOffset,
            @Doc("Entries that it is behind the leader; -1 when not known.") long lag,
            @Doc("When it last fetched, ms since 1970; -1 when not known.") long lastFetchTimestamp,
            @Doc("When it was last up to the leader, ms since 1970; -1 when not known.") long lastCaughtUpTimestamp,
            @Doc("host:port of a voter, null for others.") @Nullable String endpoint) {}

    /** The metadata log's members as its leader knows them. */
    public record Quorum(int leaderId, int leaderEpoch, long highWatermark, List<QuorumMember> members) {}

    /** What a broker holds. */
    public record BrokerFigures(int replicas, @Doc("Partitions that it is preferred to lead.") int leaders, long bytes) {}

    /** A broker before and after a plan. */
    public record BalancedBroker(
            int brokerId, @Nullable String rack, @Doc("live, drained or down") String state, BrokerFigures before,
            BrokerFigures after) {}

    /** A move of a plan. */
    public record PlannedMove(
            String topic, int partition, List<Integer> from, List<Integer> to,
            @Doc("What is copied; 0 when only the order of replicas changes.") long bytes, String reason,
            @Doc("Kafka's name of the error; null when it was not refused.") @Nullable String error,
            @Doc("The broker's text to the error.") @Nullable String errorMessage) {}

    /** A plan that makes the cluster even; without moves when it is. */
    public record Balance(
            List<PlannedMove> moves, List<BalancedBroker> brokers, long bytesToMove,
            @Doc("Distinct replica lists: each needs placement groups.") int replicaListsBefore, int replicaListsAfter,
            @Doc("True when nothing was begun.") boolean dryRun) {}

    /** How a plan is carried out. */
    public record BalanceRequest(
            @Doc("At most so many bytes a second into each broker, until nothing moves any more; default no limit.")
                    @Nullable Long throttleBytesPerSecond) {}
}
