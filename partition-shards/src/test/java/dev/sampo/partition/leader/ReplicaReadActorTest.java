package dev.sampo.partition.leader;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.AppendReply;
import dev.sampo.actors.protocol.Partition.HighWatermarkMoved;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.actors.protocol.Partition.ReplicaReadReply;
import dev.sampo.actors.protocol.Partition.Replicas;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Broker 1 leads a partition that 2 and 3 copy. */
class ReplicaReadActorTest {
    private static final List<Integer> THREE = List.of(1, 2, 3);

    @TempDir
    private Path folder;

    private PartitionFixture fixture;

    @AfterEach
    void close() {
        fixture.close();
    }

    private void serve(List<Integer> inSync) {
        fixture = PartitionFixture.fresh(folder).serve(
                1, new Replicas(0, THREE, inSync), Map.of("min.insync.replicas", "2"));
    }

    private TestProbe<Partition.Reply> read(int brokerId, long incarnation, long offset, int epoch, int lastEpoch) {
        TestProbe<Partition.Reply> answers = fixture.probe();
        fixture.partition.tell(new Partition.ReplicaRead(
                1, 0, brokerId, incarnation, offset, 1 << 20, epoch, lastEpoch, 0, true, true, answers.ref()));
        return answers;
    }

    private static ReplicaReadReply reply(TestProbe<Partition.Reply> answers) {
        return answers.expectMessageClass(ReplicaReadReply.class, PartitionFixture.WAIT);
    }

    private static int release(ReplicaReadReply reply) {
        int size = reply.records() == null ? 0 : reply.records().sizeBytes();
        if (reply.records() != null) {
            reply.records().release();
        }
        return size;
    }

    @Test
    void followersReadWhatIsNotCommittedYetAndTheirNextFetchCommitsIt() {
        // Given
        serve(THREE);
        TestProbe<Partition.Reply> second = read(2, 7, 0, 1, -1);
        TestProbe<Partition.Reply> third = read(3, 8, 0, 1, -1);
        assertThat(reply(second).records()).isNull();
        assertThat(reply(third).records()).isNull();
        TestProbe<Partition.Reply> producer = fixture.probe();

        // When
        fixture.send(PartitionFixture.batch(fixture.record("k", "v")), 1, producer);

        // Then
        ReplicaReadReply written = reply(second);
        assertThat(release(written)).isPositive();
        assertThat(written.highWatermark()).isZero();
        assertThat(written.logEndOffset()).isEqualTo(1);
        release(reply(third));
        TestProbe<Partition.Reply> secondAgain = read(2, 7, 1, 1, 1);
        assertThat(reply(secondAgain).highWatermark()).isZero();
        producer.expectNoMessage();
        assertThat(reply(read(3, 8, 1, 1, 1)).highWatermark()).isEqualTo(1);
        assertThat(producer.expectMessageClass(AppendReply.class, PartitionFixture.WAIT).error())
                .isEqualTo(KafkaError.NONE);
        assertThat(secondAgain.expectMessageClass(HighWatermarkMoved.class, PartitionFixture.WAIT).highWatermark())
                .isEqualTo(1);
        assertThat(fixture.values(0)).containsExactly("0:v");
    }

    @Test
    void aConsumerIsSentToAFollowerNearbyOnceThatHasWhatItWants() {
        // Given
        serve(THREE);
        TestProbe<Partition.Reply> reader = fixture.probe();
        consume(reader, 1, -1, 2);
        assertThat(reader.expectMessageClass(Partition.ReadReply.class, PartitionFixture.WAIT).error())
                .as("broker 2 has not fetched yet").isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE);
        TestProbe<Partition.Reply> second = read(2, 7, 0, 1, -1);
        TestProbe<Partition.Reply> third = read(3, 8, 0, 1, -1);
        reply(second);
        reply(third);
        TestProbe<Partition.Reply> producer = fixture.probe();
        fixture.send(PartitionFixture.batch(fixture.record("k", "v")), 1, producer);
        release(reply(second));
        release(reply(third));
        reply(read(2, 7, 1, 1, 1));
        reply(read(3, 8, 1, 1, 1));
        producer.expectMessageClass(AppendReply.class, PartitionFixture.WAIT);

        // When
        consume(reader, 0, 1, 2);
        consume(reader, 0, 0, 2);
        consume(reader, 0, 1, 9);

