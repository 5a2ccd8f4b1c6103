package dev.sampo.tests.simulation;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** What a set of schedules came to: one that never truncated a log proves nothing about truncation. */
final class Reach {
    /** A fault that was injected, or a branch of the protocol that was taken. */
    enum Point {
        KILL, POWER_CUT, TAIL_LOST, PAUSE, PAUSED_PAST_LEASE, WIPE, MACHINE_CUT, ONE_WAY_CUT, BRIDGE, BROKEN_CONNECTION, LATE_MESSAGE,
        DUPLICATED_MESSAGE, CLOCK_JUMP, FAILED_FORCE, ALL_KILLED, SECOND_SENTINEL, SECOND_CONTROLLER, RAFT_LEADER_CHANGED,
        JOURNAL_REFUSED, JOURNAL_OUTCOME_UNKNOWN, LEADER_ELECTED, LEADER_DEPOSED, EMPTY_EPOCH, GROUP_MOVED, LED_ON_AFTER_HAND_OFF, ANSWERED_AFTER_HAND_OFF,
        PROPOSAL_CANCELLED_AT_HAND_OFF, NEWS_AFTER_HAND_OFF, FORCE_FAILED_AFTER_HAND_OFF,
        ELECTED_AFTER_POWER_CUT,
        ELECTED_FROM_ELIGIBLE, ISR_SHRANK, ISR_EXPANDED, ISR_BELOW_MINIMUM, ISR_CHANGE_REFUSED, EXPANSION_GIVEN_UP, BROKER_FENCED,
        DEATH_PROVED, SESSION_TIMED_OUT, LEASE_OVER_AT_ANSWER, STALE_INCARNATION, FOLLOWER_TRUNCATED, FOLLOWER_OUT_OF_RANGE,
        FETCH_FENCED, FETCH_UNKNOWN_EPOCH, CLIENT_FENCED, OFFSET_NOT_AVAILABLE, NOT_ENOUGH_REPLICAS,
        NOT_ENOUGH_REPLICAS_AFTER_APPEND, NOT_LEADER, DUPLICATE_BATCH, OUT_OF_ORDER_BATCH, ACKED_ALL, ACKED_ONE,
        CONSUMED, TOPIC_CREATED, TOPIC_DELETED, RECORDS_DELETED, LOG_HANDED_OVER, CLEAN_STOP, TOLD_WHOSE_PLACE_IT_TAKES, OFFLINE_AFTER_POWER_CUTS,
        COORDINATOR_LOADING, COORDINATOR_LOADED_GROUPS, LOAD_WAITS_FOR_HIGH_WATERMARK, COORDINATOR_MOVED, DIED_LOADING, DIED_LOADED,
        DIED_BEFORE_WRITE, DIED_AFTER_WRITE, DIED_BEFORE_ANSWER, DIED_AFTER_ANSWER, GROUP_WRITES_JOINED, GROUP_WRITE_FAILED,
        GROUP_WRITE_IN_DOUBT, GROUP_REQUESTS_SHARED_A_WRITE,
        GROUP_RESTARTED, GROUP_DELETED, OFFSET_COMMITTED, OFFSET_REMOVED, OFFSETS_TOLD, OFFSETS_OF_TOPIC_REMOVED, OFFSETS_RESET,
        COMMIT_REFUSED, MEMBER_ASSIGNED, MEMBER_KEPT_OVER_MOVE, MEMBER_THROWN_OUT, MEMBER_DIED, STATIC_TAKEOVER,
        STATIC_BACK_WITHOUT_REBALANCE, INSTANCE_FENCED, LATE_JOIN, LATE_HEARTBEAT, PARTITIONS_REVOKED, STRAY_COMMIT;

        /** Too rare to be asked for in a run of ordinary length. */
        boolean rare() {
            return RARE.contains(this);
        }
    }

    private static final Set<Point> RARE = EnumSet.of(
            Point.STALE_INCARNATION, Point.FETCH_UNKNOWN_EPOCH, Point.FOLLOWER_OUT_OF_RANGE, Point.OFFLINE_AFTER_POWER_CUTS,
            Point.OUT_OF_ORDER_BATCH, Point.EXPANSION_GIVEN_UP, Point.TOPIC_DELETED, Point.PROPOSAL_CANCELLED_AT_HAND_OFF,
            Point.LATE_JOIN, Point.STRAY_COMMIT, Point.OFFSETS_OF_TOPIC_REMOVED, Point.NEWS_AFTER_HAND_OFF, Point.FORCE_FAILED_AFTER_HAND_OFF);

    private final long[] counts = new long[Point.values().length];

    void hit(Point point) {
        counts[point.ordinal()]++;
    }

    long count(Point point) {
        return counts[point.ordinal()];
    }

    synchronized void add(Reach other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }

    @Override
    public String toString() {
        var text = new StringBuilder();
        Arrays.stream(Point.values()).forEach(point -> text.append(String.format("%-34s %,12d%n", point, count(point))));
        return text.toString();
    }
}
