package dev.sampo.group.lag;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One rebalance of a group.
 *
 * @param endMs wall clock, -1 while it goes on
 * @param completed false when it goes on, or another one began before all members had their assignment
 * @param generationId of the generation that it made, or the group's epoch; while it goes on, of the one before
 * @param members in that generation
 * @param causes in order, the first is why it began; at most {@value RebalanceHistory#MOST_CAUSES}
 * @param furtherCauses how many more there were
 */
public record Rebalance(
        long startMs, long endMs, boolean completed, int generationId, int members, List<Cause> causes,
        int furtherCauses) {
    /** Why a group rebalances. */
    public enum Reason {
        /** Somebody new. */
        MEMBER_JOINED,
        /** A member wants other topics, or (classic protocol) offers other assignors. */
        SUBSCRIPTION_CHANGED,
        /** The member that assigns has joined again: partitions of its topics changed, or it asks for it. */
        LEADER_JOINED_AGAIN,
        /** A static member is back under a new member id, and not with the same subscription in a stable group. */
        STATIC_MEMBER_CAME_BACK,
        /** A member said that it leaves. */
        MEMBER_LEFT,
        /** Nothing was heard of a member for its session time-out. */
        SESSION_EXPIRED,
        /** A member did not join again within the rebalance time-out. */
        JOIN_TIMED_OUT,
        /** A member did not ask for its assignment within the rebalance time-out. */
        SYNC_TIMED_OUT,
        /** The group is larger than {@code group.max.size} allows. */
        TOO_LARGE,
        /** A member did not give partitions up within its rebalance time-out, and is fenced (consumer protocol). */
        REVOCATION_TIMED_OUT,
        /** Most members ask for another assignor now (consumer protocol). */
        ASSIGNOR_CHANGED,
        /** A topic that the group reads came or went, got partitions, or has replicas in other racks (consumer protocol). */
        TOPICS_CHANGED,
        /** A regular expression matches other topics than before (consumer protocol). */
        REGEX_RESOLVED;

        /** The code between nodes; never changed. */
        int code() {
            return switch (this) {
                case MEMBER_JOINED -> 0;
                case SUBSCRIPTION_CHANGED -> 1;
                case LEADER_JOINED_AGAIN -> 2;
                case STATIC_MEMBER_CAME_BACK -> 3;
                case MEMBER_LEFT -> 4;
                case SESSION_EXPIRED -> 5;
                case JOIN_TIMED_OUT -> 6;
                case SYNC_TIMED_OUT -> 7;
                case TOO_LARGE -> 8;
                case REVOCATION_TIMED_OUT -> 9;
                case ASSIGNOR_CHANGED -> 10;
                case TOPICS_CHANGED -> 11;
                case REGEX_RESOLVED -> 12;
            };
        }

        /** As people and machines read it: {@code member_joined}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One of the reasons; {@code memberId} is empty when it is about no single member. */
    public record Cause(Reason reason, String memberId, @Nullable String groupInstanceId) {}
}