        // Then
        assertThat(reader.expectMessageClass(Partition.ReadElsewhereReply.class, PartitionFixture.WAIT))
                .isEqualTo(new Partition.ReadElsewhereReply(5, 4, 2, 1, 1, 0));
        assertThat(reader.expectMessageClass(Partition.ReadReply.class, PartitionFixture.WAIT).error())
                .isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        Partition.ReadReply own = reader.expectMessageClass(Partition.ReadReply.class, PartitionFixture.WAIT);
        assertThat(own.records().sizeBytes()).isPositive();
        own.records().release();
    }

    private void consume(TestProbe<Partition.Reply> reader, long offset, int epoch, int nearby) {
        fixture.partition.tell(new Partition.Read(
                5, 4, offset, 1 << 20, epoch, -1, false, true, true, new int[] {nearby}, reader.ref()));
    }

    @Test
    void onlyReplicasOfTheLeadersEpochAndTheirNewestProcessAreServed() {
        serve(THREE);
        assertThat(reply(read(4, 1, 0, 1, -1)).error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        assertThat(reply(read(2, 7, 0, 0, -1)).error()).isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        assertThat(reply(read(2, 7, 0, 2, -1)).error()).isEqualTo(KafkaError.UNKNOWN_LEADER_EPOCH);
        assertThat(reply(read(2, 7, 0, -1, -1)).error()).isEqualTo(KafkaError.UNKNOWN_LEADER_EPOCH);
        assertThat(reply(read(2, 7, 0, 1, -1)).error()).isEqualTo(KafkaError.NONE);
        assertThat(reply(read(2, 6, 0, 1, -1)).error()).isEqualTo(KafkaError.STALE_BROKER_EPOCH);
        ReplicaReadReply beyond = reply(read(3, 1, 9, 1, -1));
        assertThat(beyond.error()).isEqualTo(KafkaError.OFFSET_OUT_OF_RANGE);
        assertThat(beyond.logEndOffset()).isZero();
    }

    /** KIP-320, KIP-595: a follower of another history is told where it leaves the leader's, and is not counted. */
    @Test
    void aDivergingFollowerIsToldWhereAndDoesNotCount() {
        serve(List.of(1));
        fixture.append("a");
        ReplicaReadReply diverges = reply(read(2, 7, 5, 1, 1));
        assertThat(diverges.divergingEpoch()).isEqualTo(1);
        assertThat(diverges.divergingEndOffset()).isZero();
        assertThat(diverges.records()).isNull();
    }

    @Test
    void aFollowerOutsideOfTheIsrIsReportedProposedAndWaitedFor() {
        // Given
        serve(List.of(1, 2));
        reply(read(3, 8, 0, 1, -1));
        assertThat(fixture.sentinel.expectMessageClass(Partition.FollowerCaughtUp.class, PartitionFixture.WAIT))
                .isEqualTo(new Partition.FollowerCaughtUp(fixture.id, 1, new Member(3, 8)));

        // When
        var proposal = new Proposal(0, List.of(new Member(3, 8)));
        fixture.partition.tell(new Partition.ProposeInSync(1, proposal));

        // Then
        assertThat(fixture.sentinel.expectMessageClass(Partition.ProposalAnswered.class, PartitionFixture.WAIT))
                .isEqualTo(new Partition.ProposalAnswered(fixture.id, 1, proposal, List.of()));
        TestProbe<Partition.Reply> producer = fixture.probe();
        fixture.send(PartitionFixture.batch(fixture.record("k", "v")), 1, producer);
        release(reply(read(2, 7, 0, 1, -1)));
        reply(read(2, 7, 1, 1, 1));
        producer.expectNoMessage();
        fixture.partition.tell(new Partition.ReplicasChanged(1, new Replicas(1, THREE, List.of(1, 2))));
        assertThat(producer.expectMessageClass(AppendReply.class, PartitionFixture.WAIT).error())
                .isEqualTo(KafkaError.NONE);
    }

    @Test
    void aFollowerThatIsBehindForTooLongIsReported() {
        // Given
        serve(THREE);
        TestProbe<Partition.Reply> producer = fixture.probe();
        fixture.send(PartitionFixture.batch(fixture.record("k", "v")), 1, producer);
        release(reply(read(2, 7, 0, 1, -1)));
        reply(read(2, 7, 1, 1, 1));

        // When
        fixture.monotonicMs.addAndGet(30_001);
        fixture.partition.tell(new Partition.CheckFollowers(1));

        // Then
        assertThat(fixture.sentinel.expectMessageClass(Partition.FollowersBehind.class, PartitionFixture.WAIT))
                .isEqualTo(new Partition.FollowersBehind(fixture.id, 1, List.of(3)));
    }

    /** KIP-207. */
    @Test
    void theLatestOffsetIsNotToldBeforeTheHighWatermarkHasPassedTheStartOfTheEpoch() {
        // Given
        serve(List.of(1, 2));
        TestProbe<Partition.Reply> producer = fixture.probe();
        fixture.send(PartitionFixture.batch(fixture.record("k", "v")), 1, producer);
        release(reply(read(2, 7, 0, 1, -1)));
        fixture.serve(2, new Replicas(1, THREE, List.of(1, 2)), Map.of("min.insync.replicas", "2"));

        // Then
        assertThat(fixture.listOffset(-1).error()).isEqualTo(KafkaError.OFFSET_NOT_AVAILABLE);
        assertThat(fixture.listOffset(fixture.nowMs.get()).error()).isEqualTo(KafkaError.OFFSET_NOT_AVAILABLE);
        assertThat(fixture.listOffset(-2).error()).isEqualTo(KafkaError.NONE);
        reply(read(2, 7, 1, 2, 1));
        assertThat(fixture.listOffset(-1).offset()).isEqualTo(1);
    }

    /** Invariant 13. */
    @Test
    void withoutALeaseNothingIsAppendedAcknowledgedOrRead() {
        // Given
        serve(List.of(1, 2));
        TestProbe<Partition.Reply> producer = fixture.probe();
        fixture.send(PartitionFixture.batch(fixture.record("k", "v")), 1, producer);
        release(reply(read(2, 7, 0, 1, -1)));

        // When
        fixture.leaseNanos.set(2);

        // Then
        assertThat(reply(read(2, 7, 1, 1, 1)).error()).as("copying goes on").isEqualTo(KafkaError.NONE);
        assertThat(producer.expectMessageClass(AppendReply.class, PartitionFixture.WAIT).error())
                .isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        assertThat(fixture.append("w").error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        assertThat(fixture.read(0).error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        assertThat(fixture.listOffset(-1).error()).isEqualTo(KafkaError.NOT_LEADER_OR_FOLLOWER);
        fixture.lease.extendTo(10);
        assertThat(fixture.values(0)).containsExactly("0:v");
    }
}
