package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.actors.protocol.Partition.Replicas;
import dev.sampo.partition.fetch.ClientEpoch;
import dev.sampo.partition.leader.LeaderEffect.Answer;
import dev.sampo.partition.leader.LeaderEffect.Flush;
import dev.sampo.partition.leader.LeaderEffect.HighWatermarkAdvanced;
import dev.sampo.partition.leader.LeaderEffect.ReportCaughtUp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The leader's view of one partition in one leader epoch: how far its log is written and forced, how far each follower
 * has come, and which producers wait. Pure: equal calls in equal order give equal effects. A new leader epoch is a new
 * object. Times are milliseconds of a clock that never goes back.
 *
 * <p>Two sets of followers count. The <em>effective</em> ISR is that of the metadata image: it is compared with {@code
 * min.insync.replicas}, and it never shrinks before the image does. The <em>maximal</em> ISR adds those that are proposed
 * to the controller: the high watermark waits for all of it, so that whoever is elected next holds what is committed.
 *
 * <p>While the effective ISR is smaller than {@code min.insync.replicas} the high watermark stands still: whoever left it
 * last then still holds all that is committed and may be elected (KIP-966).
 *
 * <p>A write that brings the number of unforced records to {@code flush.messages} is a barrier: neither it nor
 * anything after it is acknowledged or shown to readers before the log was forced up to it. At most one flush runs; the
 * next one covers all that was written meanwhile.
 *
 * <p>Invariant: {@code highWatermark <= log end offset of every member of the maximal ISR <= logEndOffset} at each time it
 * moves, and it never falls.
 *
 * @param <R> the shell's way back to whoever waits
 */
public final class LeaderState<R> {
    private static final long UNKNOWN = -1;

    /**
     * Somebody who waits for an acknowledgement.
     *
     * @param baseOffset what the answer says
     * @param requiredOffset what has to be acknowledged, exclusive
     */
    public record Waiting<R>(R waiter, long baseOffset, long requiredOffset) {}

    /** Another broker that copies this partition, or should. */
    private static final class Follower {
        final int brokerId;
        boolean inSync; // in the effective ISR
        boolean proposed;
        boolean reported; // caught up, and the sentinel knows
        long incarnation = -1;
        long logEndOffset = UNKNOWN;
        long logStartOffset = UNKNOWN;
        long lastCaughtUpMs;
        long lastFetchMs;
        long lastFetchLeaderEnd = Long.MAX_VALUE;

        Follower(int brokerId, long nowMs) {
            this.brokerId = brokerId;
            lastCaughtUpMs = nowMs;
        }

        boolean inMaximal() {
            return inSync || proposed;
        }
    }

    private static final Comparator<Follower> NEAREST_TO_THE_END = Comparator
            .<Follower>comparingLong(follower -> follower.logEndOffset)
            .thenComparingLong(follower -> follower.lastCaughtUpMs)
            .thenComparingInt(follower -> follower.brokerId);

    private final int leaderEpoch;
    private final int brokerId;
    private final long epochStartOffset;
    private final ArrayDeque<Waiting<R>> waitingForLeader = new ArrayDeque<>();
    private final ArrayDeque<Waiting<R>> waitingForAll = new ArrayDeque<>();
    private Follower[] followers = new Follower[0];
    private Replicas replicas;
    private @Nullable Proposal proposal;
    private int minInSyncReplicas;
    private long flushMessages;
    private long logEndOffset;
    private long highWatermark;
    private long unflushedRecords;
    private long flushBarrier = -1; // nothing at or above the flushed offset is shown before this offset is forced
    private long flushedOffset;
    private boolean flushing;

