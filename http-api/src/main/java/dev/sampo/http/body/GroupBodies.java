package dev.sampo.http.body;

import dev.sampo.http.route.Doc;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Consumer groups. */
public final class GroupBodies {
    private GroupBodies() {}

    /** One line of the list. */
    public record GroupSummary(
            String groupId, @Doc("Empty, Stable, ... in Kafka's words.") String state,
            @Doc("Classic, Consumer, ... in Kafka's words.") String type, String protocolType) {}

    /** A page of groups, by id. */
    public record Groups(List<GroupSummary> groups, @Nullable String nextPageToken) {}

    /** Partitions of one topic. */
    public record TopicPartitions(String topic, List<Integer> partitions) {}

    /** A member. */
    public record Member(
            String memberId, @Nullable String groupInstanceId, String clientId, String clientHost,
            List<TopicPartitions> assignment) {}

    /** How far a group is in a partition. */
    public record CommittedOffset(
            String topic, int partition, @Doc("The next offset to be read.") long committedOffset,
            @Nullable String metadata, @Doc("Null when the topic is gone.") @Nullable Long logEndOffset,
            @Doc("Records not read yet.") @Nullable Long lagRecords,
            @Doc("Age of the oldest record not read yet, 0 when all are read.") @Nullable Double lagSeconds) {}

    /** A group. */
    public record Group(
            String groupId, String state, String type, String protocolType,
            @Doc("The assignor.") String protocol, List<Member> members, List<CommittedOffset> offsets,
            @Doc("Of all partitions.") long lagRecords, @Doc("Of the partition that is furthest behind.") double lagSeconds) {}

    /** Committed offsets. */
    public record Offsets(String groupId, List<CommittedOffset> offsets) {}

    /** Where to. Exactly one of the first six. */
    public record Seek(
            @Doc("earliest or latest") @Nullable String to,
            @Doc("This offset.") @Nullable Long toOffset,
            @Doc("The first record at or after this time: milliseconds since 1970, or ISO 8601 with a zone.")
                    @Nullable String toTime,
            @Doc("By so many records; negative goes back.") @Nullable Long shiftBy,
            @Doc("Back by this time from now: ISO 8601, PT5M.") @Nullable String byDuration,
            @Doc("Default: all partitions with a committed offset. partitions null: all of the topic.")
                    @Nullable List<SeekTopic> topics) {}

    /** What to move. */
    public record SeekTopic(String topic, @Nullable List<Integer> partitions) {}

    /** One partition that was moved, or would have been. */
    public record MovedOffset(
            String topic, int partition, @Doc("Null when there was none.") @Nullable Long before, long after) {}

    /** What was moved, or would have been. */
    public record MovedOffsets(String groupId, List<MovedOffset> offsets, boolean dryRun) {}

    /** One partition whose committed offset is gone, or would be. */
    public record RemovedOffset(String topic, int partition, long before) {}

    /** What was removed, or would have been. */
    public record RemovedOffsets(String groupId, List<RemovedOffset> offsets, boolean dryRun) {}

    /** A group that was deleted, or would have been. */
    public record DeletedGroup(String groupId, boolean dryRun) {}
}
