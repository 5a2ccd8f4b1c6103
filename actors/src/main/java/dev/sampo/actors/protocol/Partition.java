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
 * {@code ActorRef} of the local {@link PartitionRegistry}, never through a shard region. {@link Read} alone may go to a
 * follower as well.
 *
 * <p>A request carries {@code requestId} and {@code index}, which the answer repeats: the connection's request and the
 * place of this partition in it. Each request is answered exactly once, also when the leader steps down or stops.
 */
public interface Partition {
    /** To a partition. */
    sealed interface Command
            permits Activate, Reconfigure, ReplicasChanged, ProposeInSync, CancelProposal, CheckFollowers, Maintain, Stop, HandOff,
                    Request, Internal {}

    /** A command that is answered, exactly once. */
    sealed interface Request extends Command
            permits Append, Read, ReplicaRead, ListOffset, EpochEndOffset, DeleteRecords, DescribeProducers, DescribeLog {}

    /** A shell's private messages. */
    non-sealed interface Internal extends Command {}

    /** From a partition to the sentinel of its placement group, on the same broker. */
    sealed interface Report extends Internal permits FollowerCaughtUp, FollowersBehind, ProposalAnswered {
        /** The partition that reports. */
        TopicIdPartition id();

        /** The epoch in which it leads; a report of another one is void. */
        int leaderEpoch();
    }

