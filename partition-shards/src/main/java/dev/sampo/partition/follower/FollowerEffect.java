package dev.sampo.partition.follower;

/** What the follower's shell does next, in list order. */
public sealed interface FollowerEffect {
    /** Append the answer's records, then call {@link FollowerState#onAppended} or {@link FollowerState#onUnfit}. */
    enum Append implements FollowerEffect {
        INSTANCE
    }

    /**
     * Cut the log there, then call {@link FollowerState#onCut}.
     *
     * @param committed records below the high watermark go: another replica was elected that did not have them
     */
    record Truncate(long offset, boolean committed) implements FollowerEffect {}

    /** Begin the log anew at this offset, then call {@link FollowerState#onCut}. */
    record StartAnew(long offset) implements FollowerEffect {}

    /** Move the log start offset up, then call {@link FollowerState#onCut}. */
    record MoveLogStart(long offset) implements FollowerEffect {}

    /** Ask the leader where its log begins and ends; the answer goes to {@link FollowerState#onLeaderOffsets}. */
    enum AskLeaderOffsets implements FollowerEffect {
        INSTANCE
    }

    /** The high watermark is this from now on. */
    record LearnHighWatermark(long offset) implements FollowerEffect {}

    /** Come back with {@link FollowerState#onPauseOver} after this time. */
    record Pause(long ms) implements FollowerEffect {}
}
