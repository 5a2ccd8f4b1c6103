package dev.sampo.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import dev.sampo.http.route.HttpLimits;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * {@code sampo.http}; the keys are explained in {@code reference.conf}.
 *
 * @param token null when none is configured
 */
public record HttpSettings(
        boolean enabled, String host, int port, @Nullable String token, Duration requestTimeout, HttpLimits limits,
        int maxRecordBytes, int maxFetchBytes, int maxRequests, int maxTails, Duration heartbeat) {
    /** From the whole configuration. @throws ConfigException names the bad key */
    public static HttpSettings from(Config root) {
        Config config = root.getConfig("sampo.http");
        String token = config.getString("token").strip();
        int port = config.getInt("port");
        if (port < 0 || port > 65_535) {
            throw new ConfigException.BadValue("sampo.http.port", "must be 0 (a free one) to 65535, not " + port);
        }
        return new HttpSettings(
                config.getBoolean("enabled"), config.getString("host").strip(), port, token.isEmpty() ? null : token,
                positive(config, "request-timeout"),
                new HttpLimits(bytes(config, "max-body"), positive(config, "body-timeout")),
                bytes(config, "max-record"), bytes(config, "max-fetch"), number(config, "max-requests"),
                number(config, "max-tails"), positive(config, "heartbeat"));
    }

    /** The one line that says why these settings must not be served, null when they may be. */
    public @Nullable String refusal() {
        if (!enabled || token != null || isLoopback(host)) {
            return null;
        }
        return "sampo.http.host is " + host + ", which others can reach, and no token is set: set sampo.http.token to a "
                + "secret that clients send as \"Authorization: Bearer\", or set sampo.http.host=127.0.0.1";
    }

    /** True for a name or address that only this machine reaches. */
    static boolean isLoopback(String host) {
        try {
            return !host.isEmpty() && InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static Duration positive(Config config, String key) {
        Duration value = config.getDuration(key);
        if (!value.isPositive()) {
            throw new ConfigException.BadValue("sampo.http." + key, "must be above 0, not " + value);
        }
        return value;
    }

    private static int bytes(Config config, String key) {
        long value = config.getBytes(key);
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw new ConfigException.BadValue("sampo.http." + key, "must be 1 B to 2 GiB, not " + value);
        }
        return (int) value;
    }

    private static int number(Config config, String key) {
        int value = config.getInt(key);
        if (value < 1) {
            throw new ConfigException.BadValue("sampo.http." + key, "must be 1 or more, not " + value);
        }
        return value;
    }
}
