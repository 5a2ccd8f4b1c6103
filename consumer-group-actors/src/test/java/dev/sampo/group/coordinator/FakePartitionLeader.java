package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Append;
import dev.sampo.actors.protocol.Partition.AppendReply;
import dev.sampo.actors.protocol.Partition.DataArrived;
import dev.sampo.actors.protocol.Partition.DescribeLog;
import dev.sampo.actors.protocol.Partition.DescribeLogReply;
import dev.sampo.actors.protocol.Partition.Read;
import dev.sampo.actors.protocol.Partition.ReadReply;
import dev.sampo.persistence.log.FileSlice;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A partition leader that keeps its batches in memory; the log outlives the actor. */
final class FakePartitionLeader {
    /** Batches in order; shared by the leaders of successive epochs. */
    static final class Log {
        final List<ByteBuffer> batches = new ArrayList<>();
        long endOffset;
        final List<Append> held = new CopyOnWriteArrayList<>();
        volatile boolean holds; // appends wait for AppendHeld
        volatile int appends;
        volatile KafkaError appendError = KafkaError.NONE;
        volatile long highWatermark = -1; // -1: the log end
        ActorRef<? super Partition.Reply> watcher;
        Read watched;

        synchronized long append(ByteBuffer records) {
            ByteBuffer copy = ByteBuffer.allocate(records.remaining()).put(records.duplicate()).flip();
            copy.putLong(0, endOffset);
            long base = endOffset;
            endOffset = MemoryRecords.readableRecords(copy).batches().iterator().next().nextOffset();
            batches.add(copy);
            appends++;
            return base;
        }

        synchronized ByteBuffer from(long offset, long before, int maxBytes) {
            int size = 0;
            var found = new ArrayList<ByteBuffer>();
            for (ByteBuffer batch : batches) {
                var header = MemoryRecords.readableRecords(batch.duplicate()).batches().iterator().next();
                if (header.lastOffset() >= offset && header.lastOffset() < before
                        && (found.isEmpty() || size + batch.remaining() <= maxBytes)) {
                    found.add(batch);
                    size += batch.remaining();
                }
            }
            ByteBuffer all = ByteBuffer.allocate(size);
            found.forEach(batch -> all.put(batch.duplicate()));
            return all.flip();
        }
    }

    /** The high watermark moves to the log end. */
    record Replicated() implements Partition.Internal {}

    /** Appends wait no longer. */
    record AppendHeld() implements Partition.Internal {}

    static Behavior<Partition.Command> create(Log log) {
        return Behaviors.receiveMessage(message -> {
            switch (message) {
                case Append append -> {
                    if (log.holds) {
                        log.held.add(append);
                    } else {
                        append(log, append);
                    }
                }
                case AppendHeld go -> {
                    log.holds = false;
                    log.held.forEach(append -> append(log, append));
                    log.held.clear();
                }
                case DescribeLog describe -> describe.replyTo().tell(new DescribeLogReply(
                        describe.requestId(), describe.index(), KafkaError.NONE, 0, 0, log.endOffset,
                        highWatermark(log)));
                case Read read -> read(log, read);
                case Replicated replicated -> {
                    log.highWatermark = -1;
                    if (log.watcher != null) {
                        log.watcher.tell(new DataArrived(log.watched.requestId(), 0));
                    }
                }
                default -> throw new IllegalStateException("not expected: " + message);
            }
            return Behaviors.same();
        });
    }

    private static void append(Log log, Append append) {
        append.replyTo().tell(log.appendError == KafkaError.NONE
                ? new AppendReply(append.requestId(), append.index(), KafkaError.NONE,
                        log.append(append.records()), -1, 0, List.of(), null)
                : new AppendReply(append.requestId(), append.index(), log.appendError, -1, -1, -1, List.of(), null));
    }

    private static long highWatermark(Log log) {
        return log.highWatermark < 0 ? log.endOffset : log.highWatermark;
    }

    private static void read(Log log, Read read) {
        ByteBuffer bytes = log.from(read.fetchOffset(), highWatermark(log), read.maxBytes());
        if (!bytes.hasRemaining() && read.watch()) {
            log.watcher = read.replyTo();
            log.watched = read;
        }
        read.replyTo().tell(new ReadReply(
                read.requestId(), read.index(), KafkaError.NONE, highWatermark(log), highWatermark(log), 0,
                bytes.hasRemaining() ? new Slice(bytes) : null, null, -1, -1));
    }

    private record Slice(ByteBuffer bytes) implements FileSlice {
        @Override
        public int sizeBytes() {
            return bytes.remaining();
        }

        @Override
        public long transferTo(int from, WritableByteChannel target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void read(int from, ByteBuffer target) {
            target.put(bytes.duplicate().position(from));
        }

        @Override
        public void release() {}
    }

    private FakePartitionLeader() {}
}
