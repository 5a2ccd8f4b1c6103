package dev.sampo.persistence.log;

import java.nio.file.Path;

/**
 * A segment that does not change any more.
 *
 * @param endOffset exclusive: the next segment's base offset
 * @param maxTimestamp of its records, -1 for none
 * @param lastModifiedMs when its file was written
 */
public record ClosedSegment(
        Path path, long baseOffset, long endOffset, int sizeBytes, long maxTimestamp, long lastModifiedMs) {}
