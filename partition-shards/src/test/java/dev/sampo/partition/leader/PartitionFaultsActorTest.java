package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.sampo.partition.leader.PartitionFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

/** What a partition does when the disk refuses. */
final class PartitionFaultsActorTest {
    private static final Map<String, String> FLUSH_EACH = Map.of("flush.messages", "1");

    @TempDir
    private Path folder;

    @Test
    void aFullDiskFailsAppendsOnlyAndTheyGoOnByThemselvesWhenThereIsSpace() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            fixture.append("a");

            // When
            fixture.disk.full(true);
            assertThat(fixture.append("lost").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);

            // Then reads go on, also while producers keep trying
            await("it reads", () -> fixture.read(0).error() == KafkaError.NONE);
            assertThat(fixture.append("lost").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.values(0)).containsExactly("0:a");
            assertThat(fixture.registry.find(fixture.id)).isNotNull();

            // When there is space again
            fixture.disk.full(false);

            // Then
            await("it appends", () -> fixture.append("b").error() == KafkaError.NONE);
            assertThat(fixture.values(0)).containsExactly("0:a", "1:b");
        }
    }

    /** In its epoch it would put other records where followers have these. */
    @Test
    void aLogThatIsOpenedAgainShorterThanItWasIsLedNoMoreByThisProcess() {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            // Given
            fixture.append("a");
            fixture.append("b");

            // When
            fixture.disk.lossy();
            fixture.disk.full(true);
            assertThat(fixture.append("lost").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            fixture.disk.full(false);

            // Then
            await("it has looked", () -> fixture.home.logs().hasForceFailed());
            assertThat(fixture.append("c").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
        }
    }

    @Test
    void aFailedForceTakesThePartitionOfflineUntilTheNextProcessAndIsNeverTriedAgain() throws IOException {
        PartitionFixture next;
        try (var fixture = PartitionFixture.fresh(folder).serve(1, FLUSH_EACH)) {
            // Given
            fixture.append("a");

            // When
            fixture.disk.forceFails(true);
            assertThat(fixture.append("unknown").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            fixture.disk.forceFails(false);
            int forces = fixture.disk.logForces.get();

            // Then neither time, nor a new epoch, nor a new actor brings it back
            assertThat(fixture.append("b").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            fixture.partition.tell(new Partition.Maintain(true));
            fixture.serve(2, FLUSH_EACH);
            assertThat(fixture.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            fixture.stop(false);
            fixture.awaitStopped();
            fixture.spawn();
            fixture.serve(3, FLUSH_EACH);
            assertThat(fixture.append("b").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.disk.logForces.get()).isEqualTo(forces);
            assertThat(fixture.home.mayMarkClean()).isFalse();
            next = fixture.restart(false);
        }
        try (next) {
            assertThat(next.serve(4, FLUSH_EACH).values(0)).first().isEqualTo("0:a");
        }
    }

    @Test
    void aFlushThatFailsBehindAnAppendIsAFailedForceWhoeverNoticesIt() {
        try (var fixture = PartitionFixture.fresh(folder).serve(1, Map.of("flush.messages", "2"))) {
            // Given a flush that fails while its answer is under way: the next append finds the log failed
            fixture.holdFlushes(true);
            fixture.disk.forceFails(true);
            fixture.append("a");
            var producer = fixture.probe();
            fixture.send(PartitionFixture.batch(fixture.record(null, "b")), 1, producer);
            await("a flush is due", () -> !fixture.heldFlushes.isEmpty());

            // When
            fixture.heldFlushes.remove().run();
            fixture.holdFlushes(false);
            fixture.disk.forceFails(false);
            fixture.append("c");

            // Then
            assertThat(producer.expectMessageClass(Partition.AppendReply.class, PartitionFixture.WAIT).error())
                    .isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.append("d").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.home.logs().isForceFailed(fixture.id)).isTrue();
        }
    }

    @Test
    void aFlushThatFailsAfterAHandOffTakesWhoGoesOnOfflineAtOnce() {
        var inSync = new Partition.Replicas(0, List.of(1, 2), List.of(1, 2));
        try (var fixture = PartitionFixture.fresh(folder).serve(1, inSync, Map.of("segment.bytes", "1048576"))) {
            // Given a flush under way, since a segment is full, and a producer that waits for broker 2
            fixture.holdFlushes(true);
            TestProbe<Partition.Reply> waiting = fixture.probe();
            fixture.send(PartitionFixture.batch(fixture.record(null, "x".repeat(700_000))), 1, waiting);
            fixture.send(PartitionFixture.batch(fixture.record(null, "y".repeat(700_000))), 2, waiting);
            await("a flush is due", () -> !fixture.heldFlushes.isEmpty());
            fixture.partition.tell(new Partition.HandOff());
            await("goes on", () -> fixture.registry.find(fixture.id).handedOff());
            fixture.partition = fixture.registry.find(fixture.id).leader();
            assertThat(fixture.describe().error()).isEqualTo(KafkaError.NONE);

            // When
            fixture.disk.forceFails(true);
            fixture.heldFlushes.remove().run();

            // Then, with nothing that makes it look at its disk
            assertThat(waiting.expectMessageClass(Partition.AppendReply.class, PartitionFixture.WAIT).error())
                    .isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(waiting.expectMessageClass(Partition.AppendReply.class, PartitionFixture.WAIT).error())
                    .isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.home.logs().isForceFailed(fixture.id)).isTrue();
        }
    }

    /** The kernel tells of a lost page once: a force that overtakes the one that hears of it succeeds. */
    @Test
    void whoGoesOnAfterAHandOffForcesBehindTheFlushThatIsUnderWay() {
        var inSync = new Partition.Replicas(0, List.of(1, 2), List.of(1, 2));
        try (var fixture = PartitionFixture.fresh(folder).serve(1, inSync, FLUSH_EACH)) {
            // Given
            fixture.holdFlushes(true);
            TestProbe<Partition.Reply> producer = fixture.probe();
            fixture.partition.tell(new Partition.Append(
                    1, 0, PartitionFixture.batch(fixture.record(null, "a")), Acks.LEADER, Partition.Origin.CLIENT,
                    producer.ref()));
            await("a flush is due", () -> !fixture.heldFlushes.isEmpty());
            ActorRef<Partition.Command> entity = fixture.partition;
            entity.tell(new Partition.HandOff());
            fixture.probe().expectTerminated(entity, PartitionFixture.WAIT);
            fixture.partition = fixture.registry.find(fixture.id).leader();
            TestProbe<Partition.Reply> early = fixture.probe();
            for (int i = 0; i <= 500; i++) { // one too many is refused: it opens its log
                fixture.partition.tell(new Partition.DescribeLog(i, 0, early.ref()));
            }
            assertThat(early.expectMessageClass(Partition.DescribeLogReply.class, PartitionFixture.WAIT).error())
                    .isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);

            // When
            fixture.disk.forceFails(true);
            fixture.heldFlushes.remove().run();
            fixture.disk.forceFails(false);

            // Then
            assertThat(producer.expectMessageClass(Partition.AppendReply.class, PartitionFixture.WAIT).error())
                    .isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.append("b").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.disk.logForces).hasValue(1);
        }
    }

    @Test
    void aFailedForceWhileItStopsLeavesTheFolderUnclean() throws IOException {
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            fixture.append("a");
            fixture.disk.forceFails(true);
            fixture.stop(false);
            fixture.awaitStopped();
            fixture.closeLogs();

            assertThat(fixture.home.mayMarkClean()).isFalse();
        }
    }

    @Test
    void aDamagedLogIsOfflineAndNothingOfItIsChanged() throws IOException {
        PartitionFixture next;
        try (var fixture = PartitionFixture.fresh(folder).serve()) {
            fixture.append("aaaaaaaaaaaaaaaaaaaaaaaa");
            fixture.append("bbbbbbbbbbbbbbbbbbbbbbbb");
            next = fixture.restart(false);
        }
        try (next) {
            // Given a bit that rotted inside the first batch, with a good batch behind it
            Path segment = next.folder().resolve("%020d.log".formatted(0));
            byte[] bytes = Files.readAllBytes(segment);
            bytes[75] ^= 1;
            Files.write(segment, bytes);

            // When
            next.serve(2, Map.of());

            // Then
            assertThat(next.append("c").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(next.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            next.serve(3, Map.of());
            assertThat(next.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
            next.stop(false);
            next.awaitStopped();
            assertThat(next.home.mayMarkClean()).isFalse();
        }
    }

    @Test
    void damageThatAReadFindsTakesThatPartitionOfflineForGoodAndOthersServeOn() throws IOException {
        try (var fixture = PartitionFixture.fresh(folder).serve(1, Map.of())) {
            // Given two batches, and the second one's header overwritten behind the broker's back
            fixture.append("a");
            long size = fixture.describe().sizeBytes();
            fixture.append("b");
            Path segment = fixture.folder().resolve("%020d.log".formatted(0));
            byte[] bytes = Files.readAllBytes(segment);
            java.util.Arrays.fill(bytes, (int) size + 8, (int) size + 20, (byte) 0x55);
            Files.write(segment, bytes);

            // When
            assertThat(fixture.read(1).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            int writes = fixture.disk.logWrites.get();

            // Then neither reads nor appends, nor time, nor a new epoch, nor a new actor opens it again
            assertThat(fixture.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.append("c").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.describe().error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            fixture.partition.tell(new Partition.Maintain(true));
            fixture.serve(2, Map.of());
            assertThat(fixture.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            fixture.stop(false);
            fixture.awaitStopped();
            fixture.spawn();
            fixture.serve(3, Map.of());
            assertThat(fixture.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(fixture.disk.logWrites.get()).isEqualTo(writes);

            // And nothing of it was changed
            assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
            assertThat(fixture.home.mayMarkClean()).isFalse();
        }
    }

    @Test
    void aSegmentFileThatIsGoneTakesThePartitionOfflineAndNoEmptyOneIsMadeInItsPlace() throws IOException {
        PartitionFixture next;
        Map<String, String> small = Map.of("segment.bytes", "1048576");
        try (var fixture = PartitionFixture.fresh(folder).serve(1, small)) {
            fixture.append("x".repeat(700_000));
            fixture.append("y".repeat(700_000));
            fixture.stop(false);
            fixture.awaitStopped();
            next = fixture.restart(true);
        }
        try (next) {
            // Given
            next.serve(2, small);
            Path first = next.folder().resolve("%020d.log".formatted(0));
            Files.delete(first);

            // When
            assertThat(next.read(0).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);

            // Then
            assertThat(next.read(1).error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);
            assertThat(first).doesNotExist();
        }
    }

    @Test
    void aLogThatCannotBeOpenedIsTriedAgainWithTheNewestSettings() throws IOException {
        try (var fixture = PartitionFixture.fresh(folder)) {
            // Given a file in the folder's place
            Files.writeString(fixture.folder(), "in the way");
            fixture.serve(1, Map.of("max.message.bytes", "100000"));
            assertThat(fixture.append("a").error()).isEqualTo(KafkaError.KAFKA_STORAGE_ERROR);

            // When
            fixture.partition.tell(new Partition.Reconfigure(PartitionFixture.settings(Map.of("max.message.bytes", "90"))));
            Files.delete(fixture.folder());

            // Then
            await("it serves", () -> fixture.append("b").error() == KafkaError.NONE);
            assertThat(fixture.append("a value that is much longer than the ninety bytes allowed").error())
                    .isEqualTo(KafkaError.MESSAGE_TOO_LARGE);
        }
    }
}
