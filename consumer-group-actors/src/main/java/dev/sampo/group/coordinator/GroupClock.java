package dev.sampo.group.coordinator;

import java.util.function.LongSupplier;

/**
 * The time of groups: the value itself, milliseconds since 1970 on a clock that never goes back within a run, is that of
 * sessions and joins; {@link #retentionMs} decides alone which committed offsets have expired.
 */
@FunctionalInterface
public interface GroupClock extends LongSupplier {
    /** Milliseconds since 1970; may stand still or jump. */
    default long retentionMs() {
        return getAsLong();
    }

    /** Two clocks: see {@link GroupCoordinators#steadyClock} for the first. */
    static GroupClock of(LongSupplier steadyMs, LongSupplier retentionMs) {
        return new GroupClock() {
            @Override
            public long getAsLong() {
                return steadyMs.getAsLong();
            }

            @Override
            public long retentionMs() {
                return retentionMs.getAsLong();
            }
        };
    }
}
