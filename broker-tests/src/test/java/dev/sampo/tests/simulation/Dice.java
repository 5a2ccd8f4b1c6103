package dev.sampo.tests.simulation;

import java.util.List;
import java.util.SplittableRandom;

/** The only randomness of a schedule. Equal seeds give equal throws. */
final class Dice {
    private final SplittableRandom random;

    Dice(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Independent dice, so that what one part throws does not shift what another does. */
    Dice fork() {
        return new Dice(random.nextLong());
    }

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /** Both ends inclusive. */
    long between(long low, long high) {
        return high <= low ? low : low + random.nextLong(high - low + 1);
    }

    /** Both ends inclusive. */
    int between(int low, int high) {
        return (int) between((long) low, (long) high);
    }

    long next() {
        return random.nextLong();
    }

    <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** Mostly near {@code typical}, now and then many times as long, never beyond {@code max}. */
    long heavyTail(long typical, long max) {
        double u = 1 - random.nextDouble(); // (0, 1]
        return Math.min(max, Math.max(1, (long) (typical * 0.5 / Math.pow(u, 0.7))));
    }
}
