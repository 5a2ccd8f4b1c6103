package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.partition.leader.LeaderEffect.Answer;
import dev.sampo.partition.leader.LeaderEffect.Flush;
import dev.sampo.partition.leader.LeaderEffect.HighWatermarkAdvanced;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class LeaderStateTest {
    private static LeaderState<String> leader(int minInSync, long flushMessages, List<Integer> followers) {
        return new LeaderState<>(7, minInSync, flushMessages, followers, 100, 100);
    }

    @Test
    void onlyInSyncReplicaAcknowledgesBothAcksOnceItHasWritten() {
        // Given
        var leader = leader(1, Long.MAX_VALUE, List.of());
        leader.await("one", Acks.LEADER, 100, 105);
        leader.await("all", Acks.ALL, 105, 110);

        // When
        var effects = leader.onWritten(110, 10);

        // Then
        assertThat(effects).containsExactly(
                new HighWatermarkAdvanced<>(110),
                new Answer<>("one", KafkaError.NONE, 100),
                new Answer<>("all", KafkaError.NONE, 105));
    }

    @Test
    void producerWithAcksAllIsAnsweredOnlyWhenEveryInSyncReplicaHasTheBatch() {
        // Given
        var leader = leader(2, Long.MAX_VALUE, List.of(2, 3));
        leader.await("one", Acks.LEADER, 100, 101);
        leader.await("all", Acks.ALL, 101, 102);

        // When
        var written = leader.onWritten(102, 2);
        var first = leader.onFollowerFetch(2, 102);
        var second = leader.onFollowerFetch(3, 102);

        // Then
        assertThat(written).containsExactly(new Answer<>("one", KafkaError.NONE, 100));
        assertThat(first).isEmpty();
        assertThat(second)
                .containsExactly(new HighWatermarkAdvanced<>(102), new Answer<>("all", KafkaError.NONE, 101));
    }

    @Test
    void acksAllIsRefusedWhileTooFewReplicasAreInSync() {
        // Given
        var leader = leader(2, Long.MAX_VALUE, List.of());

        // Then
        assertThat(leader.admit(Acks.ALL)).isEqualTo(KafkaError.NOT_ENOUGH_REPLICAS);
        assertThat(leader.admit(Acks.LEADER)).isEqualTo(KafkaError.NONE);
    }

    @Test
    void replicasThatBecameTooFewAfterTheWriteAreReportedAsSuch() {
        // Given
        var leader = leader(1, 1, List.of());
        leader.await("all", Acks.ALL, 100, 101);
        leader.onWritten(101, 1);
        leader.reconfigure(2, 1);

        // When
        var effects = leader.onFlushed(101);

        // Then
        assertThat(effects).contains(new Answer<>("all", KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND, -1));
    }

    @Test
    void nothingIsAcknowledgedOrShownBeforeTheFlushThatFlushMessagesAsksFor() {
        // Given
        var leader = leader(1, 1, List.of());
        leader.await("one", Acks.LEADER, 100, 101);

        // When
        var written = leader.onWritten(101, 1);
        leader.await("two", Acks.ALL, 101, 102);
        var duringFlush = leader.onWritten(102, 1);
        var flushed = leader.onFlushed(101);
        var flushedAgain = leader.onFlushed(102);

        // Then
        assertThat(written).containsExactly(new Flush<>());
        assertThat(duringFlush).isEmpty();
        assertThat(flushed).containsExactly(
                new Flush<>(), new HighWatermarkAdvanced<>(101), new Answer<>("one", KafkaError.NONE, 100));
        assertThat(flushedAgain)
                .containsExactly(new HighWatermarkAdvanced<>(102), new Answer<>("two", KafkaError.NONE, 101));
    }

    @Test
    void writesBelowFlushMessagesDoNotWaitForADisk() {
        // Given
        var leader = leader(1, 10, List.of());
        leader.await("one", Acks.LEADER, 100, 105);

        // When
        var effects = leader.onWritten(105, 5);

        // Then
        assertThat(effects)
                .containsExactly(new HighWatermarkAdvanced<>(105), new Answer<>("one", KafkaError.NONE, 100));
    }

    @Test
    void everyWaitingProducerHearsOfTheStop() {
        // Given
        var leader = leader(1, 1, List.of());
        leader.await("one", Acks.LEADER, 100, 101);
        leader.onWritten(101, 1);

        // When
        var effects = leader.onStopped(KafkaError.NOT_LEADER_OR_FOLLOWER);

        // Then
        assertThat(effects).containsExactly(new Answer<>("one", KafkaError.NOT_LEADER_OR_FOLLOWER, -1));
        assertThat(leader.onFlushed(101)).containsExactly(new HighWatermarkAdvanced<>(101));
    }

    @Test
    void clientsEpochIsComparedWithTheLeaders() {
        // Given
        var leader = leader(1, 1, List.of());

        // Then
        assertThat(leader.checkEpoch(-1)).isEqualTo(KafkaError.NONE);
        assertThat(leader.checkEpoch(7)).isEqualTo(KafkaError.NONE);
        assertThat(leader.checkEpoch(6)).isEqualTo(KafkaError.FENCED_LEADER_EPOCH);
        assertThat(leader.checkEpoch(8)).isEqualTo(KafkaError.UNKNOWN_LEADER_EPOCH);
    }

    @Test
    void followerBeyondTheLogEndIsABrokenInvariant() {
        var leader = leader(1, 1, List.of(2));
        assertThatThrownBy(() -> leader.onFollowerFetch(2, 101))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("101");
    }
}
