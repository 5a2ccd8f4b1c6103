package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A log that takes the batches of another one. */
class FollowerAppendTest {
    private static final Uuid TOPIC = new Uuid(1, 2);
    private static final LogSettings SMALL = new LogSettings(16_384, 1 << 30, 0, 1 << 20, 1_000, false, 1 << 20, 0, 86_400_000);
    private static final long NOW = 1_000_000;

    @TempDir
    Path folder;

    private PartitionLog open(String name) throws IOException {
        return PartitionLog.open(folder.resolve(name), TOPIC, SMALL, false, new RealLogFiles(), NOW);
    }

    private static ByteBuffer together(ByteBuffer... batches) {
        int size = 0;
        for (ByteBuffer batch : batches) {
            size += batch.remaining();
        }
        ByteBuffer all = ByteBuffer.allocateDirect(size + 7).position(7);
        for (ByteBuffer batch : batches) {
            all.put(batch.duplicate());
        }
        return all.position(7);
    }

    private static ByteBuffer batch(long baseOffset, int epoch) {
        return Batches.sized(baseOffset, epoch, 2, 300, NOW);
    }

    private TreeMap<String, byte[]> segments(String name) throws IOException {
        var segments = new TreeMap<String, byte[]>();
        try (var files = Files.list(folder.resolve(name))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".log")).toList()) {
                segments.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return segments;
    }

    @Test
    void theSameBatchesMakeTheSameFilesEpochsAndProducersAsOnTheLeader() throws Exception {
        // Given a leader's log of several segments, two epochs and a producer with an aborted transaction
        PartitionLog leader = open("leader");
        PartitionLog follower = open("follower");
        var batches = new ArrayList<ByteBuffer>();
        for (int i = 0; i < 60; i++) {
            batches.add(batch(2L * i, i < 40 ? 3 : 5));
        }
        batches.add(Batches.idempotent(120, 5, 77, 1, 0, true, Batches.record(NOW, "k", "v")));
        batches.add(Batches.marker(121, 5, 77, 1, true, NOW));
        for (ByteBuffer batch : batches) {
            leader.append(List.of(batch.duplicate()), NOW);
        }

        // When the follower gets them in runs
        boolean rolled = false;
        for (int from = 0; from < batches.size(); from += 9) {
            List<ByteBuffer> run = batches.subList(from, Math.min(batches.size(), from + 9));
            rolled |= follower.appendAsFollower(together(run.toArray(ByteBuffer[]::new)), 5, NOW).rolled();
        }

        // Then
        assertThat(rolled).isTrue();
        assertThat(follower.logEndOffset()).isEqualTo(122);
        assertThat(follower.epochs().entries()).isEqualTo(leader.epochs().entries());
        assertThat(follower.producerState().get(77).lastSequence()).isEqualTo(0);
        assertThat(follower.abortedTransactions(0, 122)).isEqualTo(leader.abortedTransactions(0, 122)).hasSize(1);
        assertThat(segments("follower")).usingRecursiveComparison().isEqualTo(segments("leader"));
        follower.close(true);
        PartitionLog again = PartitionLog.open(folder.resolve("follower"), TOPIC, SMALL, true, new RealLogFiles(), NOW);
        assertThat(again.epochs().entries()).isEqualTo(leader.epochs().entries());
        assertThat(again.logEndOffset()).isEqualTo(122);
    }

    @Test
    void gapsOfACompactedLogAreTakenOverAndABatchThatIsNotWholeIsLeftOut() throws Exception {
        PartitionLog log = open("log");
        ByteBuffer all = together(batch(0, 1), batch(10, 1), batch(20, 1));
        all.limit(all.limit() - 1);

        AppendResult result = log.appendAsFollower(all, 1, NOW);

        assertThat(result.firstOffset()).isEqualTo(0);
        assertThat(log.logEndOffset()).isEqualTo(12);
        assertThat(log.appendAsFollower(ByteBuffer.allocate(30), 1, NOW).firstOffset()).isEqualTo(-1);
    }

    @Test
    void whatCannotFollowIsRefusedAndNothingOfItIsWritten() throws Exception {
        PartitionLog log = open("log");
        log.appendAsFollower(together(batch(0, 2)), 4, NOW);
        ByteBuffer rotten = together(batch(2, 2), batch(4, 2));
        rotten.put(rotten.limit() - 3, (byte) (rotten.get(rotten.limit() - 3) ^ 1));
        ByteBuffer old = together(batch(2, 2));
        old.put(old.position() + 16, (byte) 1);

        for (ByteBuffer unfit : List.of(
                rotten, old, together(batch(2, 1)), together(batch(2, 5)), together(batch(1, 2)),
                together(batch(2, 3), batch(4, 2)), together(batch(2, 2), batch(3, 2)))) {
            assertThatThrownBy(() -> log.appendAsFollower(unfit, 4, NOW)).isInstanceOf(UnfitBatchException.class);
        }

        assertThat(log.logEndOffset()).isEqualTo(2);
        assertThat(log.appendAsFollower(together(batch(2, 4)), 4, NOW).logEndOffset()).isEqualTo(4);
    }

    @Test
    void anEmptyLogTakesTheBatchThatHoldsItsStart() throws Exception {
        // Given a leader's log that starts within its first batch, since records were deleted
        PartitionLog log = open("log");
        log.startAnewAt(101);

        // When
        log.appendAsFollower(together(batch(100, 1), batch(102, 1)), 1, NOW);

        // Then
        assertThat(log.logStartOffset()).isEqualTo(101);
        assertThat(log.logEndOffset()).isEqualTo(104);
        assertThat(log.read(101, 10_000, 104, true)).isNotNull();
        log.flush();
        PartitionLog again = open("log");
        assertThat(again.logStartOffset()).isEqualTo(101);
        assertThat(again.logEndOffset()).isEqualTo(104);
    }

    @Test
    void cuttingAtTheEndForgetsAnEpochWithoutRecordsAndCuttingBeforeItItsRecordsProducersAndEpochs() throws Exception {
        PartitionLog log = open("log");
        log.appendAsFollower(together(
                batch(0, 2), Batches.idempotent(2, 3, 9, 0, 0, false, Batches.record(NOW, "k", "v"))), 3, NOW);
        log.epochs().note(4, 3);

        log.truncateTo(3);
        assertThat(log.epochs().latestEpoch()).isEqualTo(3);
        assertThat(log.logEndOffset()).isEqualTo(3);

        log.truncateTo(2);
        assertThat(log.epochs().latestEpoch()).isEqualTo(2);
        assertThat(log.producerState().get(9)).isNull();
    }

    @Test
    void epochsThatWereNotWrittenAreFoundAgainAfterACrash() throws Exception {
        PartitionLog log = open("log");
        log.appendAsFollower(together(batch(0, 2), batch(2, 3)), 3, NOW);
        log.flush();
        log.appendAsFollower(together(batch(4, 5)), 5, NOW);

        PartitionLog again = open("log"); // nothing was closed

        assertThat(again.epochs().entries()).isEqualTo(log.epochs().entries()).hasSize(3);
    }
}
