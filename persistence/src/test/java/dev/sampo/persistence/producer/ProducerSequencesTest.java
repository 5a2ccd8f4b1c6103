package dev.sampo.persistence.producer;

import dev.sampo.persistence.producer.ProducerSequences.Decision;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The table of measured answers of a Kafka broker. */
class ProducerSequencesTest {
    private final ProducerStates states = new ProducerStates();
    private final ProducerSequences sequences = new ProducerSequences(states);

    private void append(int epoch, int first, int last, long firstOffset) {
        states.onBatch(1, (short) epoch, first, last, firstOffset, firstOffset + (last - first), 100 + first, false);
    }

    private Decision check(int epoch, int first, int last) {
        return sequences.check(1, (short) epoch, first, last);
    }

    @Test
    void anyOfTheLastFiveBatchesIsADuplicateWithItsOriginalOffset() {
        for (int i = 0; i < 7; i++) {
            append(0, i * 10, i * 10 + 9, i * 10);
        }
        for (int i = 2; i < 7; i++) {
            assertThat(check(0, i * 10, i * 10 + 9)).isEqualTo(new Decision.Duplicate(i * 10, i * 10 + 9, 100 + i * 10));
        }
        assertThat(check(0, 10, 19)).isInstanceOf(Decision.OutOfOrderSequence.class);
    }

    @Test
    void aGapOrAPartialOverlapIsOutOfOrder() {
        append(0, 0, 9, 0);
        assertThat(check(0, 11, 12)).isEqualTo(new Decision.OutOfOrderSequence(10));
        assertThat(check(0, 5, 14)).isEqualTo(new Decision.OutOfOrderSequence(10));
        assertThat(check(0, 10, 14)).isInstanceOf(Decision.Accept.class);
    }

    @Test
    void aNewEpochBeginsAtZero() {
        append(0, 0, 9, 0);
        assertThat(check(1, 10, 11)).isInstanceOf(Decision.OutOfOrderSequence.class);
        assertThat(check(1, 0, 1)).isInstanceOf(Decision.Accept.class);
    }

    @Test
    void aStaleEpochIsRefused() {
        append(3, 0, 9, 0);
        assertThat(check(2, 10, 11)).isEqualTo(new Decision.InvalidProducerEpoch((short) 3));
    }

    @Test
    void anUnknownProducerIsAcceptedAtAnySequence() {
        assertThat(check(0, 4_711, 4_712)).isInstanceOf(Decision.Accept.class);
    }

    @Test
    void sequencesWrapToZero() {
        append(0, Integer.MAX_VALUE - 1, Integer.MAX_VALUE, 0);
        assertThat(check(0, 0, 3)).isInstanceOf(Decision.Accept.class);
    }

    @Test
    void afterAMarkerOfANewEpochSequencesBeginAnew() {
        states.onBatch(1, (short) 0, 0, 4, 0, 4, 100, true);
        assertThat(states.firstUnstableOffset(3)).isZero();
        var ended = states.onMarker(1, (short) 1, 5, 5, 101, true);
        assertThat(ended).isEqualTo(new ProducerStates.EndedTransaction(1, 0, 5, 6, true));
        assertThat(states.firstUnstableOffset(5)).as("the marker is not committed").isZero();
        assertThat(states.firstUnstableOffset(6)).isEqualTo(-1);
        assertThat(check(1, 0, 0)).isInstanceOf(Decision.Accept.class);
        assertThat(check(1, 5, 5)).isInstanceOf(Decision.OutOfOrderSequence.class);
    }
}
