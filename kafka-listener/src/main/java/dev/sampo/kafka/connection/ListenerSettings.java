package dev.sampo.kafka.connection;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.sampo.kafka.frame.FrameLimits;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * Settings {@code sampo.listener.*} of reference.conf, which says what each costs.
 *
 * @param requestMemoryBytes at least {@code frame.maxBytes()}
 */
public record ListenerSettings(
        FrameLimits frame, ConnectionLimits connection, long requestMemoryBytes, int backlog, int maxConnections,
        int maxConnectionsPerAddress, int newConnectionsPerSecond, int newConnectionsBurst, long maxIdleMs,
        long sendTimeoutMs, long shutdownTimeoutMs) {

    public ListenerSettings {
        check("max-connections", maxConnections, 1);
        check("max-connections-per-address", maxConnectionsPerAddress, 1);
        check("new-connections-per-second", newConnectionsPerSecond, 1);
        check("new-connections-burst", newConnectionsBurst, 1);
        check("backlog", backlog, 1);
        check("socket-request-max", frame.maxBytes(), FrameLimits.MIN_BYTES);
        check("first-request-max", frame.firstMaxBytes(), FrameLimits.MIN_BYTES);
        check("max-idle", maxIdleMs, 1);
    }

    /** Reads {@code sampo.listener} of the broker's configuration. */
    public static ListenerSettings from(Config config) {
        Config listener = config.getConfig("sampo.listener");
        int maxBytes = bytes(listener, "socket-request-max");
        return new ListenerSettings(
                new FrameLimits(
                        maxBytes, bytes(listener, "first-request-max"), bytes(listener, "request-min-rate"),
                        listener.getDuration("request-max-duration").toMillis()),
                new ConnectionLimits(
                        listener.getInt("in-flight-requests"), listener.getBytes("in-flight-bytes"),
                        listener.getBytes("unsent-bytes")),
                Math.max(maxBytes, requestMemory(listener)),
                listener.getInt("backlog"), listener.getInt("max-connections"),
                listener.getInt("max-connections-per-address"), listener.getInt("new-connections-per-second"),
                listener.getInt("new-connections-burst"), listener.getDuration("max-idle").toMillis(),
                listener.getDuration("send-timeout").toMillis(), listener.getDuration("shutdown-timeout").toMillis());
    }

    private static long requestMemory(Config listener) {
        return "auto".equals(listener.getString("request-memory"))
                ? maxDirectMemoryBytes() / 4
                : listener.getBytes("request-memory");
    }

    /** {@code -XX:MaxDirectMemorySize}, which is the heap's maximum unless given. */
    private static long maxDirectMemoryBytes() {
        List<String> arguments = ManagementFactory.getRuntimeMXBean().getInputArguments();
        String option = "-XX:MaxDirectMemorySize=";
        for (String argument : arguments) {
            if (argument.startsWith(option)) {
                return com.typesafe.config.ConfigFactory.parseString("v = \"" + argument.substring(option.length()) + '"')
                        .getBytes("v");
            }
        }
        return Runtime.getRuntime().maxMemory();
    }

    private static int bytes(Config config, String key) {
        long bytes = config.getBytes(key);
        if (bytes > Integer.MAX_VALUE) {
            throw new ConfigException.BadValue(config.origin(), "sampo.listener." + key, bytes + " is above 2 GiB");
        }
        return (int) bytes;
    }

    private static void check(String key, long value, long min) {
        if (value < min) {
            throw new IllegalArgumentException("sampo.listener." + key + " is " + value + "; it must be at least " + min);
        }
    }
}
