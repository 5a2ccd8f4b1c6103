package dev.sampo.partition.follower;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DataArrived;
import dev.sampo.actors.protocol.Partition.ReadReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.follower.Follower.Answer;
import dev.sampo.partition.follower.Follower.Wanted;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.lease.Leading;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.replica.Replica;
import dev.sampo.partition.replica.ReplicaLogs;
import dev.sampo.partition.replica.ReplicaSettings;
import dev.sampo.persistence.log.FileSlice;
import dev.sampo.persistence.log.RealLogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** A follower in leader epoch 5 with a real log, and consumers that read from it (KIP-392). */
final class FollowerReadsActorTest {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final int EPOCH = 5;

    private final TopicIdPartition id = new TopicIdPartition(Uuid.randomUuid(), 0);
    private final PartitionRegistry registry = new PartitionRegistry();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final LinkedBlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
    private final ActorTestKit kit = ActorTestKit.create();
    private volatile boolean holdsBlockingWork;
    private volatile CountDownLatch clockStands = new CountDownLatch(0);

    @TempDir
    private Path folder;

    private PartitionHome home;
    private TestProbe<LeaderLink.Command> link;
    private ActorRef<Follower.Command> follower;

    @BeforeEach
    void follow() {
        home = new PartitionHome(
                new ReplicaLogs(folder, new RealLogFiles(), true, threads, this::nowMs), registry, threads, this::block,
                threads, this::nowMs, 86_400_000, Leading.of(1, LeaderLease.ofSingleVoter(), 30_000));
        link = kit.createTestProbe(LeaderLink.Command.class);
        var wanted = new Wanted("orders", TopicConfigs.settings(Map.of(), BrokerDefaults.of(Map.of())));
        follower = kit.spawn(ReplicaFollowerActor.create(home, link.ref(), "g1", EPOCH, Map.of(id, wanted)));
        assertThat(nextPosition()).isZero();
    }

    @AfterEach
    void close() {
        kit.shutdownTestKit();
        home.logs().close();
        threads.shutdown();
    }

    private void block(Runnable work) {
        if (holdsBlockingWork) {
            held.add(work);
        } else {
            threads.execute(work);
        }
    }

