package dev.sampo.partition.leader;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.AbortedTransaction;
import dev.sampo.actors.protocol.Partition.DataArrived;
import dev.sampo.actors.protocol.Partition.DeleteRecordsReply;
import dev.sampo.actors.protocol.Partition.DescribeLogReply;
import dev.sampo.actors.protocol.Partition.DescribeProducersReply;
import dev.sampo.actors.protocol.Partition.EpochEndOffsetReply;
import dev.sampo.actors.protocol.Partition.ListOffsetReply;
import dev.sampo.actors.protocol.Partition.ProducerDescription;
import dev.sampo.actors.protocol.Partition.ReadReply;
import dev.sampo.partition.fetch.WaitingFetches;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.log.FileSlice;
import dev.sampo.persistence.log.LogRead;
import dev.sampo.persistence.log.OffsetAndTimestamp;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** Everything that reads the log of a served partition, and the readers that wait. Belongs to one actor. */
final class ReadPath {
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;
    private static final long MAX_TIMESTAMP = -3;
    private static final long EARLIEST_LOCAL = -4;
    private static final long LATEST_TIERED = -5;
    private static final long EARLIEST_PENDING_UPLOAD = -6;
    /** A fetch waits five minutes at most by any client's default; a watch that is older belongs to nobody. */
    private static final long FORGET_WATCH_AFTER_MS = 600_000;

    private final PartitionLog log;
    private final WaitingFetches<ActorRef<? super Partition.Reply>> waiting = new WaitingFetches<>();
    private final LeaderState<?> state;
    private final LeaderLease lease;

    ReadPath(PartitionLog log, LeaderState<?> state, LeaderLease lease) {
        this.log = log;
        this.state = state;
        this.lease = lease;
    }

    void read(Partition.Read read, long nowMs) throws IOException {
        KafkaError epochError = state.checkEpoch(read.currentLeaderEpoch());
        if (epochError != KafkaError.NONE) {
            Refusals.refuse(read, epochError);
            return;
        }
        long fetchOffset = read.fetchOffset();
        if (read.lastFetchedEpoch() >= 0) {
            LeaderEpochFile.EndOffset end = log.epochs().endOffset(read.lastFetchedEpoch(), log.logEndOffset());
            if (end.epoch() < 0) {
                Refusals.refuse(read, KafkaError.OFFSET_OUT_OF_RANGE);
                return;
            }
            if (end.epoch() < read.lastFetchedEpoch() || end.endOffset() < fetchOffset) {
                answer(read, null, List.of(), end.epoch(), end.endOffset());
                return;
            }
        }
        if (fetchOffset < log.logStartOffset() || fetchOffset > log.logEndOffset()) {
            Refusals.refuse(read, KafkaError.OFFSET_OUT_OF_RANGE);
            return;
        }
        long upperBound = read.readCommitted() ? lastStableOffset() : state.highWatermark();
        LogRead found = fetchOffset < upperBound && (read.maxBytes() > 0 || read.atLeastOneBatch())
                ? log.read(fetchOffset, read.maxBytes(), upperBound, read.atLeastOneBatch())
                : null;
        FileSlice records = found == null ? null : found.slice();
        if (!lease.holds()) { // asked after the read: the process may have been stopped in the middle of it
            if (records != null) {
                records.release();
            }
            Refusals.refuse(read, KafkaError.NOT_LEADER_OR_FOLLOWER);
            return;
        }
        if (records == null && read.watch() && fetchOffset >= upperBound) {
            waiting.watch(
                    read.replyTo(), new WaitingFetches.Watch(read.requestId(), read.index(), fetchOffset, nowMs));
        }
        answer(read, records, found == null ? List.of() : aborted(read, found.endOffset()), -1, -1);
    }

    private List<AbortedTransaction> aborted(Partition.Read read, long endOffset) throws IOException {
        return !read.readCommitted()
                ? List.of()
                : log.abortedTransactions(read.fetchOffset(), endOffset).stream()
                        .map(entry -> new AbortedTransaction(entry.producerId(), entry.firstOffset()))
                        .toList();
    }

    private void answer(
            Partition.Read read, @Nullable FileSlice records, List<AbortedTransaction> aborted, int divergingEpoch,
            long divergingEnd) {
        read.replyTo().tell(new ReadReply(
                read.requestId(), read.index(), KafkaError.NONE, state.highWatermark(), lastStableOffset(),
                log.logStartOffset(), records, read.readCommitted() ? aborted : null, divergingEpoch,
                divergingEnd));
    }

    long lastStableOffset() {
        long unstable = log.producerState().firstUnstableOffset(state.highWatermark());
        return unstable < 0 ? state.highWatermark() : Math.min(unstable, state.highWatermark());
    }

