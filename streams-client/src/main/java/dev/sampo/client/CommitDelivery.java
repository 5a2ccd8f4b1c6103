package dev.sampo.client;

/** Whether a committer waits for the broker. */
public enum CommitDelivery {
    /** The stream is back-pressured while more than {@code parallelism} commits wait for their answer. */
    WaitForAck,
    /** The stream never waits; a failed commit is logged and the next one covers it. */
    SendAndForget;

    /** For Java. */
    public static CommitDelivery waitForAck() {
        return WaitForAck;
    }

    /** For Java. */
    public static CommitDelivery sendAndForget() {
        return SendAndForget;
    }
}