    /**
     * Begins an epoch, or goes on in one whose log had to be opened again.
     *
     * @param brokerId the leader
     * @param proposal is under way, null for nothing
     * @param epochStartOffset where the log ended when this epoch began
     * @param logEndOffset of the open log
     * @param flushedOffset up to where that is forced; what was copied as a follower may not be
     * @param highWatermark as this replica knows it
     */
    public LeaderState(
            int leaderEpoch, int brokerId, int minInSyncReplicas, long flushMessages, Replicas replicas,
            @Nullable Proposal proposal, long epochStartOffset, long logEndOffset, long flushedOffset, long highWatermark,
            long nowMs) {
        if (highWatermark > logEndOffset || epochStartOffset > logEndOffset) {
            throw new IllegalArgumentException("high watermark " + highWatermark + ", epoch start offset "
                    + epochStartOffset + ", but log end offset " + logEndOffset);
        }
        this.leaderEpoch = leaderEpoch;
        this.brokerId = brokerId;
        this.minInSyncReplicas = minInSyncReplicas;
        this.flushMessages = flushMessages;
        this.epochStartOffset = epochStartOffset;
        this.logEndOffset = logEndOffset;
        this.flushedOffset = flushedOffset;
        this.unflushedRecords = logEndOffset - flushedOffset;
        if (unflushedRecords >= flushMessages) {
            flushBarrier = logEndOffset;
        }
        this.highWatermark = highWatermark;
        this.replicas = replicas;
        this.proposal = proposal == null || proposal.partitionEpoch() < replicas.partitionEpoch() ? null : proposal;
        track(nowMs);
        for (Follower follower : followers) {
            if (follower.inSync) {
                follower.logEndOffset = highWatermark; // it has at least what is committed
            }
        }
        advance(new ArrayList<>(1));
    }

    /** Whether records wait for a flush that was not asked for yet; {@link #onWritten} does, also when nothing was written. */
    public boolean flushDue() {
        return flushBarrier > flushedOffset && !flushing;
    }

    /** The topic's configuration changed. */
    public List<LeaderEffect<R>> reconfigure(int newMinInSyncReplicas, long newFlushMessages) {
        minInSyncReplicas = newMinInSyncReplicas;
        flushMessages = newFlushMessages;
        return changed();
    }

    /**
     * The image shows other replicas or another ISR. What was proposed at an older partition epoch is settled by it.
     */
    public List<LeaderEffect<R>> onReplicas(Replicas next, long nowMs) {
        if (next.partitionEpoch() < replicas.partitionEpoch()) {
            throw new IllegalStateException("replicas of partition epoch " + next.partitionEpoch() + " after those of "
                    + replicas.partitionEpoch());
        }
        replicas = next;
        if (proposal != null && proposal.partitionEpoch() < next.partitionEpoch()) {
            proposal = null;
        }
        track(nowMs);
        return changed();
    }

    /**
     * Waits for these brokers from now on, if all of them have everything that is committed.
     *
     * @return those that lag, empty when the high watermark now waits for all. Each is reported again when it has caught up
     */
    public List<Integer> propose(Proposal wanted) {
        if (wanted.partitionEpoch() < replicas.partitionEpoch()) {
            return wanted.members().stream().map(Member::brokerId).toList(); // settled already
        }
        var lagging = new ArrayList<Integer>(0);
        for (Member member : wanted.members()) {
            Follower follower = find(member.brokerId());
            if (follower == null || follower.incarnation != member.incarnation() || !isCaughtUp(follower)) {
                lagging.add(member.brokerId());
                if (follower != null) {
                    follower.reported = false;
                }
            }
        }
        if (lagging.isEmpty()) {
            proposal = wanted;
            markProposed();
        }
        return lagging;
    }

    /** The proposal made at this partition epoch will never be in force. */
    public List<LeaderEffect<R>> cancel(int partitionEpoch) {
        if (proposal != null && proposal.partitionEpoch() <= partitionEpoch) {
            proposal = null;
            markProposed();
        }
        return changed();
    }

    /** May a produce request be written now: NONE, or the error it is answered with. */
    public KafkaError admit(Acks acks) {
        return acks != Acks.ALL || enoughInSync() ? KafkaError.NONE : KafkaError.NOT_ENOUGH_REPLICAS;
    }

