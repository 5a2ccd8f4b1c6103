package dev.sampo.client.producer;

import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StickyPartitionTest {
    @Test
    void staysOnAPartitionUntilABatchWentThere() {
        // Given
        var draws = new ArrayDeque<>(List.of(2, 0));
        var sticky = new StickyPartition(100, bound -> draws.remove());
        int[] leaders = {1, 1, 1};

        // When
        int first = sticky.next(leaders, p -> 0);
        sticky.count(99);
        int second = sticky.next(leaders, p -> 0);
        sticky.count(1);
        int third = sticky.next(leaders, p -> 0);

        // Then
        assertThat(List.of(first, second, third)).containsExactly(2, 2, 0);
    }

    @Test
    void drawsOnlyPartitionsWithALeader() {
        // Given
        int[] leaders = {-1, 4, -1, 5};

        // When
        int lowest = new StickyPartition(1, bound -> 0).next(leaders, p -> 0);
        int highest = new StickyPartition(1, bound -> bound - 1).next(leaders, p -> 0);

        // Then
        assertThat(lowest).isEqualTo(1);
        assertThat(highest).isEqualTo(3);
    }

    @Test
    void drawsAllPartitionsWhenNoneHasALeader() {
        // Given
        int[] leaders = {-1, -1};

        // When
        int highest = new StickyPartition(1, bound -> bound - 1).next(leaders, p -> 0);

        // Then
        assertThat(highest).isEqualTo(1);
    }

    @Test
    void shorterQueuesAreDrawnMoreOften() {
        // Given: weights 1 and 4, so draws 0 and 1..4
        int[] leaders = {1, 1};

        // When
        var drawn = java.util.stream.IntStream.range(0, 5)
                .map(draw -> new StickyPartition(1, bound -> draw).next(leaders, p -> p == 0 ? 3 : 0))
                .boxed()
                .toList();

        // Then
        assertThat(drawn).containsExactly(0, 1, 1, 1, 1);
    }
}
