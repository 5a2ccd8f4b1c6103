package dev.sampo.http.route;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask. With a token: whoever has it. Without one the server is on loopback, and pages in a browser are kept out:
 * a name that was made to point here (DNS rebinding) by the Host header, pages of other sites by the Origin header.
 */
public final class Guard {
    private static final String BEARER = "bearer ";

    private final byte @Nullable [] token;
    private final boolean loopback;

    /** {@code loopback}: the server listens where only this machine reaches it. */
    public Guard(@Nullable String token, boolean loopback) {
        this.token = token == null ? null : token.getBytes(StandardCharsets.UTF_8);
        this.loopback = loopback;
    }

    /** Why the request is refused, null when it is not. Header values are null when absent. */
    public @Nullable Problem check(
            @Nullable String host, @Nullable String origin, @Nullable String authorization, boolean open) {
        if (loopback && !isLocal(host)) {
            return Problem.of(
                    403, "host-not-allowed", "The Host header names another host",
                    "This server listens on loopback and answers to localhost, 127.0.0.1 and [::1] only, not to \""
                            + host + "\".");
        }
        if (origin != null && !origin.equalsIgnoreCase("http://" + host)) {
            return Problem.of(
                    403, "origin-not-allowed", "Pages of other sites are not served",
                    "The Origin header is \"" + origin + "\"; this server allows no cross-origin requests.");
        }
        if (token != null && !open && !has(authorization)) {
            return Problem.of(
                    401, "unauthorized", "A token is needed",
                    "Send the broker's sampo.http.token in the header \"Authorization: Bearer TOKEN\".");
        }
        return null;
    }

    /** In a time that does not depend on how much of the token is right. */
    private boolean has(@Nullable String authorization) {
        if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            return false;
        }
        byte[] given = authorization.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(token, given);
    }

    private static boolean isLocal(@Nullable String host) {
        if (host == null) {
            return false;
        }
        int colon = host.lastIndexOf(':');
        String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
        if (name.equalsIgnoreCase("localhost")) {
            return true;
        }
        boolean literal = name.startsWith("[") || name.matches("[0-9.]+");
        try {
            return literal && InetAddress.getByName(name).isLoopbackAddress(); // a literal is not looked up
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
