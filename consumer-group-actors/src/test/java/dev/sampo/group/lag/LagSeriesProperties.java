package dev.sampo.group.lag;

import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import static org.assertj.core.api.Assertions.assertThat;

/** A series gives back what it took. */
final class LagSeriesProperties {
    /** A value for {@code times} steps in a row, after {@code skip} steps without one. */
    record Stretch(int skip, int times, long records, long tenths) {}

    @Provide
    Arbitrary<Stretch> stretches() {
        return Combinators.combine(
                        Arbitraries.frequencyOf(
                                Tuple.of(8, Arbitraries.just(0)), Tuple.of(2, Arbitraries.integers().between(1, 900))),
                        Arbitraries.integers().between(1, 400),
                        Arbitraries.oneOf(Arbitraries.longs().between(0, 3), Arbitraries.longs().between(0, 1L << 60)),
                        Arbitraries.oneOf(Arbitraries.longs().between(-1, 2), Arbitraries.longs().between(-1, 1L << 40)))
                .as(Stretch::new);
    }

    @Property(tries = 300)
    void everyValueComesBackAtItsStep(
            @ForAll @Size(max = 40) List<@From("stretches") Stretch> stretches,
            @ForAll @IntRange(max = 5000) int from, @ForAll @IntRange(max = 5000) int length) {
        // Given
        var series = new LagSeries();
        var expected = new TreeMap<Long, List<Long>>();
        long step = 1_000;
        long bytes = 0;

        // When
        for (Stretch stretch : stretches) {
            step += stretch.skip();
            for (int i = 0; i < stretch.times(); i++, step++) {
                bytes += series.add(step, stretch.records(), stretch.tenths());
                expected.put(step, List.of(stretch.records(), stretch.tenths()));
            }
        }

        // Then
        var read = new TreeMap<Long, List<Long>>();
        series.read(1_000 + from, 1_000 + from + length, (at, records, tenths) -> read.put(at, List.of(records, tenths)));
        assertThat(read).isEqualTo(expected.subMap(1_000L + from, 1_000L + from + length));
        assertThat(series.bytes()).isEqualTo(bytes);
    }

    @Property(tries = 100)
    void whatIsDroppedIsGoneAndNothingElse(
            @ForAll @Size(min = 1, max = 40) List<@From("stretches") Stretch> stretches, @ForAll @IntRange(max = 30) int drop) {
        // Given
        var series = new LagSeries();
        var expected = new TreeMap<Long, List<Long>>();
        long step = 0;
        for (Stretch stretch : stretches) {
            step += stretch.skip();
            for (int i = 0; i < stretch.times(); i++, step++) {
                series.add(step, stretch.records(), stretch.tenths());
                expected.put(step, List.of(stretch.records(), stretch.tenths()));
            }
        }
        int before = series.bytes();

        // When
        int free = series.dropBefore(drop);

        // Then
        var read = new TreeMap<Long, List<Long>>();
        series.read(0, step, (at, records, tenths) -> read.put(at, List.of(records, tenths)));
        assertThat(read).isEqualTo(expected.tailMap((long) drop * LagSeries.BLOCK_STEPS));
        assertThat(series.bytes()).isEqualTo(before - free);
        assertThat(series.oldestBlock()).isGreaterThanOrEqualTo(Math.min(drop, LagSeries.blockOf(expected.lastKey())));
    }
}
