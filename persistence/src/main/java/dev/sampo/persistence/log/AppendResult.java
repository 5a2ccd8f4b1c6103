package dev.sampo.persistence.log;

/**
 * Where a group of batches went.
 *
 * @param firstOffset of the first batch, -1 when there was none
 * @param logEndOffset behind the last batch
 * @param rolled a segment was closed on the way: time for a flush
 */
public record AppendResult(long firstOffset, long logEndOffset, boolean rolled) {}
