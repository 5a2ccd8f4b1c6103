package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.replica.Replica;
import dev.sampo.partition.replica.ReplicaSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.sampo.partition.leader.PartitionFixture.WAIT;
import static dev.sampo.partition.leader.PartitionFixture.await;
import static dev.sampo.partition.leader.PartitionFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;

/** The life of one partition on a real folder. */
final class PartitionLeaderActorTest {
    private static final Map<String, String> FLUSH_EACH = Map.of("flush.messages", "1");

    @TempDir
    private Path folder;

    @Test
    void beforeActivateEveryRequestIsAnsweredNotLeader() {
        try (var fixture = PartitionFixture.fresh(folder)) {
            assertThat(fixture.append("early").error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
            assertThat(fixture.read(0).error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
            assertThat(fixture.listOffset(-1).error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
            assertThat(fixture.describe().error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        }
    }

    @Test
    void recordsGetOffsetsInOrderAndAreReadBack() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // When
            Partition.AppendReply first = fixture.append(batch(fixture.record(null, "a"), fixture.record(null, "b")));
            Partition.AppendReply second = fixture.append("c");

            // Then
            assertThat(first.error()).isEqualTo(KafkaError.NONE);
            assertThat(first.baseOffset()).isEqualTo(0);
            assertThat(second.baseOffset()).isEqualTo(2);
            assertThat(fixture.values(0)).containsExactly("0:a", "1:b", "2:c");
            assertThat(fixture.read(3).highWatermark()).isEqualTo(3);
            assertThat(fixture.read(4).error()).isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE);
        }
    }

    @Test
    void appendsThatWaitWhileTheDiskWritesAreOneWrite() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            int before = fixture.disk.logWrites.get();
            CountDownLatch disk = fixture.disk.holdWrites();
            TestProbe<Partition.Reply> answers = fixture.probe();
            fixture.send(batch(fixture.record(null, "first")), 0, answers);
            await("the first is being written", () -> fixture.disk.logWrites.get() == before + 1);

            // When
            for (int i = 1; i <= 100; i++) {
                fixture.send(batch(fixture.record(null, "v" + i)), i, answers);
            }
            disk.countDown();

            // Then
            for (long i = 0; i <= 100; i++) {
                Partition.AppendReply reply = answers.expectMessageClass(Partition.AppendReply.class, WAIT);
                assertThat(reply.requestId()).isEqualTo(i);
                assertThat(reply.baseOffset()).isEqualTo(i);
            }
            assertThat(fixture.disk.logWrites.get() - before).isEqualTo(2);
        }
    }

    @Test
    void aResendIsAnsweredWithItsFirstOffsetAndNotWrittenAgain() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            fixture.append("other");
            ByteBuffer sent = PartitionFixture.idempotent(7, 0, fixture.record(null, "once"));
            ByteBuffer again = PartitionFixture.idempotent(7, 0, fixture.record(null, "once"));
            assertThat(fixture.append(sent).baseOffset()).isEqualTo(1);

            // When
            Partition.AppendReply reply = fixture.append(again);

            // Then
            assertThat(reply.error()).isEqualTo(KafkaError.NONE);
            assertThat(reply.baseOffset()).isEqualTo(1);
            assertThat(fixture.append(PartitionFixture.idempotent(7, 5, fixture.record(null, "gap"))).error())
                    .isEqualTo(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
            assertThat(fixture.values(0)).containsExactly("0:other", "1:once");
        }
    }

    @Test
    void withFlushMessagesOneNothingIsAcknowledgedOrShownBeforeItIsForced() {
        try (var fixture = PartitionFixture.fresh(folder).serve(1, FLUSH_EACH)) {
            // Given
            fixture.holdFlushes(true);
            TestProbe<Partition.Reply> answers = fixture.probe();

            // When
            fixture.send(batch(fixture.record(null, "a")), 1, answers);
            await("a flush is due", () -> !fixture.heldFlushes.isEmpty());

            // Then
            assertThat(fixture.read(0).records()).isNull();
            assertThat(fixture.describe().logEndOffset()).isEqualTo(1);
            answers.expectNoMessage();
            fixture.holdFlushes(false);
            assertThat(answers.expectMessageClass(Partition.AppendReply.class, WAIT).error()).isEqualTo(KafkaError.NONE);
            assertThat(fixture.values(0)).containsExactly("0:a");
        }
    }

    @Test
    void aReaderThatWaitsAtTheEndIsToldOnceWhenDataArrives() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            TestProbe<Partition.Reply> reader = fixture.probe();
            fixture.partition.tell(new Partition.Read(9, 3, 0, 1 << 20, -1, -1, false, true, true, reader.ref()));
            reader.expectMessageClass(Partition.ReadReply.class, WAIT);

            // When
            fixture.append("a");
            fixture.append("b");

            // Then
            assertThat(reader.expectMessageClass(Partition.DataArrived.class, WAIT))
                    .isEqualTo(new Partition.DataArrived(9, 3));
            reader.expectNoMessage();
        }
    }

    @Test
    void stopAnswersWhoeverWaitsClosesCleanAndTheNextProcessNeedsNoRecovery() throws IOException {
        PartitionFixture next;
        try (var fixture = PartitionFixture.fresh(folder).serve(1, FLUSH_EACH)) {
            // Given an append that waits for its flush, and a reader
            fixture.append("a");
            fixture.holdFlushes(true);
            TestProbe<Partition.Reply> producer = fixture.probe();
            fixture.send(batch(fixture.record(null, "b")), 1, producer);
            TestProbe<Partition.Reply> reader = fixture.probe();
            fixture.partition.tell(new Partition.Read(9, 0, 1, 1 << 20, -1, -1, false, true, true, reader.ref()));
            reader.expectMessageClass(Partition.ReadReply.class, WAIT);

            // When
            fixture.stop(false);

            // Then
            assertThat(producer.expectMessageClass(Partition.AppendReply.class, WAIT).error())
                    .isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
            reader.expectMessageClass(Partition.DataArrived.class, WAIT);
            assertThat(fixture.registry.find(fixture.id)).isNull();
            assertThat(fixture.home.mayMarkClean()).isFalse();
            fixture.holdFlushes(false);
            fixture.awaitStopped();
            fixture.closeLogs();
            assertThat(fixture.home.mayMarkClean()).isTrue();
            next = fixture.restart(true);
        }
        try (next) {
            assertThat(next.serve(2, Map.of()).values(0)).containsExactly("0:a", "1:b");
        }
    }

    @Test
    void stopWithDeletionRemovesTheFolderAlsoWhenAStopWithoutItCameFirstOrItNeverServed() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            fixture.append("a");
            fixture.stop(false);
            fixture.awaitStopped();
            fixture.spawn(); // as sharding does for what comes later
            fixture.stop(true);
            fixture.awaitStopped();
            assertThat(fixture.folder()).doesNotExist();
        }
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            fixture.append("a");
            fixture.stop(true);
            fixture.awaitStopped();
            assertThat(fixture.folder()).doesNotExist();

            fixture.spawn();
            fixture.folder().toFile().mkdirs();
            fixture.stop(true);
            fixture.awaitStopped();
            assertThat(fixture.folder()).doesNotExist();
        }
    }

    @Test
    void aStopThatFollowsANewEpochIsObeyed() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            fixture.append("a");

            // When
            fixture.stop(false);
            fixture.activate(2, Map.of());
            fixture.stop(false);

            // Then
            fixture.awaitStopped();
            assertThat(fixture.registry.find(fixture.id)).isNull();
        }
    }

    @Test
    void whatShardingHandsOffIsServedUntilALeaderIsElectedElsewhere() throws Exception {
        var inSync = new Partition.Replicas(0, List.of(1, 2), List.of(1, 2));
        try (var fixture = PartitionFixture.fresh(folder).serve(1, inSync, Map.of())) {
            // Given
            TestProbe<Partition.Reply> written = fixture.probe();
            fixture.partition.tell(new Partition.Append(
                    1, 0, batch(fixture.record(null, "written")), Acks.LEADER, Partition.Origin.CLIENT,
                    written.ref()));
            written.expectMessageClass(Partition.AppendReply.class, WAIT);
            TestProbe<Partition.Reply> waiting = fixture.probe();
            fixture.send(batch(fixture.record(null, "waits for broker 2")), 2, waiting);

            // When
            ActorRef<Partition.Command> entity = fixture.partition;
            entity.tell(new Partition.HandOff());

            // Then
            await("goes on", () -> fixture.registry.find(fixture.id).handedOff()); // and is found all the time
            fixture.probe().expectTerminated(entity, WAIT);
            PartitionRegistry.Entry entry = fixture.registry.find(fixture.id);
            assertThat(entry.leaderEpoch()).isEqualTo(1);
            fixture.partition = entry.leader();
            fixture.partition.tell(new Partition.ReplicaRead(
                    1, 0, 2, 7, 2, 1 << 20, 1, 1, -1, true, false, fixture.probe().ref()));
            Partition.AppendReply acknowledged = waiting.expectMessageClass(Partition.AppendReply.class, WAIT);
            assertThat(acknowledged.error()).isEqualTo(KafkaError.NONE);
            assertThat(acknowledged.baseOffset()).isEqualTo(1);
            assertThat(fixture.values(0)).containsExactly("0:written", "1:waits for broker 2");
            TestProbe<Partition.Reply> tooLate = fixture.probe();
            fixture.send(batch(fixture.record(null, "nobody copies this one")), 3, tooLate);

            // And a follower of the next leader claims the log
            Replica next = fixture.home.logs().claim(
                    fixture.id, "orders-0", 2, ReplicaSettings.log(PartitionFixture.settings(Map.of()), fixture.home),
                    newer -> {}).taken().get(WAIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(fixture.registry.find(fixture.id)).isNull();
            assertThat(tooLate.expectMessageClass(Partition.AppendReply.class, WAIT).error())
                    .isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
            next.giveBack();
        }
    }

    @Test
    void whoGoesOnAfterAHandOffBeginsOnceItIsToldAndAnswersWhoCameBefore() throws Exception {
        var inSync = new Partition.Replicas(0, List.of(1, 2), List.of(1, 2));
        try (var fixture = PartitionFixture.fresh(folder)) {
            // Given
            var epoch = new Partition.Activate(
                    fixture.id, "orders", 1, inSync, null, PartitionFixture.settings(Map.of()), fixture.sentinel.ref());
            fixture.partition = fixture.kit.spawn(PartitionLeaderActor.afterHandOff(fixture.home, epoch, 0));
            TestProbe<Partition.Reply> early = fixture.probe();
            for (int i = 0; i < 600; i++) {
                fixture.partition.tell(new Partition.DescribeLog(i, 0, early.ref()));
            }
            for (int i = 500; i < 600; i++) {
                assertThat(early.expectMessageClass(Partition.DescribeLogReply.class, WAIT).error())
                        .as("one too many").isNotEqualTo(KafkaError.NONE);
            }
            assertThat(fixture.registry.find(fixture.id)).as("begins by itself").isNull();
            Replica other = fixture.home.logs().claim(
                    fixture.id, "orders-0", 1, ReplicaSettings.log(PartitionFixture.settings(Map.of()), fixture.home),
                    newer -> {}).taken().get(WAIT.toSeconds(), TimeUnit.SECONDS);
            other.giveBack();

            // When
            fixture.partition.tell(new PartitionLeaderActor.TakeOver(List.of()));

            // Then
            for (int i = 0; i < 500; i++) {
                Partition.DescribeLogReply reply = early.expectMessageClass(Partition.DescribeLogReply.class, WAIT);
                assertThat(reply.error()).isEqualTo(KafkaError.NONE);
                assertThat(reply.requestId()).isEqualTo(i);
            }
            assertThat(fixture.registry.find(fixture.id).handedOff()).isTrue();
        }
    }

    /** Broker 3 is about to be in sync. @return lets the write go on */
    private static CountDownLatch producerThatWaitsForAProposed(
            PartitionFixture fixture, Partition.Replicas inSync, TestProbe<Partition.Reply> producer) {
        fixture.partition.tell(new Partition.Activate(
                fixture.id, "orders", 1, inSync, new Partition.Proposal(0, List.of(new Partition.Member(3, 8))),
                PartitionFixture.settings(Map.of()), fixture.sentinel.ref()));
        await("serves", () -> fixture.registry.find(fixture.id) != null);
        CountDownLatch writes = fixture.disk.holdWrites();
        fixture.send(batch(fixture.record(null, "waits")), 1, producer);
        return writes;
    }

    @Test
    void whatIsOnItsWayToALeaderThatIsHandedOffReachesWhoGoesOn() {
        var inSync = new Partition.Replicas(0, List.of(1, 2, 3), List.of(1, 2));
        try (var fixture = PartitionFixture.fresh(folder)) {
            // Given a producer that waits for broker 2, and for broker 3, which is about to be in sync
            TestProbe<Partition.Reply> producer = fixture.probe();
            CountDownLatch writes = producerThatWaitsForAProposed(fixture, inSync, producer);

            // When, all of it before the hand-off begins
            fixture.partition.tell(new Partition.HandOff());
            fixture.partition.tell(new Partition.CancelProposal(1, 0));
            fixture.partition.tell(new Partition.Reconfigure(
                    PartitionFixture.settings(Map.of("max.message.bytes", "100"))));
            fixture.partition.tell(new Partition.ReplicasChanged(
                    1, new Partition.Replicas(1, List.of(1, 2, 3), List.of(1))));
            writes.countDown();

            // Then
            assertThat(producer.expectMessageClass(Partition.AppendReply.class, WAIT).error())
                    .isEqualTo(KafkaError.NONE);
            fixture.partition = fixture.registry.find(fixture.id).leader();
            assertThat(fixture.registry.find(fixture.id).handedOff()).isTrue();
            assertThat(fixture.append("x".repeat(200)).error()).isEqualTo(KafkaError.MESSAGE_TOO_LARGE);
            fixture.partition.tell(new Partition.ReplicasChanged(1, inSync)); // late
            assertThat(fixture.append("y").error()).isEqualTo(KafkaError.NONE);
        }
    }

    @Test
    void aProposalThatIsCancelledAtAHandOffHoldsNobodyUp() {
        var inSync = new Partition.Replicas(0, List.of(1, 2, 3), List.of(1, 2));
        try (var fixture = PartitionFixture.fresh(folder)) {
            // Given
            TestProbe<Partition.Reply> producer = fixture.probe();
            CountDownLatch writes = producerThatWaitsForAProposed(fixture, inSync, producer);

            // When
            fixture.partition.tell(new Partition.HandOff());
            fixture.partition.tell(new Partition.CancelProposal(1, 0));
            writes.countDown();
            await("goes on", () -> fixture.registry.find(fixture.id).handedOff());
            fixture.registry.find(fixture.id).leader().tell(new Partition.ReplicaRead(
                    1, 0, 2, 7, 1, 1 << 20, 1, 1, -1, true, false, fixture.probe().ref()));

            // Then
            assertThat(producer.expectMessageClass(Partition.AppendReply.class, WAIT).error())
                    .isEqualTo(KafkaError.NONE);
        }
    }

    @Test
    void aLeaderThatEndsWithTheActorSystemLeavesItsLogToBeClosedClean() throws Exception {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            fixture.append("kept");

            // When
            fixture.kit.shutdownTestKit();
            fixture.closeLogs();

            // Then
            assertThat(fixture.home.mayMarkClean()).isTrue();
        }
    }

    @Test
    void whatNobodyElseMayLeadIsClosedAtAHandOff() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            ActorRef<Partition.Command> entity = fixture.partition;
            entity.tell(new Partition.HandOff());
            fixture.probe().expectTerminated(entity, WAIT);
            assertThat(fixture.registry.find(fixture.id)).isNull();
        }
    }

    @Test
    void aRequestThatComesWhenTheActorIsGoneIsAnswered() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            LateRequests.start(fixture.kit.system());
            fixture.stop(false);
            fixture.awaitStopped();
            var answer = new AtomicReference<Partition.Reply>();
            await("it listens", () -> { // it subscribes once it has started
                TestProbe<Partition.Reply> late = fixture.probe();
                fixture.send(batch(fixture.record(null, "late")), 1, late);
                try {
                    answer.set(late.receiveMessage(Duration.ofMillis(100)));
                    return true;
                } catch (AssertionError notYet) {
                    return false;
                }
            });
            assertThat(((Partition.AppendReply) answer.get()).error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        }
    }

    @Test
    void inANewEpochTheSameLogIsServedAndTheOldEpochIsFenced() {
        try (var fixture = PartitionFixture.fresh(folder).serve(1, Map.of())) {
            // Given
            fixture.append("a");
            fixture.append("b");

            // When
            fixture.serve(4, Map.of());
            fixture.append("c");

            // Then
            assertThat(fixture.values(0)).containsExactly("0:a", "1:b", "2:c");
            assertThat(fixture.read(0, 1).error()).isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
            assertThat(fixture.read(0, 5).error()).isEqualTo(KafkaError.UNKNOWN_LEADER_EPOCH);
            TestProbe<Partition.Reply> answers = fixture.probe();
            fixture.partition.tell(new Partition.EpochEndOffset(1, 0, -1, 3, answers.ref()));
            var end = answers.expectMessageClass(Partition.EpochEndOffsetReply.class, WAIT);
            assertThat(end.leaderEpoch()).isEqualTo(1);
            assertThat(end.endOffset()).isEqualTo(2);
        }
    }

    @Test
    void afterAnUncleanEndEveryAcknowledgedRecordIsThereAndATornOneIsNot() throws IOException {
        PartitionFixture next;
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            fixture.append("a");
            fixture.append("b");
            next = fixture.restart(false);
        }
        Files.write(segment(next, 0), new byte[] {0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}, StandardOpenOption.APPEND);
        try (next) {
            next.serve(2, Map.of());
            assertThat(next.append("c").baseOffset()).isEqualTo(2);
            assertThat(next.values(0)).containsExactly("0:a", "1:b", "2:c");
        }
    }

    @Test
    void aCleanStartIsTrustedOnlyByTheFirstOpeningOfALog() throws Exception {
        PartitionFixture next;
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            fixture.append("a");
            fixture.stop(false);
            fixture.awaitStopped();
            next = fixture.restart(true);
        }
        try (next) {
            // Given a log that was opened after a clean start, and then ended unclean with a torn batch
            next.serve(2, Map.of());
            next.append("b");
            next.kit.stop(next.partition);
            next.home.logs().claim(
                    next.id, "orders-0", 2, ReplicaSettings.log(PartitionFixture.settings(Map.of()), next.home), newer -> {})
                    .taken().get(WAIT.toSeconds(), TimeUnit.SECONDS).discard(CompletableFuture.completedFuture(null));
            Files.write(segment(next, 0), new byte[] {0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}, StandardOpenOption.APPEND);

            // When the same process opens it again
            next.spawn();
            next.serve(3, Map.of());

            // Then
            assertThat(next.append("c").baseOffset()).isEqualTo(2);
            assertThat(next.values(0)).containsExactly("0:a", "1:b", "2:c");
            assertThat(next.home.mayMarkClean()).isFalse();
        }
    }

    @Test
    void afterAnUncleanStartTheFolderIsNotMarkedCleanWhileALogWasNeverOpened() throws IOException {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            Files.createDirectory(folder.resolve(Uuid.randomUuid() + "-0"));
            fixture.stop(false);
            fixture.awaitStopped();
            fixture.closeLogs();

            assertThat(fixture.home.mayMarkClean()).isFalse();
        }
    }

    @Test
    void withLogAppendTimeTheBrokersClockIsInTheAnswerAndInTheRecords() {
        try (var fixture = PartitionFixture.fresh(folder).serve(1, Map.of("message.timestamp.type", "LogAppendTime"))) {
            ByteBuffer sent = batch(fixture.record(null, "a"));
            long appendedMs = fixture.nowMs.addAndGet(5_000);

            assertThat(fixture.append(sent).logAppendTimeMs()).isEqualTo(appendedMs);
            assertThat(fixture.listOffset(-3).timestamp()).isEqualTo(appendedMs);
        }
    }

    @Test
    void offsetsAreListedByPlaceAndByTime() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given records at 0, 10 s and 20 s
            long beginMs = fixture.nowMs.get();
            LongStream.range(0, 3).forEach(i -> {
                fixture.append("v" + i);
                fixture.nowMs.addAndGet(10_000);
            });

            // Then
            assertThat(fixture.listOffset(-1).offset()).isEqualTo(3);
            assertThat(fixture.listOffset(-2).offset()).isEqualTo(0);
            assertThat(fixture.listOffset(-3).offset()).isEqualTo(2);
            assertThat(fixture.listOffset(-3).timestamp()).isEqualTo(beginMs + 20_000);
            assertThat(fixture.listOffset(-4).offset()).isEqualTo(0);
            assertThat(fixture.listOffset(-5).offset()).isEqualTo(-1);
            assertThat(fixture.listOffset(-6).offset()).isEqualTo(-1);
            assertThat(fixture.listOffset(-7).error()).isEqualTo(KafkaError.UNSUPPORTED_VERSION);
            assertThat(fixture.listOffset(beginMs + 1).offset()).isEqualTo(1);
            assertThat(fixture.listOffset(beginMs + 1).leaderEpoch()).isEqualTo(1);
            assertThat(fixture.listOffset(beginMs + 20_001).offset()).isEqualTo(-1);
        }
    }

    @Test
    void deletedRecordsAreGoneForReadersAtOnceAndAfterARestart() {
        PartitionFixture next;
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            fixture.append("a");
            fixture.append("b");
            fixture.append("c");

            // When
            assertThat(fixture.deleteRecords(4).error()).isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE);
            assertThat(fixture.deleteRecords(2).lowWatermark()).isEqualTo(2);

            // Then
            assertThat(fixture.read(1).error()).isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE);
            assertThat(fixture.values(2)).containsExactly("2:c");
            next = fixture.restart(false);
        }
        try (next) {
            next.serve(2, Map.of());
            assertThat(next.listOffset(-2).offset()).isEqualTo(2);
            assertThat(next.deleteRecords(-1).lowWatermark()).isEqualTo(3);
            next.partition.tell(new Partition.Reconfigure(
                    PartitionFixture.settings(Map.of("cleanup.policy", "compact"))));
            assertThat(next.deleteRecords(3).error()).isEqualTo(KafkaError.POLICY_VIOLATION);
        }
    }

    @Test
    void retentionRemovesOldSegmentsAndTheirFilesLater() {
        Map<String, String> settings =
                Map.of("segment.ms", "1000", "retention.ms", "10000", "file.delete.delay.ms", "0");
        try (var fixture = PartitionFixture.fresh(folder).serve(1, settings)) {
            // Given two segments, the first of them too old soon
            fixture.append("a");
            fixture.nowMs.addAndGet(8_000);
            fixture.append("b");
            fixture.nowMs.addAndGet(4_000);

            // When
            fixture.partition.tell(new Partition.Maintain(true));

            // Then
            assertThat(fixture.listOffset(-2).offset()).isEqualTo(1);
            assertThat(fixture.values(1)).containsExactly("1:b");
            await("its files are deleted", () -> {
                try (var files = Files.list(fixture.folder())) {
                    return files.noneMatch(file -> file.toString().endsWith(".deleted"));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThat(segment(fixture, 0)).doesNotExist();
        }
    }

    @Test
    void compactionKeepsTheLastValueOfEachKeyWithItsOffsetAlsoAfterARestart() {
        Map<String, String> settings = Map.of(
                "cleanup.policy", "compact", "segment.ms", "1000", "min.cleanable.dirty.ratio", "0",
                "file.delete.delay.ms", "0");
        PartitionFixture next;
        try (var fixture = PartitionFixture.fresh(folder).serve(1, settings)) {
            // Given three closed segments and one that is being written
            for (String value : new String[] {"1", "2", "3", "4"}) {
                fixture.append(batch(fixture.record("k", "k" + value), fixture.record("only" + value, "o" + value)));
                fixture.nowMs.addAndGet(2_000);
            }

            // When
            await("compacted", () -> {
                fixture.partition.tell(new Partition.Maintain(false));
                return !fixture.values(0).contains("2:k2");
            });

            // Then
            assertThat(fixture.values(0)).contains("1:o1", "3:o2", "5:o3", "7:o4", "6:k4").doesNotContain("0:k1");
            assertThat(fixture.append(batch(fixture.record("k", "k5"))).baseOffset()).isEqualTo(8);
            next = fixture.restart(false);
        }
        try (next) {
            next.serve(2, settings);
            assertThat(next.values(0)).contains("1:o1", "3:o2", "5:o3", "7:o4", "8:k5").doesNotContain("0:k1", "2:k2");
        }
    }

    @Test
    void withCompactAndDeleteOldSegmentsGoAsWell() {
        Map<String, String> settings = Map.of(
                "cleanup.policy", "compact,delete", "segment.ms", "1000", "retention.ms", "10000",
                "min.cleanable.dirty.ratio", "0");
        try (var fixture = PartitionFixture.fresh(folder).serve(1, settings)) {
            // Given
            fixture.append(batch(fixture.record("a", "1")));
            fixture.nowMs.addAndGet(20_000);
            fixture.append(batch(fixture.record("b", "2")));

            // Then
            await("the old segment is gone", () -> {
                fixture.partition.tell(new Partition.Maintain(true));
                return fixture.listOffset(-2).offset() == 1;
            });
            assertThat(fixture.values(1)).containsExactly("1:2");
        }
    }

    private static Path segment(PartitionFixture fixture, long baseOffset) {
        return fixture.folder().resolve("%020d.log".formatted(baseOffset));
    }
}
