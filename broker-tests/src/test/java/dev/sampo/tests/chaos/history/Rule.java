package dev.sampo.tests.chaos.history;

/** What a history may break. */
public enum Rule {
    /** An acknowledged value is absent from the final read. */
    LOST,
    /** A value was acknowledged at one offset and stands at another. */
    WRONG_OFFSET,
    /** One offset of one partition showed two values, over all reads ever made. */
    INCONSISTENT_OFFSET,
    /** A value of an idempotent producer stands in the log twice. */
    DUPLICATE,
    /** Values of one producer stand in another order than they were sent in. */
    REORDERED,
    /** A value was read that nobody sent to that partition. */
    PHANTOM,
    /** Two replicas hold different batches below the high watermark. */
    REPLICAS_DIFFER,
    /** A reader that never resets was told that its position is gone, or a record that was read is no longer there. */
    LOG_TRUNCATED,
    /** A reader went back within one assignment. */
    NONMONOTONIC_POLL,
    /** A reader jumped over a record that is in the log, within one assignment. */
    POLL_SKIP,
    /** The end of a partition, as a client sees it, went back. */
    END_OFFSET_WENT_BACK,
    /** A group committed its way past a record that no member was given. */
    GROUP_SKIP,
    /** A partition acknowledged nothing within the time allowed after the last repair. */
    NOT_AVAILABLE,
    /** Replicas were not all in sync within the time allowed after the last repair. */
    NOT_IN_SYNC,
    /** A group had not read the log within the time allowed. */
    GROUP_STUCK,
    /** A client was given an error in a run in which none may be. */
    CLIENT_ERROR,
    /** A time was exceeded that the test promises. */
    TOO_SLOW
}
