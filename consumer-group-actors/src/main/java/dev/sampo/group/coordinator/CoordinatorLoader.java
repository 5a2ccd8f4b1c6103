package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.group.journal.OffsetsFold;
import dev.sampo.group.journal.OffsetsLoad;
import dev.sampo.group.journal.OffsetsPartitions;
import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Shell of {@link OffsetsLoad}: reads one partition of {@code __consumer_offsets} once. Blocks on the disk: runs on a
 * dispatcher for that.
 */
final class CoordinatorLoader extends AbstractBehavior<Partition.Reply> {
    /** How it ended: a fold, or the error of the partition. */
    sealed interface Result {
        /** All facts below the log end. */
        record Complete(OffsetsFold fold) implements Result {}

        /** The partition refused; worth another try while it is led here. */
        record Failed(KafkaError error) implements Result {}
    }

    private final OffsetsPartitions.Leader leader;
    private final int readBytes;
    private final Consumer<Result> whenDone;
    private final OffsetsLoad load = new OffsetsLoad();
    private long lastRequestId;

    private CoordinatorLoader(
            ActorContext<Partition.Reply> context, OffsetsPartitions.Leader leader, int readBytes,
            Consumer<Result> whenDone) {
        super(context);
        this.leader = leader;
        this.readBytes = readBytes;
        this.whenDone = whenDone;
    }

    /** {@code whenDone} is called once, on this actor's thread. */
    static Behavior<Partition.Reply> create(
            OffsetsPartitions.Leader leader, int readBytes, Consumer<Result> whenDone) {
        return Behaviors.setup(context -> new CoordinatorLoader(context, leader, readBytes, whenDone).begin());
    }

    @Override
    public Receive<Partition.Reply> createReceive() {
        return newReceiveBuilder()
                .onMessage(Partition.DescribeLogReply.class, this::onLog)
                .onMessage(Partition.ReadReply.class, this::onRead)
                .onMessage(Partition.DataArrived.class, arrived -> read())
                .build();
    }

    private Behavior<Partition.Reply> begin() {
        return ask(new Partition.DescribeLog(++lastRequestId, 0, getContext().getSelf()));
    }

    private Behavior<Partition.Reply> ask(Partition.Request request) {
        ActorRef<Partition.Command> now = leader.now();
        if (now == null) {
            return done(new Result.Failed(KafkaError.NOT_LEADER_OR_FOLLOWER));
        }
        now.tell(request);
        return this;
    }

    private Behavior<Partition.Reply> onLog(Partition.DescribeLogReply log) {
        if (log.error() != KafkaError.NONE) {
            return done(new Result.Failed(log.error()));
        }
        load.onLog(log.logStartOffset(), log.logEndOffset());
        return readOn();
    }

    private Behavior<Partition.Reply> readOn() {
        return load.isComplete() ? done(new Result.Complete(load.fold())) : read();
    }

    private Behavior<Partition.Reply> read() {
        return ask(new Partition.Read(
                ++lastRequestId, 0, load.nextOffset(), readBytes, -1, -1, false, true, true, getContext().getSelf()));
    }

    private Behavior<Partition.Reply> onRead(Partition.ReadReply reply) {
        FileSlice slice = reply.records();
        if (slice == null) {
            if (reply.error() != KafkaError.NONE) {
                return done(new Result.Failed(reply.error()));
            }
            load.onNothing(reply.highWatermark());
            return load.isComplete() ? readOn() : this; // DataArrived will come
        }
        ByteBuffer batches = ByteBuffer.allocate(slice.sizeBytes());
        try {
            slice.read(0, batches);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot read __consumer_offsets at offset " + load.nextOffset(), failed);
        } finally {
            slice.release();
        }
        load.onBatches(batches.flip());
        return readOn();
    }

    private Behavior<Partition.Reply> done(Result result) {
        whenDone.accept(result);
        return Behaviors.stopped();
    }
}
