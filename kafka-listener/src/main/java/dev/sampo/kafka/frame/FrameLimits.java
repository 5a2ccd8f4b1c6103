package dev.sampo.kafka.frame;

/**
 * What a frame may be.
 *
 * @param maxBytes {@code socket.request.max.bytes}
 * @param firstMaxBytes for the first frame of a connection, unless it is a Produce request (a client that skips
 *     ApiVersions may begin with one)
 * @param minBytesPerSecond slowest a started frame may come in ...
 * @param maxDurationMs ... unless it is whole within this time
 */
public record FrameLimits(int maxBytes, int firstMaxBytes, int minBytesPerSecond, long maxDurationMs) {
    /** Key, version and correlation id: no request is shorter. */
    public static final int MIN_BYTES = 8;
}