    /**
     * One append belongs to the write that is being made (or, for a duplicate, to an older one): it is answered once
     * {@code endOffset} is acknowledged by {@code acks}. Call before {@link #onWritten}, in offset order of the writes.
     */
    public void await(R waiter, Acks acks, long baseOffset, long endOffset) {
        (acks == Acks.ALL ? waitingForAll : waitingForLeader).add(new Waiting<>(waiter, baseOffset, endOffset));
    }

    /** The log is written up to {@code newLogEndOffset}; {@code records} were added. */
    public List<LeaderEffect<R>> onWritten(long newLogEndOffset, long records, long nowMs) {
        if (newLogEndOffset < logEndOffset) {
            throw new IllegalStateException(
                    "log end offset went back from " + logEndOffset + " to " + newLogEndOffset);
        }
        for (Follower follower : followers) {
            if (follower.logEndOffset == logEndOffset) {
                follower.lastCaughtUpMs = nowMs; // until this write nothing was missing
            }
        }
        logEndOffset = newLogEndOffset;
        unflushedRecords += records;
        var effects = new ArrayList<LeaderEffect<R>>(2);
        if (unflushedRecords >= flushMessages) {
            flushBarrier = newLogEndOffset;
            startFlush(effects);
        }
        advance(effects);
        return effects;
    }

    /** The log is forced up to {@code offset}. */
    public List<LeaderEffect<R>> onFlushed(long offset) {
        flushing = false;
        flushedOffset = Math.max(flushedOffset, offset);
        var effects = new ArrayList<LeaderEffect<R>>(2);
        if (flushBarrier > flushedOffset) {
            startFlush(effects);
        }
        advance(effects);
        return effects;
    }

    /**
     * Whether this process may copy the partition: NONE, NOT_LEADER_OR_FOLLOWER when its broker is no replica (in the image
     * that this leader knows), STALE_BROKER_EPOCH when a newer process of its broker was here.
     */
    public KafkaError checkFollower(int followerId, long incarnation) {
        Follower follower = find(followerId);
        if (follower == null) {
            return KafkaError.NOT_LEADER_OR_FOLLOWER;
        }
        return incarnation < follower.incarnation ? KafkaError.STALE_BROKER_EPOCH : KafkaError.NONE;
    }

    /**
     * A follower, one that {@link #checkFollower} takes, asked for {@code fetchOffset}: it has everything before it. Its
     * epoch, and that its log does not diverge, were checked before (KIP-320).
     */
    public List<LeaderEffect<R>> onFollowerFetch(int followerId, long incarnation, long fetchOffset, long nowMs) {
        Follower follower = find(followerId);
        if (follower == null || incarnation < follower.incarnation) {
            return List.of();
        }
        if (fetchOffset > logEndOffset) {
            throw new IllegalStateException(
                    "broker " + followerId + " fetched " + fetchOffset + ", log end offset " + logEndOffset);
        }
        if (incarnation > follower.incarnation) {
            follower.incarnation = incarnation;
            follower.reported = false;
            follower.lastFetchLeaderEnd = Long.MAX_VALUE;
        }
        if (fetchOffset >= logEndOffset) {
            follower.lastCaughtUpMs = nowMs;
        } else if (fetchOffset >= follower.lastFetchLeaderEnd) {
            follower.lastCaughtUpMs = Math.max(follower.lastCaughtUpMs, follower.lastFetchMs);
        }
        follower.lastFetchMs = nowMs;
        follower.lastFetchLeaderEnd = logEndOffset;
        long before = follower.logEndOffset;
        follower.logEndOffset = fetchOffset;
        var effects = new ArrayList<LeaderEffect<R>>(2);
        if (before != fetchOffset && follower.inMaximal()) {
            advance(effects);
        }
        if (!follower.reported && !follower.inMaximal() && isCaughtUp(follower)) {
            follower.reported = true;
            effects.add(new ReportCaughtUp<>(new Member(followerId, incarnation)));
        }
        return effects;
    }