    void listOffset(Partition.ListOffset list) throws IOException {
        KafkaError epochError = state.checkEpoch(list.currentLeaderEpoch());
        if (epochError != KafkaError.NONE || !lease.holds()) {
            Refusals.refuse(list, epochError != KafkaError.NONE ? epochError : KafkaError.NOT_LEADER_OR_FOLLOWER);
            return;
        }
        long upperBound = list.readCommitted() ? lastStableOffset() : state.highWatermark();
        if (list.timestamp() == LATEST) {
            if (state.knowsEndOffset()) {
                found(list, -1, upperBound, state.leaderEpoch());
            } else {
                Refusals.refuse(list, KafkaError.OFFSET_NOT_AVAILABLE);
            }
        } else if (list.timestamp() == EARLIEST || list.timestamp() == EARLIEST_LOCAL) {
            found(list, -1, log.logStartOffset(), log.epochs().epochOf(log.logStartOffset()));
        } else if (list.timestamp() == MAX_TIMESTAMP) {
            found(list, log.maxTimestamp(upperBound));
        } else if (list.timestamp() == LATEST_TIERED || list.timestamp() == EARLIEST_PENDING_UPLOAD) {
            found(list, -1, -1, -1);
        } else if (list.timestamp() < 0) {
            Refusals.refuse(list, KafkaError.UNSUPPORTED_VERSION);
        } else {
            found(list, log.offsetForTimestamp(list.timestamp(), upperBound));
        }
    }

    /** None below the high watermark says little while that may be below the one of the leader before. */
    private void found(Partition.ListOffset list, OffsetAndTimestamp position) {
        if (position.offset() < 0 && !state.knowsEndOffset()) {
            Refusals.refuse(list, KafkaError.OFFSET_NOT_AVAILABLE);
        } else {
            found(list, position.timestamp(), position.offset(), position.leaderEpoch());
        }
    }

    private static void found(Partition.ListOffset list, long timestamp, long offset, int leaderEpoch) {
        list.replyTo().tell(new ListOffsetReply(
                list.requestId(), list.index(), KafkaError.NONE, timestamp, offset, leaderEpoch));
    }

    void epochEndOffset(Partition.EpochEndOffset request) {
        KafkaError epochError = state.checkEpoch(request.currentLeaderEpoch());
        if (epochError != KafkaError.NONE) {
            Refusals.refuse(request, epochError);
            return;
        }
        LeaderEpochFile.EndOffset end = log.epochs().endOffset(request.leaderEpoch(), log.logEndOffset());
        request.replyTo().tell(new EpochEndOffsetReply(
                request.requestId(), request.index(), KafkaError.NONE, end.epoch(), end.endOffset()));
    }

    /** True when the log starts later now. */
    boolean deleteRecords(Partition.DeleteRecords delete, TopicSettings settings) throws IOException {
        boolean moved = false;
        long before = delete.beforeOffset() == LATEST ? state.highWatermark() : delete.beforeOffset();
        if (!settings.cleanupDelete()) {
            Refusals.refuse(delete, KafkaError.POLICY_VIOLATION);
        } else if (!lease.holds()) {
            Refusals.refuse(delete, KafkaError.NOT_LEADER_OR_FOLLOWER);
        } else if (before < 0 || before > state.highWatermark()) {
            Refusals.refuse(delete, KafkaError.OFFSET_OUT_OF_RANGE);
        } else {
            moved = before > log.logStartOffset();
            if (moved) {
                log.deleteRecordsBefore(before);
                onChanged();
            }
            delete.replyTo().tell(new DeleteRecordsReply(
                    delete.requestId(), delete.index(), KafkaError.NONE, log.logStartOffset()));
        }
        return moved;
    }

    void describeProducers(Partition.DescribeProducers describe) {
        List<ProducerDescription> producers = log.producerState().all().stream()
                .sorted(Comparator.comparingLong(producer -> producer.producerId()))
                .map(producer -> new ProducerDescription(
                        producer.producerId(), producer.epoch(), producer.lastSequence(), producer.lastTimestamp(),
                        producer.coordinatorEpoch(), producer.currentTransactionFirstOffset()))
                .toList();
        describe.replyTo().tell(new DescribeProducersReply(
                describe.requestId(), describe.index(), KafkaError.NONE, producers));
    }

    void describeLog(Partition.DescribeLog describe) {
        describe.replyTo().tell(new DescribeLogReply(
                describe.requestId(), describe.index(), KafkaError.NONE, log.sizeBytes(), log.logStartOffset(),
                log.logEndOffset(), state.highWatermark()));
    }

    void onHighWatermark(long highWatermark) {
        waiting.onReadable(highWatermark, ReadPath::tell);
    }

    /** Leadership, log start or the end of service: whoever waits reads again. */
    void onChanged() {
        waiting.onChanged(ReadPath::tell);
    }

    void expireWatches(long nowMs) {
        waiting.expire(nowMs - FORGET_WATCH_AFTER_MS);
    }

    private static void tell(ActorRef<? super Partition.Reply> reader, WaitingFetches.Watch watch) {
        reader.tell(new DataArrived(watch.requestId(), watch.index()));
    }
}
