package dev.sampo.kafka.replica;

import com.typesafe.config.Config;

/**
 * How followers fetch: the settings below {@code sampo.replica}.
 *
 * @param fetchMaxWaitMs {@code replica.fetch.wait.max.ms}: how long the leader may wait for records
 * @param fetchMaxBytes {@code replica.fetch.max.bytes}: of one partition in one answer; a larger batch comes all the same
 * @param responseMaxBytes {@code replica.fetch.response.max.bytes}: of one answer
 * @param timeoutMs {@code replica.socket.timeout.ms}: how long an answer or a connection may take beyond that wait
 * @param reconnectMinMs before the next attempt to connect, doubled after each failure ...
 * @param reconnectMaxMs ... up to this
 */
public record ReplicaSettings(
        int fetchMaxWaitMs, int fetchMaxBytes, int responseMaxBytes, int timeoutMs, int reconnectMinMs,
        int reconnectMaxMs) {
    /** Names the bad key. */
    public ReplicaSettings {
        positive("fetch-max-wait", fetchMaxWaitMs);
        positive("fetch-max-bytes", fetchMaxBytes);
        positive("response-max-bytes", responseMaxBytes);
        positive("timeout", timeoutMs);
        positive("reconnect-min", reconnectMinMs);
        if (reconnectMaxMs < reconnectMinMs) {
            throw new IllegalArgumentException("sampo.replica.reconnect-max is " + reconnectMaxMs
                    + " ms: set it to at least reconnect-min, " + reconnectMinMs + " ms");
        }
    }

    /** From {@code sampo.replica}. */
    public static ReplicaSettings from(Config config) {
        return new ReplicaSettings(
                millis(config, "fetch-max-wait"), Math.toIntExact(config.getBytes("fetch-max-bytes")),
                Math.toIntExact(config.getBytes("response-max-bytes")), millis(config, "timeout"),
                millis(config, "reconnect-min"), millis(config, "reconnect-max"));
    }

    private static int millis(Config config, String key) {
        return Math.toIntExact(config.getDuration(key).toMillis());
    }

    private static void positive(String key, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("sampo.replica." + key + " is " + value + ": set it to at least 1");
        }
    }
}
