package dev.sampo.tests.simulation;

import dev.sampo.tests.simulation.Reach.Point;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Lives of a cluster under faults, by the production rules (see {@link Cluster}). A failing seed is made minimal and printed with
 * its trace; to keep it, add it to {@code failing-seeds.txt}. {@code -Dsampo.simulation.seed=N} begins the fresh ones there.
 */
class ClusterSimulation {
    private static final int FIXED = 200;
    private static final int FRESH = 800;
    private static final int SOAK = 200_000;
    private static final long FIRST_FRESH = Long.getLong("sampo.simulation.seed", System.nanoTime() >>> 20);

    @Test
    void noInvariantIsViolatedInAThousandSchedules() throws IOException {
        long[] seeds = LongStream.concat(LongStream.concat(kept().stream().mapToLong(Long::longValue),
                LongStream.range(0, FIXED)), LongStream.range(FIRST_FRESH, FIRST_FRESH + FRESH)).toArray();
        Reach reach = new Schedules(seeds).requireNoViolation();
        assertThat(unreached(reach, 1)).as("the schedules are blind for these: %s", reach).isEmpty();
    }

    @Test
    @Tag("soak")
    void noInvariantIsViolatedInTwoHundredThousandSchedules() {
        Reach reach = new Schedules(LongStream.range(1_000_000, 1_000_000 + SOAK).toArray()).requireNoViolation();
        assertThat(unreached(reach, SOAK / 100)).as("the schedules are blind for these: %s", reach).isEmpty();
    }

    @Test
    void oneSeedIsOneLife() {
        LongStream.range(500, 515).parallel().forEach(seed -> {
            // When
            Schedule.Result first = Schedule.run(seed, null);
            Schedule.Result second = Schedule.run(seed, null);

            // Then
            assertThat(second.hash()).as("seed %d", seed).isEqualTo(first.hash());
        });
    }

    /** Invariant 43. */
    @Test
    void electionsAndAcknowledgementsDependOnNoWallClock() {
        LongStream.range(500, 515).parallel().forEach(seed -> {
            // When
            Schedule.Result first = Schedule.run(Plan.draw(seed), null, false, 0);
            Schedule.Result second = Schedule.run(Plan.draw(seed), null, false, 86_400_000);

            // Then
            assertThat(second.electionHash()).as("seed %d", seed).isEqualTo(first.electionHash());
        });
    }

    private static List<Point> unreached(Reach reach, long times) {
        return Arrays.stream(Point.values()).filter(point -> !point.rare() && reach.count(point) < times).toList();
    }

    /** Seeds that have failed once, each with what was wrong. */
    private static List<Long> kept() throws IOException {
        var seeds = new ArrayList<Long>();
        try (var text = ClusterSimulation.class.getResourceAsStream("failing-seeds.txt")) {
            new String(text.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .map(line -> line.replaceFirst("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .forEach(line -> seeds.add(Long.valueOf(line)));
        }
        return seeds;
    }
}
