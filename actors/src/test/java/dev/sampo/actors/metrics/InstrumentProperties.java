package dev.sampo.actors.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class InstrumentProperties {
    private static final long SECOND = 1_000_000_000L;
    private long nowNanos;

    @Property(tries = 300)
    void averagesAreThoseOfAModelThatTicksEverySecond(
            @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 5, max = 200) Integer> intervals,
            @ForAll @Size(min = 40, max = 40) List<@IntRange(max = 5_000) Integer> perSecond) {
        // Given
        nowNanos = 0;
        var count = new LongAdder();
        var meter = new Meter(count::sum, () -> nowNanos);
        double model = perSecond.getFirst();

        for (int i = 0; i < intervals.size(); i++) {
            // When
            int seconds = intervals.get(i);
            count.add((long) seconds * perSecond.get(i));
            nowNanos += seconds * SECOND;
            for (int second = 0; second < seconds; second++) {
                model += (1 - Math.exp(-1 / 60.0)) * (perSecond.get(i) - model);
            }

            // Then
            assertThat(meter.rates().oneMinute()).isCloseTo(model, within(1e-6));
        }
    }

    @Property(tries = 300)
    void percentilesAreWithinTheErrorBoundAndTheRestIsExact(
            @ForAll @Size(min = 1, max = 400) List<@LongRange(max = 1L << 41) Long> values) {
        // Given
        var histogram = new Histogram(() -> 0);

        // When
        values.forEach(histogram::record);
        Histogram.Snapshot now = histogram.snapshot();

        // Then
        long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
        double mean = Arrays.stream(sorted).average().orElseThrow();
        assertThat(now.count()).isEqualTo(sorted.length);
        assertThat(now.min()).isEqualTo(sorted[0]);
        assertThat(now.max()).isEqualTo(sorted[sorted.length - 1]);
        assertThat(now.mean()).isCloseTo(mean, within(Math.max(1e-6, mean * 1e-9)));
        isNear(now.p50(), sorted, 0.5);
        isNear(now.p75(), sorted, 0.75);
        isNear(now.p95(), sorted, 0.95);
        isNear(now.p98(), sorted, 0.98);
        isNear(now.p99(), sorted, 0.99);
        isNear(now.p999(), sorted, 0.999);
    }

    private static void isNear(double found, long[] sorted, double share) {
        long exact = sorted[(int) Math.ceil(share * sorted.length) - 1];
        assertThat(found).isCloseTo(exact, within(Math.max(0.001, exact * Histogram.MAX_ERROR_PERCENT / 100)));
    }

    @Property(tries = 100)
    void percentilesForgetWhatIsOlderThanTenMinutes(
            @ForAll @Size(min = 1, max = 50) List<@LongRange(max = 1_000) Long> old,
            @ForAll @Size(min = 1, max = 50) List<@LongRange(min = 1_000_000, max = 2_000_000) Long> recent) {
        // Given
        nowNanos = 0;
        var histogram = new Histogram(() -> nowNanos);
        old.forEach(histogram::record);
        nowNanos += 300 * SECOND;
        histogram.snapshot();
        nowNanos += 300 * SECOND;
        histogram.snapshot();

        // When
        recent.forEach(histogram::record);
        Histogram.Snapshot now = histogram.snapshot();

        // Then
        assertThat(now.p50()).isGreaterThan(900_000);
        assertThat(now.count()).isEqualTo(old.size() + recent.size());
        assertThat(now.min()).isLessThanOrEqualTo(1_000);
    }
}
