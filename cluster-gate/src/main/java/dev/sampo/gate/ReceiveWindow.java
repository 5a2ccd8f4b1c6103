package dev.sampo.gate;

/** What one side of a connection receives: finds gaps, and says now and then what was taken. Pure. */
public final class ReceiveWindow {
    /** Small answers need not be told one by one, the window is far larger. */
    private static final int TELL_AT_BYTES = Gate.WINDOW_BYTES / 4;

    private long nextNumber;
    private int untold;

    /** False when messages before this one were lost: the connection is to be ended. */
    public boolean arrived(long number) {
        return number == nextNumber++;
    }

    /** Bytes have left the way; how many to tell the other side now, 0 for none yet. */
    public int taken(int bytes) {
        untold += bytes;
        if (untold < TELL_AT_BYTES) {
            return 0;
        }
        int told = untold;
        untold = 0;
        return told;
    }
}
