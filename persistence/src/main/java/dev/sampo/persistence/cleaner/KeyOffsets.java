package dev.sampo.persistence.cleaner;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The last offset of each key, by the key's 128-bit hash, in 24 bytes for each entry. A cryptographic hash, so that no
 * producer can make two keys meet.
 */
final class KeyOffsets {
    private static final double LOAD = 0.75;

    private final long[] table; // high hash, low hash, offset + 1 (0: free)
    private final int slots;
    private final int maxEntries;
    private final MessageDigest digest;
    private int entries;
    private long latestOffset = -1;

    KeyOffsets(int maxEntries) {
        this.maxEntries = maxEntries;
        this.slots = Integer.highestOneBit(Math.max(2, (int) Math.min(1 << 28, maxEntries / LOAD))) << 1;
        this.table = new long[3 * slots];
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    boolean isFull() {
        return entries >= maxEntries;
    }

    /** Largest offset that was looked at; keys behind it are not known. */
    long latestOffset() {
        return latestOffset;
    }

    void seenUpTo(long offset) {
        latestOffset = Math.max(latestOffset, offset);
    }

    void put(ByteBuffer key, long offset) {
        int slot = slot(key);
        if (table[slot + 2] == 0) {
            entries++;
        }
        table[slot + 2] = offset + 1;
        seenUpTo(offset);
    }

    /** -1 for a key that was not seen. */
    long get(ByteBuffer key) {
        return table[slot(key) + 2] - 1;
    }

    private int slot(ByteBuffer key) {
        digest.update(key.duplicate());
        ByteBuffer hash = ByteBuffer.wrap(digest.digest());
        long high = hash.getLong();
        long low = hash.getLong();
        int slot = (int) (high & (slots - 1));
        while (true) {
            int at = 3 * slot;
            if (table[at + 2] == 0) {
                table[at] = high;
                table[at + 1] = low;
                return at;
            }
            if (table[at] == high && table[at + 1] == low) {
                return at;
            }
            slot = (slot + 1) & (slots - 1);
        }
    }
}
