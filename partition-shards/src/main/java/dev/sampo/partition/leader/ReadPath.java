package dev.sampo.partition.leader;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DeleteRecordsReply;
import dev.sampo.actors.protocol.Partition.DescribeLogReply;
import dev.sampo.actors.protocol.Partition.DescribeProducersReply;
import dev.sampo.actors.protocol.Partition.EpochEndOffsetReply;
import dev.sampo.actors.protocol.Partition.ListOffsetReply;
import dev.sampo.actors.protocol.Partition.ProducerDescription;
import dev.sampo.actors.protocol.Partition.ReadElsewhereReply;
import dev.sampo.partition.fetch.ConsumerReads;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.log.OffsetAndTimestamp;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/** Everything that reads the log of a served partition, and the readers that wait. Belongs to one actor. */
final class ReadPath implements ConsumerReads.View {
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;
    private static final long MAX_TIMESTAMP = -3;
    private static final long EARLIEST_LOCAL = -4;
    private static final long LATEST_TIERED = -5;
    private static final long EARLIEST_PENDING_UPLOAD = -6;

    private final PartitionLog log;
    private final ConsumerReads reads;
    private final LeaderState<?> state;
    private final LeaderLease lease;

    ReadPath(PartitionLog log, LeaderState<?> state, LeaderLease lease) {
        this.log = log;
        this.state = state;
        this.lease = lease;
        this.reads = new ConsumerReads(log, this);
    }

    void read(Partition.Read read, long nowMs) throws IOException {
        if (read.nearby() == null || !readElsewhere(read, read.nearby())) {
            reads.read(read, nowMs);
        }
    }

    /** Sends the reader to a follower that is nearer; false when none can serve it. */
    private boolean readElsewhere(Partition.Read read, int[] nearby) {
        if (state.checkEpoch(read.currentLeaderEpoch()) != KafkaError.NONE || !lease.holds()) {
            return false;
        }
        int replica = state.preferredReadReplica(nearby, read.fetchOffset());
        if (replica < 0) {
            return false;
        }
        read.replyTo().tell(new ReadElsewhereReply(
                read.requestId(), read.index(), replica, state.highWatermark(), lastStableOffset(),
                log.logStartOffset()));
        return true;
    }

    long lastStableOffset() {
        return reads.lastStableOffset();
    }

    @Override
    public int leaderEpoch() {
        return state.leaderEpoch();
    }

    @Override
    public long highWatermark() {
        return state.highWatermark();
    }

    @Override
    public boolean mayAnswer() {
        return lease.holds();
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
        reads.onHighWatermark(highWatermark);
    }

    /** Leadership, log start or the end of service: whoever waits reads again. */
    void onChanged() {
        reads.onChanged();
    }

    void expireWatches(long nowMs) {
        reads.expireWatches(nowMs);
    }
}
