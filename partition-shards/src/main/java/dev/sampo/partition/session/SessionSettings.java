package dev.sampo.partition.session;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The settings below {@code sampo.session}.
 *
 * @param timeout after which a broker that was not heard counts as dead
 * @param lease how long a broker may lead after it last reached a majority of the metadata voters
 * @param heartbeatInterval between two heartbeats
 */
public record SessionSettings(Duration timeout, Duration lease, Duration heartbeatInterval) {
    /** Names the bad key. */
    public SessionSettings {
        if (heartbeatInterval.toMillis() < 10) {
            throw new IllegalArgumentException(
                    "sampo.session.heartbeat-interval is " + heartbeatInterval + ": set it to at least 10ms");
        }
        if (lease.compareTo(heartbeatInterval.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException("sampo.session.lease is " + lease
                    + ": set it to at least two heartbeat intervals, " + heartbeatInterval.multipliedBy(2));
        }
        if (timeout.compareTo(lease) <= 0) {
            throw new IllegalArgumentException("sampo.session.timeout is " + timeout
                    + ": it must be longer than sampo.session.lease, " + lease
                    + ", else two brokers may lead one group at once");
        }
    }

    /** From {@code sampo.session}. */
    public static SessionSettings from(Config config) {
        return new SessionSettings(
                config.getDuration("timeout"), config.getDuration("lease"), config.getDuration("heartbeat-interval"));
    }
}
