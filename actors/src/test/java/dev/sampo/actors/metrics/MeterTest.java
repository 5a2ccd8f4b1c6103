package dev.sampo.actors.metrics;

import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class MeterTest {
    private static final long SECOND = 1_000_000_000L;

    private final LongAdder count = new LongAdder();
    private long nowNanos = 77;
    private final Meter meter = new Meter(count::sum, () -> nowNanos);

    private void pass(int seconds) {
        nowNanos += seconds * SECOND;
    }

    @Test
    void aMeterThatCountedNothingHasNoRate() {
        // When
        pass(60);

        // Then
        assertThat(meter.rates()).isEqualTo(new Meter.Rates(0, 0, 0, 0));
    }

    @Test
    void theFirstIntervalSetsAllRates() {
        // Given
        count.add(100);
        pass(10);

        // When
        Meter.Rates rates = meter.rates();

        // Then
        assertThat(rates).isEqualTo(new Meter.Rates(10, 10, 10, 10));
    }

    @Test
    void readsWithinFiveSecondsSeeTheSameAverages() {
        // Given
        count.add(100);
        pass(10);
        Meter.Rates before = meter.rates();

        // When
        count.add(1_000);
        pass(4);

        // Then
        assertThat(meter.rates().oneMinute()).isEqualTo(before.oneMinute());
        assertThat(meter.count()).isEqualTo(1_100);
    }

    @Test
    void theRateFallsToAboutAThirdWithinItsWindowOfSilence() {
        // Given
        count.add(600);
        pass(60);
        assertThat(meter.rates().oneMinute()).isEqualTo(10);

        // When
        pass(60);

        // Then
        assertThat(meter.rates().oneMinute()).isCloseTo(10 / Math.E, within(1e-9));
        assertThat(meter.rates().mean()).isEqualTo(5);
    }

    @Test
    void aCountOfNanosecondsIsAShareOfTime() {
        // Given
        var busy = new Meter(count::sum, 1e9, () -> nowNanos);

        // When
        count.add(SECOND * 3 / 2);
        pass(6);

        // Then
        assertThat(busy.rates().oneMinute()).isCloseTo(0.25, within(1e-12));
        assertThat(busy.count()).isEqualTo(SECOND * 3 / 2);
    }
}
