package dev.sampo.actors.loop;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class TimersTest {
    private final Timers timers = new Timers();

    @Test
    void equalDeadlinesRunInTheOrderTheyWereMade() {
        // Given
        List<Integer> ran = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int number = i;
            timers.add(5, () -> ran.add(number));
        }

        // When
        for (Runnable due = timers.poll(5); due != null; due = timers.poll(5)) {
            due.run();
        }

        // Then
        assertThat(ran).isSorted().hasSize(100);
    }

    @Test
    void deadlineBeyondTheWrapOfTheClockIsLater() {
        // Given
        timers.add(Long.MIN_VALUE + 10, () -> {});

        // When
        long wait = timers.untilNextNanos(Long.MAX_VALUE - 10);

        // Then
        assertThat(wait).isEqualTo(21);
    }

    @Test
    void cancelledTimersDoNotPileUp() {
        // When
        for (int i = 0; i < 100_000; i++) {
            timers.add(1_000_000 + i, () -> {}).cancel();
        }

        // Then
        assertThat(timers.size()).isLessThan(200);
        assertThat(timers.untilNextNanos(0)).isEqualTo(Long.MAX_VALUE);
    }
}
