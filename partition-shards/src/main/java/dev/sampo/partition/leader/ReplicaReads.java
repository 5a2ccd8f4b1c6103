package dev.sampo.partition.leader;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DataArrived;
import dev.sampo.actors.protocol.Partition.HighWatermarkMoved;
import dev.sampo.actors.protocol.Partition.ReplicaRead;
import dev.sampo.actors.protocol.Partition.ReplicaReadReply;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.log.FileSlice;
import dev.sampo.persistence.log.LogRead;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What followers read, and those of them that wait at the end of the log: at most one read each, which is answered with
 * the records themselves as soon as they are written. Belongs to one {@link ServingPartition}.
 */
final class ReplicaReads {
    /** A follower that waits, and the high watermark that it was told last. */
    private static final class Waiting {
        final ReplicaRead read;
        long toldHighWatermark;

        Waiting(ReplicaRead read, long toldHighWatermark) {
            this.read = read;
            this.toldHighWatermark = toldHighWatermark;
        }
    }

    private final PartitionLog log;
    private final LeaderState<?> state;
    private final List<Waiting> waiting = new ArrayList<>(2);

    ReplicaReads(PartitionLog log, LeaderState<?> state) {
        this.log = log;
        this.state = state;
    }

    /**
     * Whether the read shows how far its follower has come. Otherwise it has been answered: refused, or told where the logs
     * diverge. If true, {@link LeaderState#onFollowerFetch} comes next, then {@link #answer}.
     */
    boolean check(ReplicaRead read) {
        forget(read.brokerId());
        KafkaError error = state.checkFollower(read.brokerId(), read.incarnation());
        if (error == KafkaError.NONE) {
            error = read.currentLeaderEpoch() < 0
                    ? KafkaError.UNKNOWN_LEADER_EPOCH
                    : state.checkEpoch(read.currentLeaderEpoch());
        }
        if (error != KafkaError.NONE) {
            Refusals.refuse(read, error);
            return false;
        }
        if (read.lastFetchedEpoch() >= 0) {
            LeaderEpochFile.EndOffset end = log.epochs().endOffset(read.lastFetchedEpoch(), log.logEndOffset());
            if (end.epoch() < 0) {
                refuseRange(read);
                return false;
            }
            if (end.epoch() < read.lastFetchedEpoch() || end.endOffset() < read.fetchOffset()) {
                reply(read, null, end.epoch(), end.endOffset());
                return false;
            }
        }
        if (read.fetchOffset() < log.logStartOffset() || read.fetchOffset() > log.logEndOffset()) {
            refuseRange(read);
            return false;
        }
        return true;
    }

    /** Answers with what is there up to the end of the log, and waits if nothing is. */
    void answer(ReplicaRead read) throws IOException {
        FileSlice records = records(read);
        if (records == null && read.watch() && read.fetchOffset() >= log.logEndOffset()) {
            waiting.add(new Waiting(read, state.highWatermark()));
        }
        reply(read, records, -1, -1);
    }

    /** Records were written: whoever waits gets them. */
    void onWritten() throws IOException {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            ReplicaRead read = waiting.get(i).read;
            if (read.fetchOffset() < log.logEndOffset()) {
                waiting.remove(i);
                reply(read, records(read), -1, -1);
            }
        }
    }

    /** The high watermark moved: whoever waits hears of it. */
    void onHighWatermark(long highWatermark) {
        for (Waiting follower : waiting) {
            if (follower.toldHighWatermark < highWatermark && follower.read.fetchOffset() >= log.logEndOffset()) {
                follower.toldHighWatermark = highWatermark;
                ReplicaRead read = follower.read;
                read.replyTo().tell(new HighWatermarkMoved(read.requestId(), read.index(), highWatermark));
            }
        }
    }

    /** There are other replicas: a broker that is none any more reads again, and hears so. */
    void onReplicas() {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            ReplicaRead read = waiting.get(i).read;
            if (state.checkFollower(read.brokerId(), read.incarnation()) != KafkaError.NONE) {
                waiting.remove(i);
                read.replyTo().tell(new DataArrived(read.requestId(), read.index()));
            }
        }
    }

    /** Leadership, log start or the end of service: whoever waits reads again. */
    void onChanged() {
        for (Waiting follower : waiting) {
            ReplicaRead read = follower.read;
            read.replyTo().tell(new DataArrived(read.requestId(), read.index()));
        }
        waiting.clear();
    }

    private void forget(int brokerId) {
        waiting.removeIf(follower -> follower.read.brokerId() == brokerId);
    }

    private @Nullable FileSlice records(ReplicaRead read) throws IOException {
        if (read.maxBytes() <= 0 && !read.atLeastOneBatch()) {
            return null;
        }
        LogRead found = log.read(read.fetchOffset(), read.maxBytes(), log.logEndOffset(), read.atLeastOneBatch());
        return found == null ? null : found.slice();
    }

    private void reply(ReplicaRead read, @Nullable FileSlice records, int divergingEpoch, long divergingEnd) {
        read.replyTo().tell(new ReplicaReadReply(
                read.requestId(), read.index(), KafkaError.NONE, read.fetchOffset(), state.highWatermark(),
                log.logStartOffset(), log.logEndOffset(), records, divergingEpoch, divergingEnd));
    }

    /** Where the log starts and ends goes with it: the replica finds its place by that. */
    private void refuseRange(ReplicaRead read) {
        read.replyTo().tell(new ReplicaReadReply(
                read.requestId(), read.index(), KafkaError.OFFSET_OUT_OF_RANGE, read.fetchOffset(), state.highWatermark(),
                log.logStartOffset(), log.logEndOffset(), null, -1, -1));
    }
}
