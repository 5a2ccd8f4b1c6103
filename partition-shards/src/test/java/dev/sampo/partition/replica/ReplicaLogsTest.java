package dev.sampo.partition.replica;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.lease.Leading;
import dev.sampo.partition.replica.LogRefusedException.Reason;
import dev.sampo.persistence.log.LogSettings;
import dev.sampo.persistence.log.RealLogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

final class ReplicaLogsTest {
    private final TopicIdPartition id = new TopicIdPartition(Uuid.randomUuid(), 3);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ConcurrentLinkedQueue<Integer> wanted = new ConcurrentLinkedQueue<>();

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private ReplicaLogs logs(boolean cleanStart) {
        return new ReplicaLogs(folder, new RealLogFiles(), cleanStart, threads, () -> 1_000);
    }

    private LogSettings settings(ReplicaLogs logs) {
        TopicSettings topic = TopicConfigs.settings(Map.of(), BrokerDefaults.of(Map.of()));
        return ReplicaSettings.log(
                topic, new PartitionHome(
                        logs, new PartitionRegistry(), threads, threads, threads, () -> 1_000, 86_400_000,
                        Leading.of(1, LeaderLease.ofSingleVoter(), 30_000)));
    }

    private ReplicaLogs.Claim claim(ReplicaLogs logs, int leaderEpoch) {
        return logs.claim(id, "orders-3", leaderEpoch, settings(logs), wanted::add);
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    private static Reason refusal(CompletableFuture<Replica> taken) throws Exception {
        try {
            get(taken);
        } catch (ExecutionException e) {
            return ((LogRefusedException) e.getCause()).reason();
        }
        throw new AssertionError("not refused");
    }

    private static void append(Replica replica, String value) throws IOException {
        ByteBuffer batch = MemoryRecords.withRecords(
                        replica.log().logEndOffset(), Compression.NONE, 0,
                        new SimpleRecord(value.getBytes(StandardCharsets.UTF_8)))
                .buffer();
        replica.log().append(List.of(batch), 1_000);
    }

    @Test
    void theNextOwnerGetsTheSameOpenLogOnceTheFirstHasGivenItBack() throws Exception {
        // Given
        ReplicaLogs logs = logs(false);
        Replica leader = get(claim(logs, 1).taken());
        append(leader, "a");
        leader.highWatermark(1);
        CompletableFuture<Replica> next = claim(logs, 2).taken();
        assertThat(next).isNotDone();

        // When
        leader.giveBack();

        // Then
        Replica follower = get(next);
        assertThat(follower.log()).isSameAs(leader.log());
        assertThat(follower.highWatermark()).isEqualTo(1);
        assertThat(follower.log().logEndOffset()).isEqualTo(1);
    }

    @Test
    void aClaimInANewerEpochIsToldToTheOwnerAndOlderClaimsFail() throws Exception {
        // Given
        ReplicaLogs logs = logs(false);
        Replica owner = get(claim(logs, 4).taken());
        CompletableFuture<Replica> again = claim(logs, 4).taken();

        // When
        CompletableFuture<Replica> newer = claim(logs, 6).taken();
        CompletableFuture<Replica> older = claim(logs, 5).taken();

        // Then
        assertThat(wanted).containsExactly(6);
        assertThat(owner.renew(5)).isFalse();
        owner.giveBack();
        assertThat(refusal(again)).isEqualTo(Reason.STALE_EPOCH);
        get(newer).giveBack();
        assertThat(refusal(older)).isEqualTo(Reason.STALE_EPOCH);
    }

    @Test
    void aLogIsHandedOverOnlyAfterWhatTheOwnerBeganIsQuietAndGivingBackTwiceHandsNothingOver() throws Exception {
        // Given
        ReplicaLogs logs = logs(false);
        Replica first = get(claim(logs, 1).taken());
        CompletableFuture<Replica> second = claim(logs, 1).taken();
        CompletableFuture<Replica> third = claim(logs, 1).taken();
        var compaction = new CompletableFuture<Void>();

        // When
        first.giveBack(compaction);
        assertThat(second).isNotDone();
        compaction.complete(null);
        get(second);
        first.giveBack();
        first.discard(CompletableFuture.completedFuture(null));

        // Then
        assertThat(third).isNotDone();
        append(get(second), "a");
    }

    @Test
    void aWithdrawnClaimTouchesNothingAndAnAbandonedOneGoesBack() throws Exception {
        // Given
        ReplicaLogs logs = logs(false);
        Replica owner = get(claim(logs, 1).taken());
        ReplicaLogs.Claim withdrawn = claim(logs, 1);
        ReplicaLogs.Claim last = claim(logs, 1);

        // When
        assertThat(withdrawn.withdraw()).isTrue();
        owner.giveBack();

        // Then
        assertThat(refusal(withdrawn.taken())).isEqualTo(Reason.WITHDRAWN);
        get(last.taken());
        assertThat(last.withdraw()).isFalse();
        last.abandon();
        get(claim(logs, 1).taken());
    }

    @Test
    void deletionWaitsForTheOwnerWhoIsToldAndTheNextClaimBeginsAnew() throws Exception {
        // Given
        ReplicaLogs logs = logs(false);
        Replica owner = get(claim(logs, 1).taken());
        append(owner, "a");

        // When
        CompletableFuture<Void> deleted = logs.delete(id).toCompletableFuture();
        CompletableFuture<Replica> next = claim(logs, 1).taken();

        // Then
        assertThat(deleted).isNotDone();
        assertThat(wanted).containsExactly(Integer.MAX_VALUE);
        owner.giveBack();
        get(deleted);
        assertThat(get(next).log().logEndOffset()).isEqualTo(0);
    }

    @Test
    void whatTheMetadataKeepsIsNotDeleted() throws Exception {
        ReplicaLogs logs = logs(false);
        logs.keep(id::equals);
        Replica owner = get(claim(logs, 1).taken());
        append(owner, "a");
        owner.giveBack();

        get(logs.delete(id).toCompletableFuture());

        assertThat(get(claim(logs, 1).taken()).log().logEndOffset()).isEqualTo(1);
    }

    @Test
    void aDiscardedLogIsOpenedThroughRecoveryAndTheFolderIsNotClean() throws Exception {
        ReplicaLogs logs = logs(true);
        Replica owner = get(claim(logs, 1).taken());
        append(owner, "a");

        owner.discard(CompletableFuture.completedFuture(null));

        Replica next = get(claim(logs, 1).taken());
        assertThat(next.log()).isNotSameAs(owner.log());
        assertThat(next.log().logEndOffset()).isEqualTo(1);
        next.giveBack();
        logs.close();
        assertThat(logs.mayMarkClean()).isFalse();
    }

    @Test
    void closeForcesWhatNobodyOwnsAndRefusesWhoeverComesLater() throws Exception {
        // Given
        ReplicaLogs logs = logs(true);
        Replica owner = get(claim(logs, 1).taken());
        append(owner, "a");
        owner.highWatermark(1);
        owner.giveBack();
        assertThat(logs.mayMarkClean()).isFalse();

        // When
        logs.close();

        // Then
        assertThat(logs.mayMarkClean()).isTrue();
        assertThat(owner.log().isFailed()).isTrue();
        assertThat(refusal(claim(logs, 2).taken())).isEqualTo(Reason.CLOSED);
        assertThat(Files.readString(folder.resolve("replication-offset-checkpoint")))
                .isEqualTo("0\n1\n" + id.topicId() + " 3 1\n");
        Replica next = get(claim(logs(true), 2).taken());
        assertThat(next.log().logEndOffset()).isEqualTo(1);
        assertThat(next.log().recoveryPoint()).isEqualTo(1);
        assertThat(next.highWatermark()).isEqualTo(1);
    }

    @Test
    void aLogThatIsStillOwnedAtTheEndIsNotClean() throws Exception {
        ReplicaLogs logs = logs(true);
        get(claim(logs, 1).taken());

        logs.close();

        assertThat(logs.mayMarkClean()).isFalse();
    }

    @Test
    void theHighWatermarkOfACheckpointIsHeldWithinTheLog() throws Exception {
        Files.writeString(folder.resolve("replication-offset-checkpoint"), "0\n1\n" + id.topicId() + " 3 900\n");

        Replica replica = get(claim(logs(false), 1).taken());

        assertThat(replica.highWatermark()).isEqualTo(0);
    }

    @Test
    void aCheckpointThatCannotBeReadIsNone() throws Exception {
        Files.writeString(folder.resolve("replication-offset-checkpoint"), "0\n1\nsomething else entirely\n");

        assertThat(get(claim(logs(false), 1).taken()).highWatermark()).isEqualTo(0);
    }

    @Test
    void manyClaimantsNeverOwnOneLogAtATime() throws Exception {
        // Given
        ReplicaLogs logs = logs(false);
        var owners = new AtomicInteger();
        var epochs = new AtomicInteger();
        var overlap = new AtomicReference<String>();
        var written = new AtomicInteger();

        // When: each thread claims in its own epoch and yields as soon as a newer one is there
        List<Future<?>> done = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            done.add(threads.submit(() -> {
                for (int i = 0; i < 200; i++) {
                    int epoch = epochs.incrementAndGet();
                    ReplicaLogs.Claim claim = logs.claim(id, "orders-3", epoch, settings(logs), newer -> {});
                    if (ThreadLocalRandom.current().nextInt(4) == 0) {
                        claim.abandon();
                        continue;
                    }
                    Replica replica;
                    try {
                        replica = get(claim.taken());
                    } catch (ExecutionException e) {
                        assertThat(((LogRefusedException) e.getCause()).reason()).isEqualTo(Reason.STALE_EPOCH);
                        continue;
                    }
                    if (owners.incrementAndGet() != 1) {
                        overlap.set("two owners in epoch " + epoch);
                    }
                    append(replica, "v");
                    written.incrementAndGet();
                    owners.decrementAndGet();
                    switch (ThreadLocalRandom.current().nextInt(10)) {
                        case 0 -> replica.discard(CompletableFuture.completedFuture(null));
                        case 1 -> replica.giveBack(CompletableFuture.runAsync(Thread::yield, threads));
                        default -> replica.giveBack();
                    }
                }
                return null;
            }));
        }
        for (Future<?> one : done) {
            one.get(60, TimeUnit.SECONDS);
        }

        // Then
        assertThat(overlap.get()).isNull();
        Replica last = get(claim(logs, epochs.incrementAndGet()).taken());
        assertThat(last.log().logEndOffset()).isEqualTo(written.get());
    }
}
