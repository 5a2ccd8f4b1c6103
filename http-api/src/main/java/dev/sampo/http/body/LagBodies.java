package dev.sampo.http.body;

import dev.sampo.http.route.Doc;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How far groups are behind, and why they rebalanced. */
public final class LagBodies {
    static final String STATUS = "ok, warning (reads on and comes no nearer to the end), rewind (went back), stalled "
            + "(commits the same offset), stopped (commits nothing), unknown (the end is not known).";

    private LagBodies() {}

    /** One group at the last sample. */
    public record GroupSummary(
            String groupId, @Doc("Of the partition that does worst: " + STATUS) String status,
            @Doc("Of all partitions.") long lagRecords, @Doc("Of the partition that is furthest behind.") double lagSeconds,
            @Doc("When it was sampled, milliseconds since 1970.") long sampledMs) {}

    /** A page of groups, by id. */
    public record GroupSummaries(List<GroupSummary> groups, @Nullable String nextPageToken) {}

    /** How far a group is in a partition. */
    public record PartitionLag(
            String topic, int partition, @Doc("The next offset to be read.") long committedOffset,
            @Doc("When it was committed, milliseconds since 1970.") long committedMs,
            @Doc("The high watermark; null when it is not known, as of a topic that is gone.") @Nullable Long endOffset,
            @Doc("Records not read yet.") @Nullable Long lagRecords,
            @Doc("Age of the first record not read yet, by its timestamp; 0 when all are read.") @Nullable Double lagSeconds,
            @Doc(STATUS) String status,
            @Doc("Who reads it; null for nobody, and when another broker coordinates the group.") @Nullable String memberId,
            @Nullable String clientId) {}

    /** A group now. */
    public record GroupLag(
            String groupId, @Doc("Of the partition that does worst: " + STATUS) String status,
            @Doc("Of all partitions.") long lagRecords, @Doc("Of the partition that is furthest behind.") double lagSeconds,
            @Doc("Milliseconds since 1970.") long sampledMs, List<PartitionLag> partitions) {}

    /** A sample, or the largest of several. */
    public record Point(
            @Doc("Milliseconds since 1970.") long timeMs, long lagRecords, @Nullable Double lagSeconds) {}

    /** The history of a group. */
    public record History(String groupId, @Doc("Time between two points.") long stepMs, List<Point> points) {}

    /** Why a group rebalanced. */
    public record Cause(
            @Doc("member_joined, subscription_changed, leader_joined_again, static_member_came_back, member_left, "
                    + "session_expired, join_timed_out, sync_timed_out, too_large; of groups of the consumer protocol also "
                    + "revocation_timed_out (fenced), assignor_changed, topics_changed, regex_resolved.") String reason,
            @Doc("Null when it is about no single member.") @Nullable String memberId, @Nullable String groupInstanceId) {}

    /** One rebalance. */
    public record Rebalance(
            @Doc("Milliseconds since 1970.") long startMs, @Doc("Null while it goes on.") @Nullable Long durationMs,
            @Doc("False while it goes on, and when another one began before every member had its assignment.") boolean completed,
            @Doc("The generation or group epoch that it made; while it goes on, the one before.") int generationId, int members,
            @Doc("In order; the first is why it began.") List<Cause> causes,
            @Doc("How many more there were.") int furtherCauses) {}

    /** The last rebalances of a group. */
    public record Rebalances(String groupId, @Doc("Newest first.") List<Rebalance> rebalances) {}
}
