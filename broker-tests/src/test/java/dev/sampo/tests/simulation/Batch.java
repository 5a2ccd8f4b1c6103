package dev.sampo.tests.simulation;

/**
 * One record batch. Its content is told by who sent it and with which sequence, so equal batches are equal bytes.
 *
 * @param producerId -1 for a producer without idempotence; {@code baseSequence} is then a number that is sent once
 */
record Batch(long baseOffset, int count, int epoch, long producerId, long baseSequence) {
    /** Exclusive. */
    long endOffset() {
        return baseOffset + count;
    }

    int lastSequence() {
        return (int) baseSequence + count - 1;
    }

    boolean idempotent() {
        return producerId >= 0;
    }

    boolean sameContent(Batch other) {
        return producerId == other.producerId && baseSequence == other.baseSequence && count == other.count;
    }

    @Override
    public String toString() {
        return baseOffset + ".." + endOffset() + "@" + epoch + (idempotent() ? " p" + producerId + "#" : " #")
                + baseSequence;
    }
}