    /** A follower, one that {@link #checkFollower} takes, has said where its log starts; -1 when it does not say. */
    public void onFollowerLogStart(int followerId, long logStartOffset) {
        Follower follower = find(followerId);
        if (follower != null) {
            follower.logStartOffset = logStartOffset;
        }
    }

    /**
     * The follower that serves a consumer instead of this leader: one that is in sync and whose log holds {@code fetchOffset},
     * or ends there; of several the one that has most, then the one that had everything last, then the one with the highest
     * id. As long as a follower has not fetched in this epoch, where its log starts is not known and it is none.
     *
     * @param nearby brokers that are nearer to the consumer than this one, and that it can reach
     * @return its id, -1 when there is none
     * @see "KIP-392"
     */
    public int preferredReadReplica(int[] nearby, long fetchOffset) {
        Follower best = null;
        for (int id : nearby) {
            Follower follower = find(id);
            if (follower != null && follower.inSync && follower.logEndOffset >= fetchOffset
                    && follower.logStartOffset >= 0 && follower.logStartOffset <= fetchOffset
                    && (best == null || NEAREST_TO_THE_END.compare(follower, best) > 0)) {
                best = follower;
            }
        }
        return best == null ? -1 : best.brokerId;
    }

    /** Members of the effective ISR that have not had everything for longer than {@code maxLagMs}. */
    public List<Integer> behind(long nowMs, long maxLagMs) {
        var behind = new ArrayList<Integer>(0);
        for (Follower follower : followers) {
            if (follower.inSync && follower.logEndOffset < logEndOffset
                    && nowMs - follower.lastCaughtUpMs > maxLagMs) {
                behind.add(follower.brokerId);
            }
        }
        return behind;
    }

    /** Takes away all who wait, for a leader that goes on in this epoch: there {@link #await} takes them, in this order. */
    public List<Waiting<R>> takeWaiting() {
        var taken = new ArrayList<Waiting<R>>(waitingForLeader.size() + waitingForAll.size());
        taken.addAll(waitingForLeader);
        taken.addAll(waitingForAll);
        waitingForLeader.clear();
        waitingForAll.clear();
        return taken;
    }

    /** Stepping down, failing or stopping: everyone who still waits hears {@code error}. */
    public List<LeaderEffect<R>> onStopped(KafkaError error) {
        var effects = new ArrayList<LeaderEffect<R>>(waitingForLeader.size() + waitingForAll.size());
        failAll(waitingForLeader, error, effects);
        failAll(waitingForAll, error, effects);
        return effects;
    }

    /**
     * What a client's idea of the leader epoch is worth (KIP-320).
     *
     * @param currentLeaderEpoch the client's, -1 for no check
     */
    public KafkaError checkEpoch(int currentLeaderEpoch) {
        return ClientEpoch.check(currentLeaderEpoch, leaderEpoch);
    }

    public int leaderEpoch() {
        return leaderEpoch;
    }

    public long logEndOffset() {
        return logEndOffset;
    }

    public long highWatermark() {
        return highWatermark;
    }

    /**
     * False as long as the high watermark may be below one that a client has seen of the leader before: where the log ends
     * for clients is then not known (KIP-207).
     */
    public boolean knowsEndOffset() {
        return highWatermark >= epochStartOffset;
    }

    /** Who copies the partition, as told last. */
    public Replicas replicas() {
        return replicas;
    }

    /** What the high watermark waits for besides the ISR, null for nothing. */
    public @Nullable Proposal proposal() {
        return proposal;
    }

    /** How far a broker has come, -1 when that is not known; the leader itself has everything. */
    public long logEndOffsetOf(int replicaId) {
        if (replicaId == brokerId) {
            return logEndOffset;
        }
        Follower follower = find(replicaId);
        return follower == null ? UNKNOWN : follower.logEndOffset;
    }

