package dev.sampo.group.lag;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.util.concurrent.TimeUnit;

/**
 * Keys below {@code sampo.group.lag}, see reference.conf.
 *
 * @param intervalMs between two samples
 * @param historyMs how long they are kept
 * @param historyMaxBytes most memory of what is kept of all groups
 */
public record LagSettings(long intervalMs, long historyMs, long historyMaxBytes) {
    public LagSettings {
        if (intervalMs < 100) {
            throw new ConfigException.BadValue("sampo.group.lag.interval", "is " + intervalMs + " ms, must be at least 100 ms");
        }
        if (historyMs < 0) {
            throw new ConfigException.BadValue("sampo.group.lag.history", "is negative");
        }
        if (historyMaxBytes < 0) {
            throw new ConfigException.BadValue("sampo.group.lag.history-max-size", "is negative");
        }
    }

    /** Reads {@code sampo.group.lag} of a whole configuration. */
    public static LagSettings from(Config config) {
        Config lag = config.getConfig("sampo.group.lag");
        return new LagSettings(
                lag.getDuration("interval", TimeUnit.MILLISECONDS), lag.getDuration("history", TimeUnit.MILLISECONDS),
                lag.getBytes("history-max-size"));
    }
}
