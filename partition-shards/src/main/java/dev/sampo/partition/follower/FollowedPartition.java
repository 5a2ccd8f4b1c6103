package dev.sampo.partition.follower;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.follower.Follower.Wanted;
import dev.sampo.partition.follower.LeaderLink.Position;
import dev.sampo.partition.replica.CompactionRun;
import dev.sampo.partition.replica.LogUpkeep;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.replica.Replica;
import dev.sampo.partition.replica.ReplicaLogs;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/** What a {@link ReplicaFollowerActor} knows of one of its partitions. */
final class FollowedPartition {
    private static final Duration FIRST_REOPEN = Duration.ofSeconds(1);
    private static final Duration LAST_REOPEN = Duration.ofSeconds(10);

    private final TopicIdPartition id;
    private final String topic;
    private final String topicPartition;
    private TopicSettings settings;
    private Duration reopenAfter = FIRST_REOPEN;

    /** The wish for the log, until it is granted or refused. */
    ReplicaLogs.@Nullable Claim claim;
    /** The work on a blocking thread that has the log to itself; nothing else touches the log until it has ended. */
    @Nullable CompletableFuture<Void> busy;

    private @Nullable Replica replica;
    private @Nullable FollowerState state;
    private @Nullable LogUpkeep upkeep;
    private @Nullable FollowerReads reads;
    private long flushAskedUpTo;

    FollowedPartition(TopicIdPartition id, Wanted wanted) {
        this.id = id;
        this.topic = wanted.topic();
        this.topicPartition = topic + "-" + id.partition();
        this.settings = wanted.settings();
    }

    TopicIdPartition id() {
        return id;
    }

    String topic() {
        return topic;
    }

    String topicPartition() {
        return topicPartition;
    }

    TopicSettings settings() {
        return settings;
    }

    void settings(TopicSettings changed) {
        settings = changed;
    }

    /** The log is here; {@code follower} serves consumers from it. */
    void opened(Replica granted, int leaderEpoch, PartitionHome home, ActorRef<Follower.Command> follower) {
        PartitionLog log = granted.log();
        claim = null;
        replica = granted;
        upkeep = new LogUpkeep(log, home, topicPartition);
        flushAskedUpTo = log.recoveryPoint();
        reopenAfter = FIRST_REOPEN;
        var begun = new FollowerState(
                leaderEpoch, log.logStartOffset(), log.logEndOffset(), log.epochs().latestEpoch(),
                granted.highWatermark());
        state = begun;
        reads = FollowerReads.begin(home.registry(), id, follower, log, begun);
    }

    /** Whether the log is here and nothing else works on it. */
    boolean isUsable() {
        return replica != null && busy == null;
    }

    /** Whether this very log is here. */
    boolean has(Replica one) {
        return one.equals(replica);
    }

    Replica replica() {
        return requireNonNull(replica, "the log is not open");
    }

    PartitionLog log() {
        return replica().log();
    }

    FollowerState state() {
        return requireNonNull(state, "the log is not open");
    }

    LogUpkeep upkeep() {
        return requireNonNull(upkeep, "the log is not open");
    }

    FollowerReads reads() {
        return requireNonNull(reads, "the log is not open");
    }

    /** Answers a consumer, now or when the log is free. @throws IOException as {@link FollowerReads#read} does */
    void read(Partition.Read read, long nowMs) throws IOException {
        if (reads == null) {
            FollowerReads.refuse(read);
        } else {
            reads.read(read, busy != null, nowMs);
        }
    }

    /** Answers what this replica holds. */
    void describe(Partition.DescribeLog describe) {
        if (reads == null) {
            FollowerReads.refuse(describe);
        } else {
            reads.describe(describe, busy != null);
        }
    }

    /** Looks after the consumers that wait, and after the log where {@code retention} is due. */
    void maintain(boolean retention, long nowMs) throws IOException {
        reads().expireWatches(nowMs);
        if (retention && upkeep().retain(settings, nowMs, replica().highWatermark())) {
            state().onRetained(log().logStartOffset());
            reads().onLogStart();
        }
    }

    /** Null when there is nothing to compact, or it is being done. */
    @Nullable CompactionRun compact(long nowMs) throws IOException {
        long highWatermark = replica().highWatermark();
        long unstable = log().producerState().firstUnstableOffset(highWatermark);
        return upkeep().compact(settings, unstable < 0 ? highWatermark : Math.min(unstable, highWatermark), nowMs);
    }

    /** Whether there is something to force and nothing that does. */
    boolean isFlushDue() {
        return !replica().flushing() && log().recoveryPoint() < log().logEndOffset();
    }

    /** Whether a position may go to the link. */
    boolean isReady() {
        return isUsable() && state().fetching();
    }

    Position position() {
        FollowerState now = state();
        return new Position(
                id, now.leaderEpoch(), now.logEndOffset(), now.lastEpoch(), now.logStartOffset(), now.highWatermark());
    }

    /** Records appended since a flush was last asked for. */
    long unflushed() {
        return log().logEndOffset() - flushAskedUpTo;
    }

    void flushAsked() {
        flushAskedUpTo = log().logEndOffset();
    }

    void truncated() {
        flushAskedUpTo = Math.min(flushAskedUpTo, log().logEndOffset());
    }

    /** The log goes back, once nothing that was begun here touches it, or is not wanted any more. */
    void giveBack() {
        if (claim != null) {
            claim.abandon();
            claim = null;
        }
        if (replica != null) {
            reads().end();
            replica.giveBack(quiet());
            forget();
        }
    }

    /** The log is of no use as it is. */
    void discard() {
        if (replica != null) {
            reads().end();
            replica.discard(quiet());
            forget();
        }
    }

    /** As {@link #giveBack}, but the log is opened again through recovery. */
    void fail() {
        discard();
        giveBack();
    }

    private CompletableFuture<Void> quiet() {
        CompletableFuture<Void> work = busy == null ? CompletableFuture.completedFuture(null) : busy;
        return CompletableFuture.allOf(upkeep().cancel(), work);
    }

    private void forget() {
        replica = null;
        state = null;
        upkeep = null;
        reads = null;
        busy = null;
    }

    /** How long to wait before the log is opened again; longer each time until it is open. */
    Duration nextReopen() {
        Duration now = reopenAfter;
        Duration doubled = now.multipliedBy(2);
        reopenAfter = doubled.compareTo(LAST_REOPEN) < 0 ? doubled : LAST_REOPEN;
        return now;
    }
}
