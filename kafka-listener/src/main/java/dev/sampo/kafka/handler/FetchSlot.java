package dev.sampo.kafka.handler;

import dev.sampo.actors.metrics.TopicMeters;
import dev.sampo.actors.metrics.TopicMetric;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition.AbortedTransaction;
import dev.sampo.actors.protocol.Partition.ReadElsewhereReply;
import dev.sampo.actors.protocol.Partition.ReadReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.kafka.codec.FileSliceRecords;
import dev.sampo.kafka.fetch.FetchPartition;
import dev.sampo.kafka.fetch.PartitionOutcome;
import dev.sampo.persistence.log.FileSlice;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/** One partition of a fetch in flight: whom to ask, and the newest answer. Owns the file slice of that answer. */
final class FetchSlot implements PartitionOutcome {
    private static final int NONE = -1;

    final FetchPartition wanted;
    /** Null until the topic is resolved. */
    @Nullable TopicIdPartition id;
    /** Null until the topic is resolved. */
    @Nullable TopicMeters meters;
    /** Its leader or a follower here; null when there is nobody to ask. */
    PartitionRegistry.@Nullable Reader reader;
    /** A question is on its way. */
    boolean asked;
    /** The question is whether there is more, from the visible end on; its answer replaces nothing. */
    boolean probing;
    /** The reader tells when there is more. */
    boolean watched;
    /** Records were given up, since the budget was spent by partitions before. */
    boolean trimmed;

    private KafkaError error = KafkaError.NONE;
    private @Nullable ReadReply answer;
    private @Nullable FileSlice slice;
    private int preferredReadReplica = NONE;

    FetchSlot(FetchPartition wanted) {
        this.wanted = wanted;
    }

    /** Answers without a reader's help. */
    void fail(KafkaError reason) {
        drop();
        error = reason;
        answer = null;
        preferredReadReplica = NONE;
    }

    /** Takes the answer and lets go of the one before. */
    void take(ReadReply reply) {
        drop();
        answer = reply;
        slice = reply.records();
        error = reply.error();
        trimmed = false;
        preferredReadReplica = NONE;
    }

    /** The consumer is to read from another broker; lets go of the answer before. */
    void take(ReadElsewhereReply reply) {
        take(new ReadReply(
                reply.requestId(), reply.index(), KafkaError.NONE, reply.highWatermark(), reply.lastStableOffset(),
                reply.logStartOffset(), null, null, -1, -1));
        preferredReadReplica = reply.replica();
    }

    /** Gives the records up. */
    void trim() {
        drop();
        trimmed = true;
    }

    /** Releases the slice, if there is one. */
    void drop() {
        if (slice != null) {
            slice.release();
            slice = null;
        }
    }

    boolean answered() {
        return answer != null || error != KafkaError.NONE;
    }

    KafkaError error() {
        return error;
    }

    boolean diverges() {
        return answer != null && answer.divergingEpoch() >= 0;
    }

    boolean isReadElsewhere() {
        return preferredReadReplica != NONE;
    }

    /** First offset that the consumer may not see yet. */
    long visibleEnd(boolean readCommitted) {
        if (answer == null) {
            return -1;
        }
        return readCommitted ? answer.lastStableOffset() : answer.highWatermark();
    }

    @Override
    public int recordsSizeBytes() {
        return slice == null ? 0 : slice.sizeBytes();
    }

    @Override
    public long highWatermark() {
        return answer == null || failed() ? -1 : answer.highWatermark();
    }

    @Override
    public long logStartOffset() {
        return answer == null || failed() ? -1 : answer.logStartOffset();
    }

    @Override
    public boolean mustBeSent() {
        return failed() || diverges() || isReadElsewhere();
    }

    @Override
    public boolean failed() {
        return error != KafkaError.NONE;
    }

    /** Counts what goes to the consumer. As in Kafka, what clients are expected to run into is no failure. */
    void count() {
        if (meters == null) {
            return;
        }
        switch (error) {
            case NONE -> meters.mark(TopicMetric.BYTES_OUT, recordsSizeBytes());
            case UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID, NOT_LEADER_OR_FOLLOWER,
                    UNKNOWN_LEADER_EPOCH, FENCED_LEADER_EPOCH, REPLICA_NOT_AVAILABLE, KAFKA_STORAGE_ERROR,
                    OFFSET_OUT_OF_RANGE -> {
                // counted by request and error only
            }
            default -> meters.mark(TopicMetric.FAILED_FETCH_REQUESTS, 1);
        }
    }

    /** The answer on the wire; the slice, if any, then belongs to the response. On error every offset is -1. */
    PartitionData toData(short version) {
        var data = new PartitionData()
                .setPartitionIndex(wanted.key().partition())
                .setErrorCode(FetchInFlight.wireError(error, version).code())
                .setHighWatermark(highWatermark())
                .setLogStartOffset(logStartOffset())
                .setRecords(MemoryRecords.EMPTY);
        ReadReply reply = answer;
        if (reply == null) {
            return data;
        }
        if (failed()) {
            return data.setAbortedTransactions(null);
        }
        data.setLastStableOffset(reply.lastStableOffset())
                .setAbortedTransactions(aborted(reply.aborted()))
                .setPreferredReadReplica(preferredReadReplica);
        if (diverges()) {
            data.setDivergingEpoch(
                    new EpochEndOffset().setEpoch(reply.divergingEpoch()).setEndOffset(reply.divergingEndOffset()));
        }
        if (slice != null) {
            data.setRecords(new FileSliceRecords(slice));
            slice = null;
        }
        return data;
    }

    private static @Nullable List<FetchResponseData.AbortedTransaction> aborted(
            @Nullable List<AbortedTransaction> aborted) {
        if (aborted == null) {
            return null;
        }
        var list = new ArrayList<FetchResponseData.AbortedTransaction>(aborted.size());
        for (AbortedTransaction transaction : aborted) {
            list.add(new FetchResponseData.AbortedTransaction()
                    .setProducerId(transaction.producerId())
                    .setFirstOffset(transaction.firstOffset()));
        }
        return list;
    }
}