    private void track(long nowMs) {
        var tracked = new ArrayList<Follower>(replicas.replicas().size());
        for (int id : replicas.replicas()) {
            trackOne(id, tracked, nowMs);
        }
        for (int id : replicas.joining()) {
            trackOne(id, tracked, nowMs);
        }
        followers = tracked.toArray(Follower[]::new);
        markProposed();
    }

    private void trackOne(int id, List<Follower> tracked, long nowMs) {
        if (id == brokerId || tracked.stream().anyMatch(follower -> follower.brokerId == id)) {
            return;
        }
        Follower known = find(id);
        Follower follower = known == null ? new Follower(id, nowMs) : known;
        boolean inSync = replicas.inSync().contains(id);
        if (inSync != follower.inSync) {
            follower.inSync = inSync;
            follower.reported = false;
            follower.lastCaughtUpMs = nowMs; // it has had all that is committed until now
        }
        tracked.add(follower);
    }

    private void markProposed() {
        for (Follower follower : followers) {
            follower.proposed = false;
        }
        if (proposal != null) {
            for (Member member : proposal.members()) {
                Follower follower = find(member.brokerId());
                if (follower != null) {
                    follower.proposed = true;
                }
            }
        }
    }

    private @Nullable Follower find(int id) {
        for (Follower follower : followers) {
            if (follower.brokerId == id) {
                return follower;
            }
        }
        return null;
    }

    private boolean isCaughtUp(Follower follower) {
        return follower.logEndOffset >= highWatermark && follower.logEndOffset >= epochStartOffset;
    }

    private boolean enoughInSync() {
        return replicas.inSync().size() >= minInSyncReplicas;
    }

    /** Something else than an offset changed. */
    private List<LeaderEffect<R>> changed() {
        var effects = new ArrayList<LeaderEffect<R>>(2);
        advance(effects);
        if (!enoughInSync()) {
            failAll(waitingForAll, KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND, effects);
        }
        for (Follower follower : followers) {
            if (!follower.reported && !follower.inMaximal() && follower.incarnation >= 0 && isCaughtUp(follower)) {
                follower.reported = true;
                effects.add(new ReportCaughtUp<>(new Member(follower.brokerId, follower.incarnation)));
            }
        }
        return effects;
    }

    private void failAll(ArrayDeque<Waiting<R>> waiting, KafkaError error, List<LeaderEffect<R>> effects) {
        for (Waiting<R> entry : waiting) {
            effects.add(new Answer<>(entry.waiter(), error, -1));
        }
        waiting.clear();
    }

    private void startFlush(List<LeaderEffect<R>> effects) {
        if (!flushing) {
            flushing = true;
            unflushedRecords = 0;
            effects.add(new Flush<>());
        }
    }

    /** End of what this replica may acknowledge: everything written, or up to the last flush while a barrier is open. */
    private long ownEndOffset() {
        return flushBarrier > flushedOffset ? flushedOffset : logEndOffset;
    }

    private void advance(List<LeaderEffect<R>> effects) {
        long ownEnd = ownEndOffset();
        if (enoughInSync()) {
            long slowest = ownEnd;
            for (Follower follower : followers) {
                if (follower.inMaximal()) {
                    slowest = Math.min(slowest, follower.logEndOffset);
                }
            }
            if (slowest > highWatermark) {
                highWatermark = slowest;
                effects.add(new HighWatermarkAdvanced<>(slowest));
            }
        }
        answer(waitingForLeader, Math.max(ownEnd, highWatermark), effects);
        if (enoughInSync()) {
            answer(waitingForAll, highWatermark, effects);
        }
    }

    /** The first that has to wait holds up those behind it, which end later (a duplicate: which was first answered later). */
    private void answer(ArrayDeque<Waiting<R>> waiting, long acknowledged, List<LeaderEffect<R>> effects) {
        for (Waiting<R> entry = waiting.peek();
                entry != null && entry.requiredOffset() <= acknowledged;
                entry = waiting.peek()) {
            effects.add(new Answer<>(entry.waiter(), KafkaError.NONE, entry.baseOffset()));
            waiting.remove();
        }
    }
}
