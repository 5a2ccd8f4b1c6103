package dev.sampo.client.internal.consumer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class CommitQueueTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);

    private final CommitQueue queue = new CommitQueue();
    private final List<String> outcomes = new ArrayList<>();

    private void add(String name, Map<TopicPartition, Long> offsets) {
        var map = new java.util.HashMap<TopicPartition, OffsetAndMetadata>();
        offsets.forEach((partition, offset) -> map.put(partition, new OffsetAndMetadata(offset)));
        queue.add(map, 1_000, new CommitQueue.Outcome() {
            @Override
            public void committed() {
                outcomes.add(name + " committed");
            }

            @Override
            public void failed(Throwable cause) {
                outcomes.add(name + " failed: " + cause.getMessage());
            }
        });
    }

    private static Map<TopicPartition, OffsetAndMetadata> offset(TopicPartition partition, long offset) {
        return Map.of(partition, new OffsetAndMetadata(offset));
    }

    @Test
    void whatArrivesWhileARequestIsUnderWayIsMergedIntoTheNext() {
        // Given
        add("a", Map.of(P0, 1L));
        assertThat(queue.next()).isEqualTo(offset(P0, 1));
        add("b", Map.of(P0, 2L));
        add("c", Map.of(P0, 3L));
        assertThat(queue.next()).isEmpty();

        // When
        queue.committed(P0);

        // Then
        assertThat(outcomes).containsExactly("a committed");
        assertThat(queue.next()).isEqualTo(offset(P0, 3));
        queue.committed(P0);
        assertThat(outcomes).containsExactly("a committed", "b committed", "c committed");
        assertThat(queue.isIdle(any -> true)).isTrue();
    }

    @Test
    void aRetryNeverPutsAnOlderOffsetBehindANewerOne() {
        // Given
        add("a", Map.of(P0, 1L));
        queue.next();
        add("b", Map.of(P0, 2L));

        // When
        queue.retry();

        // Then
        assertThat(queue.next()).isEqualTo(offset(P0, 2));
        queue.committed(P0);
        assertThat(outcomes).containsExactlyInAnyOrder("a committed", "b committed");
    }

    @Test
    void aCallFailsOnceWhenOneOfItsPartitionsFails() {
        // Given
        add("a", Map.of(P0, 1L, P1, 1L));
        queue.next();

        // When
        queue.failed(P0, new IllegalStateException("no"));
        queue.committed(P1);

        // Then
        assertThat(outcomes).containsExactly("a failed: no");
    }

    @Test
    void aCallWhoseTimeIsOverFailsAndItsOffsetIsStillSent() {
        // Given
        add("a", Map.of(P0, 1L));

        // When
        queue.expire(999, new IllegalStateException("late"));
        queue.expire(1_000, new IllegalStateException("late"));

        // Then
        assertThat(outcomes).containsExactly("a failed: late");
        assertThat(queue.next()).isEqualTo(offset(P0, 1));
    }

    @Test
    void whatIsDroppedWhileItIsUnderWayIsNotTriedAgainButWhatCameAfterIs() {
        // Given: partition 0 is revoked and assigned anew while its commit is under way
        add("a", Map.of(P0, 9L, P1, 9L));
        queue.next();
        queue.drop(P0::equals, new IllegalStateException("revoked"));
        add("b", Map.of(P0, 4L));

        // When
        queue.retry();

        // Then
        assertThat(outcomes).containsExactly("a failed: revoked");
        assertThat(queue.next()).containsExactlyInAnyOrderEntriesOf(
                Map.of(P0, new OffsetAndMetadata(4), P1, new OffsetAndMetadata(9)));
    }

    @Test
    void anAnswerToWhatWasDroppedMeanwhileCounts() {
        // Given
        add("a", Map.of(P0, 9L));
        queue.next();
        queue.drop(P0::equals, new IllegalStateException("revoked"));
        assertThat(queue.isIdle(P0::equals)).isFalse();

        // When
        queue.committed(P0);

        // Then
        assertThat(outcomes).containsExactly("a committed");
        assertThat(queue.isIdle(P0::equals)).isTrue();
    }
}
