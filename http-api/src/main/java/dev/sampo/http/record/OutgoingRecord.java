package dev.sampo.http.record;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record to be written.
 *
 * @param partition null to have one chosen
 * @param timestampMs null for now
 */
public record OutgoingRecord(
        @Nullable Integer partition, byte @Nullable [] key, byte @Nullable [] value, List<Header> headers,
        @Nullable Long timestampMs) {
    /** A header. */
    public record Header(String key, byte @Nullable [] value) {}

    /** About the bytes that it takes in a batch. */
    public int sizeBytes() {
        int size = 32 + (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        for (Header header : headers) {
            size += 8 + header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return size;
    }
}
