package dev.sampo.gate;

/**
 * What one side of a connection may send: pieces of at most {@link Gate#CHUNK_BYTES}, and no more than
 * {@link Gate#WINDOW_BYTES} under way. Pure.
 */
public final class SendWindow {
    private long nextNumber;
    private int underWay;

    /** How many of {@code waiting} bytes may go in the next message, 0 for none now. */
    public int next(long waiting) {
        return (int) Math.min(waiting, Math.min(Gate.CHUNK_BYTES, Gate.WINDOW_BYTES - underWay));
    }

    /** They are sent; the number of their message. */
    public long sent(int bytes) {
        underWay += bytes;
        return nextNumber++;
    }

    /** The other side has taken them. */
    public void taken(int bytes) {
        underWay = Math.max(0, underWay - bytes);
    }
}
