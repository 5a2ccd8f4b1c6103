package dev.sampo.actors.protocol;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.persistence.log.FileSlice;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What a partition leader is told and what it answers. The data path ({@link Append}, {@link Read}) goes to the
 * {@code ActorRef} of the local {@link PartitionRegistry}, never through a shard region.
 *
 * <p>A request carries {@code requestId} and {@code index}, which the answer repeats: the connection's request and the
 * place of this partition in it. Each request is answered exactly once, also when the leader steps down or stops.
 */
public interface Partition {
    /** To a partition. */
    sealed interface Command permits Activate, Reconfigure, Maintain, Stop, Request, Internal {}

    /** A command that is answered, exactly once. */
    sealed interface Request extends Command
            permits Append, Read, ListOffset, EpochEndOffset, DeleteRecords, DescribeProducers, DescribeLog {}

    /** A shell's private messages. */
    non-sealed interface Internal extends Command {}

    /** From a partition to a connection, a handler or a coordinator. */
    sealed interface Reply
            permits AppendReply, ReadReply, DataArrived, ListOffsetReply, EpochEndOffsetReply, DeleteRecordsReply,
                    DescribeProducersReply, DescribeLogReply {
        /** The request that is answered. */
        long requestId();

        /** The place of the partition in that request. */
        int index();
    }

    /** Who writes: a client, or the coordinator that owns an internal topic. */
    enum Origin {
        CLIENT,
        COORDINATOR
    }

    /** Granted by the controller: lead in this epoch. Opens the log, recovers it, registers, serves. */
    record Activate(TopicIdPartition id, String topic, int leaderEpoch, int inSyncReplicas, TopicSettings settings)
            implements Command {}

    /** The topic's configuration changed. */
    record Reconfigure(TopicSettings settings) implements Command {}

    /**
     * Look after the log: compaction, waiting readers that went away. Sent by the broker's clock.
     *
     * @param retention the retention check is due as well
     */
    record Maintain(boolean retention) implements Command {}

    /**
     * Step down: refuse and answer everything, flush, close, leave the registry, stop.
     *
     * @param deleteLog the topic is deleted: remove the partition's folder (by topic id) as well, also when this
     *     partition was never activated here
     */
    record Stop(boolean deleteLog) implements Command {
        /** Keeps the log. */
        public Stop() {
            this(false);
        }
    }

    /**
     * Append one record batch.
     *
     * @param records the produce request's bytes for this partition: must hold exactly one batch, format v2; the
     *     buffer belongs to the partition (which patches offsets in place) until it has answered
     */
    record Append(
            long requestId, int index, ByteBuffer records, Acks acks, int timeoutMs, Origin origin,
            ActorRef<? super AppendReply> replyTo)
            implements Request {}

    /** One record that was refused, by its place in the batch (KIP-467). */
    record RecordError(int batchIndex, String message) {}

    /**
     * Where the batch went.
     *
     * @param baseOffset offset of the first record, -1 on error
     * @param logAppendTimeMs -1 unless the topic uses LogAppendTime
     */
    record AppendReply(
            long requestId, int index, KafkaError error, long baseOffset, long logAppendTimeMs, long logStartOffset,
            List<RecordError> recordErrors, @Nullable String errorMessage)
            implements Reply {}

    /**
     * Read batches from {@code fetchOffset} on.
     *
     * @param currentLeaderEpoch the client's, -1 for no check (KIP-320)
     * @param lastFetchedEpoch -1 for no divergence check
     * @param atLeastOneBatch answer the first batch even if it is larger than {@code maxBytes}
     * @param watch when there is nothing to read and no error: tell {@code replyTo} {@link DataArrived} once, as soon as
     *     there is; a later Read of the same {@code replyTo} replaces the watch
     */
    record Read(
            long requestId, int index, long fetchOffset, int maxBytes, int currentLeaderEpoch, int lastFetchedEpoch,
            boolean readCommitted, boolean atLeastOneBatch, boolean watch, ActorRef<? super Reply> replyTo)
            implements Request {}

    /** An aborted transaction that overlaps the records read. */
    record AbortedTransaction(long producerId, long firstOffset) {}

    /**
     * What there is to read.
     *
     * @param records null when there is nothing to send; the receiver releases it
     * @param aborted null unless read committed was asked for
     * @param divergingEpoch -1 when the logs do not diverge
     */
    record ReadReply(
            long requestId, int index, KafkaError error, long highWatermark, long lastStableOffset,
            long logStartOffset, @Nullable FileSlice records, @Nullable List<AbortedTransaction> aborted,
            int divergingEpoch, long divergingEndOffset)
            implements Reply {}

    /** A watched partition has something new, or has changed so that a read must be tried again. */
    record DataArrived(long requestId, int index) implements Reply {}

    /**
     * The offset for a timestamp; -1 latest, -2 earliest, -3 maximum timestamp, -4 earliest local, -5 latest tiered,
     * -6 earliest pending upload.
     */
    record ListOffset(
            long requestId, int index, long timestamp, int currentLeaderEpoch, boolean readCommitted,
            ActorRef<? super ListOffsetReply> replyTo)
            implements Request {}

    /** -1 in each field when nothing was found. {@code leaderEpoch} is the epoch of the offset found. */
    record ListOffsetReply(
            long requestId, int index, KafkaError error, long timestamp, long offset, int leaderEpoch)
            implements Reply {}

    /** End offset of the largest epoch at or below {@code leaderEpoch} (KIP-101, KIP-279). */
    record EpochEndOffset(
            long requestId, int index, int currentLeaderEpoch, int leaderEpoch,
            ActorRef<? super EpochEndOffsetReply> replyTo)
            implements Request {}

    /** (-1, -1) when the epoch is not known. */
    record EpochEndOffsetReply(long requestId, int index, KafkaError error, int leaderEpoch, long endOffset)
            implements Reply {}

    /** Move the log start offset up to {@code beforeOffset}; -1 is the high watermark. */
    record DeleteRecords(long requestId, int index, long beforeOffset, ActorRef<? super DeleteRecordsReply> replyTo)
            implements Request {}

    /** {@code lowWatermark} is the new log start offset, -1 on error. */
    record DeleteRecordsReply(long requestId, int index, KafkaError error, long lowWatermark) implements Reply {}

    /** Which producers have state in this partition. */
    record DescribeProducers(long requestId, int index, ActorRef<? super DescribeProducersReply> replyTo)
            implements Request {}

    /** {@code currentTransactionStartOffset} is -1 without an open transaction. */
    record ProducerDescription(
            long producerId, int producerEpoch, int lastSequence, long lastTimestamp, int coordinatorEpoch,
            long currentTransactionStartOffset) {}

    /** Ordered by producer id. */
    record DescribeProducersReply(long requestId, int index, KafkaError error, List<ProducerDescription> producers)
            implements Reply {}

    /** How large the log is and where it stands. */
    record DescribeLog(long requestId, int index, ActorRef<? super DescribeLogReply> replyTo) implements Request {}

    /** {@code sizeBytes} counts {@code .log} files. */
    record DescribeLogReply(
            long requestId, int index, KafkaError error, long sizeBytes, long logStartOffset, long logEndOffset,
            long highWatermark)
            implements Reply {}
}
