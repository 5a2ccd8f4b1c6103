package dev.sampo.actors.loop;

import java.util.List;

/**
 * One loop since its start; a snapshot that may be a turn old.
 *
 * @param turnsByDuration number of turns of less than 2^i microseconds (and at least half of it) in place i
 * @param slowestTurnNanos longest time that the loop did not look at its sockets
 * @param rebuilds how often the selector was replaced because it returned without reason
 */
public record LoopMetrics(
        int index, long turns, long tasks, long wakeUps, long slowestTurnNanos, long rebuilds,
        List<Long> turnsByDuration) {
    public LoopMetrics {
        turnsByDuration = List.copyOf(turnsByDuration);
    }

    /** Upper bound in microseconds of the given share (0.99) of all turns. */
    public long turnMicros(double share) {
        long rank = (long) Math.ceil(turnsByDuration.stream().mapToLong(Long::longValue).sum() * share);
        long seen = 0;
        for (int i = 0; i < turnsByDuration.size(); i++) {
            seen += turnsByDuration.get(i);
            if (seen >= rank) {
                return 1L << i;
            }
        }
        return 0;
    }
}
