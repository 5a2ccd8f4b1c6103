package dev.sampo.partition.leader;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.lease.Leading;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.replica.ReplicaLogs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;

/** One process with one partition on a real folder; {@link #restart} is the next process. */
final class PartitionFixture implements AutoCloseable {
    static final Duration WAIT = Duration.ofSeconds(20);

    final ActorTestKit kit = ActorTestKit.create();
    final TopicIdPartition id;
    final Path logFolder;
    final FaultyDisk disk = new FaultyDisk();
    final PartitionRegistry registry = new PartitionRegistry();
    final AtomicLong leaseNanos = new AtomicLong();
    final LeaderLease lease = new LeaderLease(leaseNanos::get);
    final AtomicLong monotonicMs = new AtomicLong(1_000);
    final AtomicLong nowMs = new AtomicLong(System.currentTimeMillis());
    /** Flushes wait here while {@link #holdFlushes}. */
    final LinkedBlockingQueue<Runnable> heldFlushes = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile boolean holdFlushes;
    final PartitionHome home;
    final TestProbe<Partition.Report> sentinel;
    ActorRef<Partition.Command> partition;

    PartitionFixture(Path logFolder, TopicIdPartition id, boolean cleanStart) {
        this.logFolder = logFolder;
        this.id = id;
        lease.extendTo(1);
        this.sentinel = kit.createTestProbe(Partition.Report.class);
        this.home = new PartitionHome(
                new ReplicaLogs(logFolder, disk, cleanStart, threads, nowMs::get), registry, this::flush, threads, threads,
                nowMs::get, 86_400_000, new Leading(1, lease, monotonicMs::get, 30_000));
        this.partition = spawn();
    }

    static PartitionFixture fresh(Path logFolder) {
        return new PartitionFixture(logFolder, new TopicIdPartition(Uuid.randomUuid(), 0), false);
    }

    /** The next process on the same folder, after one that ended clean or as by a crash. */
    PartitionFixture restart(boolean cleanStart) {
        end(cleanStart);
        return new PartitionFixture(logFolder, id, cleanStart);
    }

    ActorRef<Partition.Command> spawn() {
        partition = kit.spawn(PartitionLeaderActor.create(home, id));
        return partition;
    }

    void holdFlushes(boolean hold) {
        holdFlushes = hold;
        if (!hold) {
            for (Runnable flush = heldFlushes.poll(); flush != null; flush = heldFlushes.poll()) {
                threads.execute(flush);
            }
        }
    }

    private void flush(Runnable task) {
        if (holdFlushes) {
            heldFlushes.add(task);
        } else {
            threads.execute(task);
        }
    }

    static TopicSettings settings(Map<String, String> values) {
        return TopicConfigs.settings(values, BrokerDefaults.of(Map.of()));
    }

    void activate(int leaderEpoch, Map<String, String> values) {
        activate(leaderEpoch, Partition.Replicas.alone(1), values);
    }

    void activate(int leaderEpoch, Partition.Replicas replicas, Map<String, String> values) {
        partition.tell(new Partition.Activate(
                id, "orders", leaderEpoch, replicas, null, settings(values).withReplicas(replicas.replicas().size()),
                sentinel.ref()));
    }

    /** Activates and waits until it serves. */
    PartitionFixture serve(int leaderEpoch, Map<String, String> values) {
        return serve(leaderEpoch, Partition.Replicas.alone(1), values);
    }

    PartitionFixture serve(int leaderEpoch, Partition.Replicas replicas, Map<String, String> values) {
        activate(leaderEpoch, replicas, values);
        await("serves in epoch " + leaderEpoch, () -> {
            PartitionRegistry.Entry entry = registry.find(id);
            return entry != null && entry.leaderEpoch() == leaderEpoch;
        });
        return this;
    }

    PartitionFixture serve() {
        return serve(1, Map.of());
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + WAIT + ": " + what);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    static ByteBuffer batch(SimpleRecord... records) {
        return MemoryRecords.withRecords(0, Compression.NONE, 0, records).buffer();
    }

