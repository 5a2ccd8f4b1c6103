package dev.sampo.persistence.log;

/**
 * What a read found.
 *
 * @param slice whole batches; the receiver releases it
 * @param endOffset exclusive: every batch of the slice ends at or before it
 */
public record LogRead(FileSlice slice, long endOffset) {}