    private long nowMs() {
        try {
            assertThat(clockStands.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return 1_000;
    }

    /** The follower's next fetch offset, once it tells its link. */
    private long nextPosition() {
        while (true) {
            if (link.expectMessageClass(LeaderLink.Fetch.class, WAIT) instanceof LeaderLink.Fetch fetch
                    && !fetch.positions().isEmpty()) {
                return fetch.positions().getFirst().fetchOffset();
            }
        }
    }

    private void fetched(long fetchOffset, long highWatermark, int divergingEpoch, long divergingEnd, ByteBuffer records) {
        follower.tell(new Follower.Fetched(List.of(new Answer(
                id, EPOCH, fetchOffset, KafkaError.NONE, highWatermark, 0, divergingEpoch, divergingEnd, records))));
    }

    /** The leader sends one record in a batch of its own, of this epoch. */
    private void copied(long offset, int epoch, long highWatermark) {
        fetched(offset, highWatermark, -1, -1, batch(offset, epoch));
        assertThat(nextPosition()).isEqualTo(offset + 1);
    }

    /** The leader has no records, but another high watermark. */
    private void heard(long logEndOffset, long highWatermark) {
        fetched(logEndOffset, highWatermark, -1, -1, ByteBuffer.allocate(0));
        assertThat(nextPosition()).isEqualTo(logEndOffset);
    }

    private static ByteBuffer batch(long offset, int epoch) {
        byte[] value = ("v" + offset).getBytes(StandardCharsets.UTF_8);
        return MemoryRecords.withRecords(
                        RecordBatch.MAGIC_VALUE_V2, offset, Compression.NONE, TimestampType.CREATE_TIME,
                        RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, epoch, false,
                        new SimpleRecord(1_000, value))
                .buffer();
    }

    private PartitionRegistry.Reader reader() {
        PartitionRegistry.Reader reader = registry.follower(id);
        assertThat(reader).isNotNull();
        return reader;
    }

    private static Partition.Read read(long offset, int epoch, boolean watch, TestProbe<Partition.Reply> consumer) {
        return new Partition.Read(7, 3, offset, 1 << 20, epoch, -1, false, true, watch, consumer.ref());
    }

    private TestProbe<Partition.Reply> consumer() {
        return kit.createTestProbe(Partition.Reply.class);
    }

    private ReadReply read(long offset, int epoch) {
        TestProbe<Partition.Reply> consumer = consumer();
        reader().read(read(offset, epoch, false, consumer));
        return consumer.expectMessageClass(ReadReply.class, WAIT);
    }

    private static List<String> values(ReadReply reply) {
        FileSlice slice = reply.records();
        if (slice == null) {
            return List.of();
        }
        ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
        try {
            slice.read(0, bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } finally {
            slice.release();
        }
        var values = new ArrayList<String>();
        for (Record record : MemoryRecords.readableRecords(bytes.flip()).records()) {
            values.add(record.offset() + ":" + StandardCharsets.UTF_8.decode(record.value()));
        }
        return values;
    }

    @Test
    void consumersSeeWhatIsBelowTheHighWatermarkThatTheFollowerKnows() {
        // Given
        copied(0, EPOCH, 0);
        copied(1, EPOCH, 1);
        copied(2, EPOCH, 2);

        // Then
        ReadReply committed = read(0, EPOCH);
        assertThat(values(committed)).containsExactly("0:v0", "1:v1");
        assertThat(committed.highWatermark()).isEqualTo(2);
        assertThat(committed.lastStableOffset()).isEqualTo(2);
        for (long notCommitted = 2; notCommitted <= 3; notCommitted++) {
            ReadReply nothing = read(notCommitted, -1);
            assertThat(nothing.error()).isEqualTo(KafkaError.NONE);
            assertThat(nothing.records()).isNull();
        }
        assertThat(read(4, -1).error()).as("behind the end of the log").isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE);
        assertThat(read(0, EPOCH - 1).error()).isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        assertThat(read(0, EPOCH + 1).error()).isEqualTo(KafkaError.UNKNOWN_LEADER_EPOCH);
    }

    @Test
    void aConsumerThatWaitsHearsWhenTheHighWatermarkHasPassedItsOffset() {
        // Given
        copied(0, EPOCH, 0);
        copied(1, EPOCH, 1);
        TestProbe<Partition.Reply> consumer = consumer();
        reader().read(read(1, EPOCH, true, consumer));
        assertThat(consumer.expectMessageClass(ReadReply.class, WAIT).records()).isNull();

        // When
        heard(2, 1);
        consumer.expectNoMessage();
        heard(2, 2);

        // Then
        assertThat(consumer.expectMessageClass(DataArrived.class, WAIT)).isEqualTo(new DataArrived(7, 3));
        assertThat(values(read(1, EPOCH))).containsExactly("1:v1");
    }

    @Test
    void whoReadsWhileTheLogIsCutIsAnsweredFromWhatIsLeft() {
        // Given records of an older leader, the last of which the new one does not have
        copied(0, EPOCH - 2, 0);
        copied(1, EPOCH - 1, 1);
        TestProbe<Partition.Reply> waits = consumer();
        reader().read(read(1, EPOCH, true, waits));
        assertThat(waits.expectMessageClass(ReadReply.class, WAIT).records()).isNull();
        holdsBlockingWork = true;
        fetched(2, 1, EPOCH - 2, 1, ByteBuffer.allocate(0));
        TestProbe<Partition.Reply> comes = consumer();
        reader().read(read(0, EPOCH, false, comes));
        reader().read(read(2, EPOCH, false, comes));
        comes.expectNoMessage();

        // When
        holdsBlockingWork = false;
        held.forEach(threads::execute);

        // Then
        assertThat(values(comes.expectMessageClass(ReadReply.class, WAIT))).containsExactly("0:v0");
        assertThat(comes.expectMessageClass(ReadReply.class, WAIT).error()).isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE);
        assertThat(waits.expectMessageClass(DataArrived.class, WAIT)).isEqualTo(new DataArrived(7, 3));
        assertThat(nextPosition()).isEqualTo(1);
        assertThat(values(read(0, EPOCH))).containsExactly("0:v0");
    }

    @Test
    void aLogThatIsWantedInANewerEpochIsReadFromNoMore() throws Exception {
        // Given
        copied(0, EPOCH, 1);
        PartitionRegistry.Reader reader = reader();
        ReadReply before = read(0, EPOCH);
        TestProbe<Partition.Reply> waits = consumer();
        reader.read(read(1, EPOCH, true, waits));
        assertThat(waits.expectMessageClass(ReadReply.class, WAIT).records()).isNull();

        // When
        Replica next = home.logs()
                .claim(id, "orders-0", EPOCH + 1,
                        ReplicaSettings.log(TopicConfigs.settings(Map.of(), BrokerDefaults.of(Map.of())), home), newer -> {})
                .taken().get(20, TimeUnit.SECONDS);

        // Then
        assertThat(registry.follower(id)).isNull();
        assertThat(waits.expectMessageClass(DataArrived.class, WAIT)).isEqualTo(new DataArrived(7, 3));
        TestProbe<Partition.Reply> late = consumer();
        reader.read(read(0, EPOCH, true, late));
        assertThat(late.expectMessageClass(ReadReply.class, WAIT).error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        assertThat(values(before)).as("a slice outlives it").containsExactly("0:v0");
        assertThat(next.highWatermark()).isEqualTo(1);
        next.giveBack();
    }

    @Test
    void readsThatComeBeforeAFollowerHasStoppedAreAnswered() {
        // Given a follower that is at work while it is told to stop, and read from
        copied(0, EPOCH, 1);
        PartitionRegistry.Reader reader = reader();
        TestProbe<Partition.Reply> consumer = consumer();
        clockStands = new CountDownLatch(1);
        reader.read(read(0, EPOCH, false, consumer));
        follower.tell(Follower.Stop.INSTANCE);
        reader.read(read(0, EPOCH, false, consumer));

        // When
        clockStands.countDown();

        // Then
        assertThat(values(consumer.expectMessageClass(ReadReply.class, WAIT))).containsExactly("0:v0");
        assertThat(consumer.expectMessageClass(ReadReply.class, WAIT).error())
                .isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        link.expectTerminated(follower, WAIT);
        assertThat(registry.follower(id)).isNull();
    }
}
