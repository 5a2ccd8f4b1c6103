package dev.sampo.persistence.log;

/**
 * A record found by time.
 *
 * @param leaderEpoch the epoch in which it was written, -1 when not known
 */
public record OffsetAndTimestamp(long offset, long timestamp, int leaderEpoch) {
    public static final OffsetAndTimestamp NONE = new OffsetAndTimestamp(-1, -1, -1);
}