    /** From a partition to a connection, a handler or a coordinator. */
    sealed interface Reply
            permits AppendReply, ReadReply, ReadElsewhereReply, ReplicaReadReply, DataArrived, HighWatermarkMoved, ListOffsetReply,
                    EpochEndOffsetReply, DeleteRecordsReply, DescribeProducersReply, DescribeLogReply {
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

    /** One process of a broker. {@code incarnation} is Kafka's broker epoch. */
    record Member(int brokerId, long incarnation) {}

    /**
     * Who copies a partition, as one metadata image says.
     *
     * @param partitionEpoch of the placement group: grows with each change of its leader or ISR
     * @param replicas broker ids, the leader's own included
     * @param inSync those of them that are in sync: the ISR that counts for {@code min.insync.replicas}
     * @param joining brokers that the partition is being moved to and that are no replicas of its group
     */
    record Replicas(int partitionEpoch, List<Integer> replicas, List<Integer> inSync, List<Integer> joining) {
        /** Nothing moves. */
        public Replicas(int partitionEpoch, List<Integer> replicas, List<Integer> inSync) {
            this(partitionEpoch, replicas, inSync, List.of());
        }

        /** A partition with this broker's copy only. */
        public static Replicas alone(int brokerId) {
            return new Replicas(0, List.of(brokerId), List.of(brokerId));
        }
    }

    /**
     * Brokers that are about to be in sync: the controller is or will be asked. From the moment a partition hears of it,
     * its high watermark waits for them too, until the image shows another partition epoch or the proposal is cancelled.
     *
     * @param partitionEpoch the one that the controller is asked to change
     * @param number tells it from others of the same sentinel
     */
    record Proposal(int partitionEpoch, List<Member> members, long number) {
        /** The first. */
        public Proposal(int partitionEpoch, List<Member> members) {
            this(partitionEpoch, members, 1);
        }
    }

    /**
     * Granted by the controller: lead in this epoch. Opens the log, recovers it, registers, serves.
     *
     * @param proposal what is under way for the group, null for nothing
     * @param sentinel hears the reports
     */
    record Activate(
            TopicIdPartition id, String topic, int leaderEpoch, Replicas replicas, @Nullable Proposal proposal,
            TopicSettings settings, ActorRef<? super Report> sentinel)
            implements Command {
        /** The same with other settings. */
        public Activate with(TopicSettings changed) {
            return new Activate(id, topic, leaderEpoch, replicas, proposal, changed, sentinel);
        }

        /** The same with other replicas. */
        public Activate with(Replicas changed, @Nullable Proposal underWay) {
            return new Activate(id, topic, leaderEpoch, changed, underWay, settings, sentinel);
        }
    }

    /** The image shows other replicas, another ISR or other brokers that join. */
    record ReplicasChanged(int leaderEpoch, Replicas replicas) implements Command {}

    /** First phase of an ISR expansion: wait for these brokers from now on; answered with {@link ProposalAnswered}. */
    record ProposeInSync(int leaderEpoch, Proposal proposal) implements Command {}

    /** The controller refused, or was not asked: who is only proposed counts no more. */
    record CancelProposal(int leaderEpoch, int partitionEpoch) implements Command {}

    /** Report followers in the ISR that are behind for longer than {@code replica.lag.time.max.ms}. */
    record CheckFollowers(int leaderEpoch) implements Command {}

    /** A follower outside of the ISR has everything that is committed, and the start of this epoch. Told once. */
    record FollowerCaughtUp(TopicIdPartition id, int leaderEpoch, Member follower) implements Report {}

    /** These members of the ISR are behind for too long. */
    record FollowersBehind(TopicIdPartition id, int leaderEpoch, List<Integer> brokerIds) implements Report {}

    /**
     * Whether the partition now waits for the proposed brokers, all of which have everything that is committed. If not,
     * those that lag are named, and each is reported again when it has caught up.
     */
    record ProposalAnswered(TopicIdPartition id, int leaderEpoch, Proposal proposal, List<Integer> lagging)
            implements Report {}

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
     * Sharding takes the partition's group to another broker: stop. A leader goes on outside of sharding meanwhile, until
     * another one is elected.
     */
    record HandOff() implements Command {}

    /**
     * Append one record batch. Answered when it is stored as {@code acks} asks for; who does not want to wait that long stops
     * waiting, the batch stays.
     *
     * @param records the produce request's bytes for this partition: must hold exactly one batch, format v2; the
     *     buffer belongs to the partition (which patches offsets in place) until it has answered
     */
    record Append(
            long requestId, int index, ByteBuffer records, Acks acks, Origin origin, ActorRef<? super AppendReply> replyTo)
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
     * @param nearby brokers that are nearer to the reader than the leader: it answers {@link ReadElsewhereReply} when one of
     *     them can serve the read. Null for none; followers do not look at it
     */
    record Read(
            long requestId, int index, long fetchOffset, int maxBytes, int currentLeaderEpoch, int lastFetchedEpoch,
            boolean readCommitted, boolean atLeastOneBatch, boolean watch, int @Nullable [] nearby,
            ActorRef<? super Reply> replyTo)
            implements Request {
        /** From a reader that reads here and nowhere else. */
        public Read(
                long requestId, int index, long fetchOffset, int maxBytes, int currentLeaderEpoch, int lastFetchedEpoch,
                boolean readCommitted, boolean atLeastOneBatch, boolean watch, ActorRef<? super Reply> replyTo) {
            this(requestId, index, fetchOffset, maxBytes, currentLeaderEpoch, lastFetchedEpoch, readCommitted,
                    atLeastOneBatch, watch, null, replyTo);
        }
    }

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

    /**
     * A replica that is nearer to the reader than the leader serves it (KIP-392). Nothing is watched.
     *
     * @param replica one of the read's {@code nearby}
     */
    record ReadElsewhereReply(
            long requestId, int index, int replica, long highWatermark, long lastStableOffset, long logStartOffset)
            implements Reply {}

    /** A watched partition has something new, or has changed so that a read must be tried again. */
    record DataArrived(long requestId, int index) implements Reply {}

    /**
     * A replica reads, up to the end of the log; what it asks for tells how far it has come. Only from the brokers' own
     * listener, which has compared {@code incarnation} with the metadata.
     *
     * @param currentLeaderEpoch must be the leader's
     * @param lastFetchedEpoch epoch of the last record before {@code fetchOffset} in the replica's log, -1 for an empty log
     * @param logStartOffset of the replica's log, -1 when it does not say
     * @param watch when there is nothing to read: answer later, as soon as there is ({@link HighWatermarkMoved} may come
     *     before), or {@link DataArrived} when the partition has changed; a later read of the same broker takes its place
     */
    record ReplicaRead(
            long requestId, int index, int brokerId, long incarnation, long fetchOffset, int maxBytes,
            int currentLeaderEpoch, int lastFetchedEpoch, long logStartOffset, boolean atLeastOneBatch, boolean watch,
            ActorRef<? super Reply> replyTo)
            implements Request {}

    /**
     * What there is for a replica. A read with a watch that finds nothing is answered twice: now without records, and when
     * there are some.
     *
     * @param fetchOffset as asked
     * @param records null when there is nothing to send; the receiver releases it
     * @param logEndOffset of the leader: records may be missing although there are some, if the first does not fit
     * @param divergingEpoch -1 when the logs do not diverge
     */
    record ReplicaReadReply(
            long requestId, int index, KafkaError error, long fetchOffset, long highWatermark, long logStartOffset,
            long logEndOffset, @Nullable FileSlice records, int divergingEpoch, long divergingEndOffset)
            implements Reply {}

    /** The high watermark moved, while a replica waits for records. */
    record HighWatermarkMoved(long requestId, int index, long highWatermark) implements Reply {}

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
