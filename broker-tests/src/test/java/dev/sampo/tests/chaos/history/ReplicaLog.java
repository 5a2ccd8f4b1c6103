package dev.sampo.tests.chaos.history;

import java.util.List;

/**
 * The files of one replica.
 *
 * @param batches in file order, below the high watermark
 */
public record ReplicaLog(int broker, int partition, List<Batch> batches) {
    /**
     * One batch.
     *
     * @param lastOffset inclusive
     * @param digest of all its bytes
     */
    public record Batch(long baseOffset, long lastOffset, String digest) {}
}
