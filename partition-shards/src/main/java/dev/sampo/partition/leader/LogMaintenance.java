package dev.sampo.partition.leader;

import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import java.time.Duration;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The broker's clock for its logs: one timer for all partitions, which are told in turn. */
public final class LogMaintenance {
    private enum Tick {
        COMPACT,
        RETAIN
    }

    private LogMaintenance() {}

    /**
     * Tells every partition that this broker leads.
     *
     * @param retentionCheckInterval {@code log.retention.check.interval.ms}
     * @param cleanerBackoff {@code log.cleaner.backoff.ms}: between two looks for a log that is worth a compaction
     */
    public static Behavior<?> create(
            PartitionRegistry registry, Duration retentionCheckInterval, Duration cleanerBackoff) {
        return Behaviors.<Tick>withTimers(timers -> {
            timers.startTimerWithFixedDelay(Tick.COMPACT, cleanerBackoff);
            timers.startTimerWithFixedDelay(Tick.RETAIN, retentionCheckInterval);
            return Behaviors.receiveMessage(tick -> {
                var maintain = new Partition.Maintain(tick == Tick.RETAIN);
                registry.entries().forEach(entry -> entry.leader().tell(maintain));
                return Behaviors.same();
            });
        });
    }
}
