package dev.sampo.partition.sharding;

import com.typesafe.config.Config;
import java.time.Duration;

/** The settings below {@code sampo.partition} that sharding uses. */
public record ShardingSettings(
        Duration sentinelAskTimeout, Duration sentinelMinBackoff, Duration sentinelMaxBackoff,
        Duration watcherMinInterval, Duration watcherMaxInterval, int maxMovesPerTick, boolean autoLeaderRebalance,
        Duration leaderReturnDelay) {
    /** Names the bad key. */
    public ShardingSettings {
        positive("sentinel.ask-timeout", sentinelAskTimeout);
        positive("sentinel.min-backoff", sentinelMinBackoff);
        atLeast("sentinel.max-backoff", sentinelMaxBackoff, sentinelMinBackoff);
        positive("group-watcher.min-interval", watcherMinInterval);
        atLeast("group-watcher.max-interval", watcherMaxInterval, watcherMinInterval);
        if (leaderReturnDelay.isNegative()) {
            throw new IllegalArgumentException(
                    "sampo.partition.leader-return-delay is " + leaderReturnDelay + ": set it to 0 or more");
        }
        if (maxMovesPerTick < 1) {
            throw new IllegalArgumentException(
                    "sampo.partition.max-moves-per-tick is " + maxMovesPerTick + ": set it to at least 1");
        }
    }

    /** From {@code sampo.partition}. */
    public static ShardingSettings from(Config config) {
        return new ShardingSettings(config.getDuration("sentinel.ask-timeout"),
                config.getDuration("sentinel.min-backoff"), config.getDuration("sentinel.max-backoff"),
                config.getDuration("group-watcher.min-interval"), config.getDuration("group-watcher.max-interval"),
                config.getInt("max-moves-per-tick"), config.getBoolean("auto-leader-rebalance"),
                config.getDuration("leader-return-delay"));
    }

    private static void positive(String key, Duration value) {
        if (value.toMillis() < 1) {
            throw new IllegalArgumentException("sampo.partition." + key + " is " + value + ": set it to at least 1ms");
        }
    }

    private static void atLeast(String key, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException(
                    "sampo.partition." + key + " is " + value + ": set it to at least " + least);
        }
    }
}
