package dev.sampo.group.lag;

import org.junit.jupiter.api.Test;

import static dev.sampo.group.lag.LagWindow.SAMPLES;
import static org.assertj.core.api.Assertions.assertThat;

/** What the trend of commits says. A sample every 10 s; now is 1,000,000 ms. */
final class LagWindowTest {
    private static final long NOW = 1_000_000;
    private static final long SPAN = SAMPLES * 10_000L;

    private final LagWindow window = new LagWindow();

    /** {@code count} samples, from these offsets on with these steps. */
    private void samples(int count, long committed, long committedStep, long end, long endStep) {
        for (int i = 0; i < count; i++) {
            window.add(committed + i * committedStep, end + i * endStep);
        }
    }

    private LagStatus judge() {
        return window.judge(NOW, SPAN, NOW - 5_000, NOW - 60_000);
    }

    @Test
    void withoutASampleNothingIsSaid() {
        assertThat(judge()).isEqualTo(LagStatus.UNKNOWN);
    }

    @Test
    void aGroupThatIsAtTheEndIsOkHoweverOldItsCommitIs() {
        // Given
        samples(SAMPLES, 100, 0, 100, 0);

        // When
        LagStatus status = window.judge(NOW, SPAN, 0, -1);

        // Then
        assertThat(status).isEqualTo(LagStatus.OK);
    }

    @Test
    void aGroupThatComesNearerToTheEndIsOk() {
        samples(SAMPLES, 0, 100, 10_000, 50);
        assertThat(judge()).isEqualTo(LagStatus.OK);
    }

    @Test
    void aGroupThatReadsOnAndFallsBehindIsWarnedOfOnceTheWindowIsFull() {
        // Given
        samples(SAMPLES - 1, 0, 50, 1000, 100);
        LagStatus early = judge();

        // When
        window.add(50 * (SAMPLES - 1), 1000 + 100 * (SAMPLES - 1));

        // Then
        assertThat(early).isEqualTo(LagStatus.OK);
        assertThat(judge()).isEqualTo(LagStatus.WARNING);
    }

    @Test
    void aGroupThatWasAtTheEndWithinTheWindowIsOk() {
        // Given
        samples(1, 100, 0, 100, 0);
        samples(SAMPLES - 1, 100, 1, 200, 50);

        // When
        LagStatus status = judge();

        // Then
        assertThat(status).isEqualTo(LagStatus.OK);
        window.add(150, 2000); // the sample at the end is forgotten
        assertThat(judge()).isEqualTo(LagStatus.WARNING);
    }

    @Test
    void aGroupThatCommitsTheSameOffsetAgainAndAgainIsStalled() {
        samples(SAMPLES, 100, 0, 200, 10);
        assertThat(judge()).isEqualTo(LagStatus.STALLED);
    }

    @Test
    void aGroupThatHasCommittedNothingForAWindowIsStopped() {
        samples(SAMPLES, 100, 0, 200, 10);
        assertThat(window.judge(NOW, SPAN, NOW - SPAN - 1, NOW - SPAN - 1)).isEqualTo(LagStatus.STOPPED);
        assertThat(window.judge(NOW, SPAN, NOW - SPAN - 1, -1)).isEqualTo(LagStatus.STOPPED);
    }

    @Test
    void afterAMoveOneSampleIsEnoughToSayThatAGroupIsStopped() {
        // Given
        samples(1, 100, 0, 200, 0);

        // When
        LagStatus status = window.judge(NOW, SPAN, NOW - 5 * SPAN, NOW - 4 * SPAN);

        // Then
        assertThat(status).isEqualTo(LagStatus.STOPPED);
    }

    @Test
    void aGroupThatHadNothingToReadForLongIsNotStoppedByTheFirstRecord() {
        // Given
        samples(1, 100, 0, 101, 0);

        // When
        LagStatus status = window.judge(NOW, SPAN, NOW - 5 * SPAN, NOW - 1000);

        // Then
        assertThat(status).isEqualTo(LagStatus.OK);
        assertThat(window.judge(NOW, SPAN, NOW - 5 * SPAN, -1)).isEqualTo(LagStatus.OK);
    }

    @Test
    void aGroupThatWentBackIsRewoundForAWindow() {
        // Given
        window.add(100, 200);

        // When
        window.add(50, 200);

        // Then
        assertThat(judge()).isEqualTo(LagStatus.REWIND);
        samples(SAMPLES - 1, 60, 10, 300, 5);
        assertThat(judge()).isEqualTo(LagStatus.OK);
    }

    @Test
    void aLookBetweenSamplesLeavesThemAsTheyAre() {
        // Given
        samples(SAMPLES, 100, 0, 200, 10);

        // When
        LagStatus status = window.with(310, 310).judge(NOW, SPAN, NOW, -1);

        // Then
        assertThat(status).isEqualTo(LagStatus.OK);
        assertThat(judge()).isEqualTo(LagStatus.STALLED);
    }
}
