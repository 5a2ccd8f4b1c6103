package dev.sampo.client.producer;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SequenceLineTest {
    @Test
    void numbersFollowOneAnotherWithoutAGap() {
        // Given
        var line = new SequenceLine(7, (short) 0);

        // When
        int first = line.take(3);
        int second = line.take(2);

        // Then
        assertThat(first).isZero();
        assertThat(second).isEqualTo(3);
        assertThat(line.nextSequence()).isEqualTo(5);
    }

    @Test
    void numbersGoOnAtZeroBehindTheHighestInt() {
        // Given
        var line = new SequenceLine(7, (short) 0);
        line.take(Integer.MAX_VALUE);

        // When
        int last = line.take(3);

        // Then
        assertThat(last).isEqualTo(Integer.MAX_VALUE);
        assertThat(line.nextSequence()).isEqualTo(2);
    }

    @Test
    void nextEpochStartsAtZero() {
        // Given
        var line = new SequenceLine(7, (short) 4);
        line.take(9);

        // When
        boolean more = line.nextEpoch();

        // Then
        assertThat(more).isTrue();
        assertThat(line.epoch()).isEqualTo((short) 5);
        assertThat(line.nextSequence()).isZero();
    }

    @Test
    void lastEpochAsksForANewProducerIdAndKeepsItsNumbers() {
        // Given
        var line = new SequenceLine(7, Short.MAX_VALUE);
        line.take(9);

        // When
        boolean more = line.nextEpoch();

        // Then
        assertThat(more).isFalse();
        assertThat(line.epoch()).isEqualTo(Short.MAX_VALUE);
        assertThat(line.nextSequence()).isEqualTo(9);
    }
}
