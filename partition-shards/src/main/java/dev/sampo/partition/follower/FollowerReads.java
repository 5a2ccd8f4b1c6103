package dev.sampo.partition.follower;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.fetch.ConsumerReads;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.util.ArrayDeque;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The consumers of one followed partition, as long as its log is here. They see what is below the high watermark that this
 * replica knows. While the log is cut or moved on another thread, who comes waits until that has ended. Belongs to one
 * {@link ReplicaFollowerActor}.
 *
 * @see "KIP-392"
 */
final class FollowerReads {
    private record Reader(TopicIdPartition id, ActorRef<Follower.Command> follower) implements PartitionRegistry.Reader {
        @Override
        public void read(Partition.Read read) {
            follower.tell(new Follower.Read(id, read));
        }

        @Override
        public void describe(Partition.DescribeLog describe) {
            follower.tell(new Follower.Describe(id, describe));
        }
    }

    private record View(FollowerState state) implements ConsumerReads.View {
        @Override
        public int leaderEpoch() {
            return state.leaderEpoch();
        }

        @Override
        public long highWatermark() {
            return state.highWatermark();
        }

        /** What is below the high watermark stays true however old it is. */
        @Override
        public boolean mayAnswer() {
            return true;
        }
    }

    private final PartitionRegistry registry;
    private final Reader reader;
    private final PartitionLog log;
    private final FollowerState state;
    private final ConsumerReads reads;
    private final ArrayDeque<Partition.Read> delayed = new ArrayDeque<>(0); // at most one of each waiting fetch

    private FollowerReads(PartitionRegistry registry, Reader reader, PartitionLog log, FollowerState state) {
        this.registry = registry;
        this.reader = reader;
        this.log = log;
        this.state = state;
        this.reads = new ConsumerReads(log, new View(state));
    }

    /** Consumers find the partition from now on, until {@link #end}. */
    static FollowerReads begin(
            PartitionRegistry registry, TopicIdPartition id, ActorRef<Follower.Command> follower, PartitionLog log,
            FollowerState state) {
        var reads = new FollowerReads(registry, new Reader(id, follower), log, state);
        registry.follows(id, reads.reader);
        return reads;
    }

    /**
     * Answers, now or in {@link #onFree}.
     *
     * @param busy another thread has the log to itself
     * @throws IOException the disk refused, and the reader heard so: the log is of no use as it is
     */
    void read(Partition.Read read, boolean busy, long nowMs) throws IOException {
        if (busy) {
            delayed.add(read);
            return;
        }
        try {
            reads.read(read, nowMs);
        } catch (IOException e) {
            ConsumerReads.refuse(read, KafkaError.KAFKA_STORAGE_ERROR);
            throw e;
        }
    }

    /** What this replica holds; nothing that can be told while another thread has the log to itself. */
    void describe(Partition.DescribeLog describe, boolean busy) {
        if (busy) {
            refuse(describe);
        } else {
            describe.replyTo().tell(new Partition.DescribeLogReply(
                    describe.requestId(), describe.index(), KafkaError.NONE, log.sizeBytes(), log.logStartOffset(),
                    log.logEndOffset(), state.highWatermark()));
        }
    }

    /** The partition, or its log, is not here. */
    static void refuse(Partition.Read read) {
        ConsumerReads.refuse(read, KafkaError.NOT_LEADER_OR_FOLLOWER);
    }

    /** As the other. */
    static void refuse(Partition.DescribeLog describe) {
        describe.replyTo().tell(new Partition.DescribeLogReply(
                describe.requestId(), describe.index(), KafkaError.NOT_LEADER_OR_FOLLOWER, -1, -1, -1, -1));
    }

    /**
     * The log may be another one: it was cut, or its start has moved.
     *
     * @throws IOException as {@link #read} does
     */
    void onFree(long nowMs) throws IOException {
        reads.onChanged();
        for (Partition.Read read = delayed.poll(); read != null; read = delayed.poll()) {
            read(read, false, nowMs);
        }
    }

    void onHighWatermark(long highWatermark) {
        reads.onHighWatermark(highWatermark);
    }

    /** Retention has removed the beginning of the log. */
    void onLogStart() {
        reads.onChanged();
    }

    void expireWatches(long nowMs) {
        reads.expireWatches(nowMs);
    }

    /** The log is here no more: nobody finds it, and whoever waits looks for another replica. */
    void end() {
        registry.followsNoMore(reader.id(), reader);
        delayed.forEach(FollowerReads::refuse);
        delayed.clear();
        reads.onChanged();
    }
}