    static ByteBuffer idempotent(long producerId, int sequence, SimpleRecord... records) {
        return MemoryRecords.withRecords(
                        RecordBatch.MAGIC_VALUE_V2, 0, Compression.NONE, TimestampType.CREATE_TIME, producerId, (short) 0,
                        sequence, 0, false, records)
                .buffer();
    }

    SimpleRecord record(String key, String value) {
        return new SimpleRecord(nowMs.get(), key == null ? null : bytes(key), value == null ? null : bytes(value));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Sends without waiting; the answers arrive at the probe, with this request id. */
    void send(ByteBuffer records, long requestId, TestProbe<Partition.Reply> answers) {
        partition.tell(new Partition.Append(
                requestId, 0, records, Acks.ALL, Partition.Origin.CLIENT, answers.ref()));
    }

    TestProbe<Partition.Reply> probe() {
        return kit.createTestProbe(Partition.Reply.class);
    }

    Partition.AppendReply append(ByteBuffer records) {
        TestProbe<Partition.Reply> answers = probe();
        send(records, 1, answers);
        return answers.expectMessageClass(Partition.AppendReply.class, WAIT);
    }

    Partition.AppendReply append(String value) {
        return append(batch(record(null, value)));
    }

    Partition.ReadReply read(long offset) {
        return read(offset, -1);
    }

    Partition.ReadReply read(long offset, int currentLeaderEpoch) {
        TestProbe<Partition.Reply> answers = probe();
        partition.tell(new Partition.Read(
                1, 0, offset, 1 << 20, currentLeaderEpoch, -1, false, true, false, answers.ref()));
        return answers.expectMessageClass(Partition.ReadReply.class, WAIT);
    }

    Partition.ListOffsetReply listOffset(long timestamp) {
        TestProbe<Partition.Reply> answers = probe();
        partition.tell(new Partition.ListOffset(1, 0, timestamp, -1, false, answers.ref()));
        return answers.expectMessageClass(Partition.ListOffsetReply.class, WAIT);
    }

    Partition.DeleteRecordsReply deleteRecords(long before) {
        TestProbe<Partition.Reply> answers = probe();
        partition.tell(new Partition.DeleteRecords(1, 0, before, answers.ref()));
        return answers.expectMessageClass(Partition.DeleteRecordsReply.class, WAIT);
    }

    Partition.DescribeLogReply describe() {
        TestProbe<Partition.Reply> answers = probe();
        partition.tell(new Partition.DescribeLog(1, 0, answers.ref()));
        return answers.expectMessageClass(Partition.DescribeLogReply.class, WAIT);
    }

    /** Everything from {@code offset} on as {@code offset:value}. */
    List<String> values(long offset) {
        var values = new ArrayList<String>();
        long next = offset;
        while (true) {
            Partition.ReadReply reply = read(next);
            if (reply.records() == null) {
                return values;
            }
            ByteBuffer bytes = ByteBuffer.allocate(reply.records().sizeBytes());
            try {
                reply.records().read(0, bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                reply.records().release();
            }
            for (var batch : MemoryRecords.readableRecords(bytes.flip()).batches()) {
                for (Record record : batch) {
                    values.add(record.offset() + ":" + StandardCharsets.UTF_8.decode(record.value()));
                }
                next = batch.nextOffset();
            }
        }
    }

    void stop(boolean deleteLog) {
        partition.tell(new Partition.Stop(deleteLog));
    }

    void awaitStopped() {
        kit.createTestProbe().expectTerminated(partition, WAIT);
    }

    /** As the broker does when all its actors have stopped. */
    void closeLogs() {
        home.logs().close();
    }

    Path folder() {
        return logFolder.resolve(id.directoryName());
    }

    @Override
    public void close() {
        end(false);
    }

    private void end(boolean clean) {
        holdFlushes(false);
        kit.shutdownTestKit();
        if (clean) {
            closeLogs();
        } else {
            home.logs().abandon();
        }
        threads.shutdown();
    }
}
