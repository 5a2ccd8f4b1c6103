package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Read;
import dev.sampo.actors.protocol.Partition.ReadReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;

/** A partition leader that holds batch sizes only: batch n has offset n. Answers when {@link #work} is called. */
final class FakeLeader {
    final TopicIdPartition id;
    final TestInbox<Partition.Command> inbox = TestInbox.create();
    final List<Integer> batchSizes = new ArrayList<>();
    final List<FakeSlice> slices = new ArrayList<>();
    final List<Partition.Command> seen = new ArrayList<>();
    /** Answers instead of the leader when it gives something. */
    Function<Partition.Command, Optional<Partition.Reply>> instead = command -> Optional.empty();
    boolean silent;
    long highWatermark;
    private Read watch;
    private Partition.ReplicaRead replicaWatch;

    FakeLeader(TopicIdPartition id) {
        this.id = id;
    }

    void append(int... sizes) {
        for (int size : sizes) {
            batchSizes.add(size);
        }
        if (sizes.length > 0 && watch != null) {
            watch.replyTo().tell(new Partition.DataArrived(watch.requestId(), watch.index()));
            watch = null;
        }
        if (sizes.length > 0 && replicaWatch != null) {
            Partition.ReplicaRead read = replicaWatch;
            read.replyTo().tell(read(read));
        }
    }

    /** Answers what has come; true when there was something. */
    boolean work() {
        List<Partition.Command> commands = silent ? List.of() : inbox.getAllReceived();
        for (Partition.Command command : commands) {
            seen.add(command);
            Optional<Partition.Reply> other = instead.apply(command);
            switch (command) {
                case Read read -> read.replyTo().tell(other.orElseGet(() -> read(read)));
                case Partition.ReplicaRead read -> read.replyTo().tell(other.orElseGet(() -> read(read)));
                case Partition.Append append -> append.replyTo().tell((Partition.AppendReply) other.orElseGet(
                        () -> new Partition.AppendReply(
                                append.requestId(), append.index(), KafkaError.NONE, 42, -1, 3, List.of(), null)));
                case Partition.ListOffset list -> list.replyTo().tell((Partition.ListOffsetReply) other.orElseThrow());
                case Partition.EpochEndOffset epoch ->
                    epoch.replyTo().tell((Partition.EpochEndOffsetReply) other.orElseThrow());
                case Partition.DeleteRecords delete ->
                    delete.replyTo().tell((Partition.DeleteRecordsReply) other.orElseThrow());
                case Partition.DescribeProducers describe ->
                    describe.replyTo().tell((Partition.DescribeProducersReply) other.orElseThrow());
                case Partition.DescribeLog describe -> describe.replyTo().tell((Partition.DescribeLogReply) other.orElseGet(
                        () -> new Partition.DescribeLogReply(
                                describe.requestId(), describe.index(), KafkaError.NONE, 1000, 0, 5, 5)));
                default -> throw new AssertionError("unexpected " + command);
            }
        }
        return !commands.isEmpty();
    }

    /** Moves the high watermark; a replica that waits hears of it. */
    void highWatermark(long offset) {
        highWatermark = offset;
        if (replicaWatch != null) {
            replicaWatch.replyTo().tell(
                    new Partition.HighWatermarkMoved(replicaWatch.requestId(), replicaWatch.index(), offset));
        }
    }

    private Partition.ReplicaReadReply read(Partition.ReplicaRead read) {
        replicaWatch = null;
        int end = batchSizes.size();
        int size = 0;
        for (int offset = (int) read.fetchOffset(); offset < end; offset++) {
            int batch = batchSizes.get(offset);
            if (size + batch > read.maxBytes() && !(size == 0 && read.atLeastOneBatch())) {
                break;
            }
            size += batch;
        }
        FakeSlice slice = size == 0 ? null : new FakeSlice(size);
        if (slice != null) {
            slices.add(slice);
        } else if (read.watch()) {
            replicaWatch = read;
        }
        return new Partition.ReplicaReadReply(
                read.requestId(), read.index(), KafkaError.NONE, read.fetchOffset(), highWatermark, 0, end, slice, -1, -1);
    }

    private ReadReply read(Read read) {
        int end = batchSizes.size();
        if (read.fetchOffset() > end || read.fetchOffset() < 0) {
            return new ReadReply(
                    read.requestId(), read.index(), KafkaError.OFFSET_OUT_OF_RANGE, end, end, 0, null, null, -1, -1);
        }
        int size = 0;
        for (int offset = (int) read.fetchOffset(); offset < end; offset++) {
            int batch = batchSizes.get(offset);
            if (size + batch > read.maxBytes() && !(size == 0 && read.atLeastOneBatch())) {
                break;
            }
            size += batch;
        }
        FakeSlice slice = size == 0 ? null : new FakeSlice(size);
        if (slice != null) {
            slices.add(slice);
        } else if (read.watch() && read.fetchOffset() == end) {
            watch = read;
        }
        return new ReadReply(
                read.requestId(), read.index(), KafkaError.NONE, end, end, 0, slice,
                read.readCommitted() ? List.of() : null, -1, -1);
    }
}
