package dev.sampo.partition.follower;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.partition.follower.Follower.Answer;
import dev.sampo.partition.follower.FollowerEffect.Append;
import dev.sampo.partition.follower.FollowerEffect.AskLeaderOffsets;
import dev.sampo.partition.follower.FollowerEffect.LearnHighWatermark;
import dev.sampo.partition.follower.FollowerEffect.MoveLogStart;
import dev.sampo.partition.follower.FollowerEffect.Pause;
import dev.sampo.partition.follower.FollowerEffect.StartAnew;
import dev.sampo.partition.follower.FollowerEffect.Truncate;
import dev.sampo.persistence.epoch.LeaderEpochFile.EndOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * One partition that follows in one leader epoch: what to do with the leader's answers. Pure: equal calls in equal order
 * give equal effects. A new leader epoch is a new object, made from the log as it is.
 *
 * <p>Where the logs part is found by leader epochs, never by the high watermark: each fetch names the epoch of the
 * follower's last batch, and the leader answers with the end of its largest epoch at or below it where that contradicts
 * the fetch offset. What is asked for is always what the log holds: an answer to another offset says nothing.
 *
 * <p>Invariant: {@code logStartOffset <= highWatermark <= logEndOffset}; the high watermark falls only with a truncation.
 *
 * @see "KIP-101, KIP-279, KIP-595"
 */
public final class FollowerState {
    static final long FIRST_PAUSE_MS = 20;
    static final long LAST_PAUSE_MS = 1_000;

    private enum Phase {
        /** A position is with the link, or may go there. */
        FETCHING,
        /** The log is being appended to, cut or moved. */
        WRITING,
        /** The leader is asked where its log begins and ends. */
        ASKING,
        PAUSED
    }

    private final int leaderEpoch;
    private long logStartOffset;
    private long logEndOffset;
    private int lastEpoch;
    private long highWatermark;
    private long leaderHighWatermark = -1; // as the answer in hand says
    private long leaderLogStartOffset = -1;
    private long pauseMs = FIRST_PAUSE_MS;
    private Phase phase = Phase.FETCHING;

    /**
     * Begins to follow.
     *
     * @param lastEpoch the newest epoch that the log knows, -1 for none
     */
    public FollowerState(int leaderEpoch, long logStartOffset, long logEndOffset, int lastEpoch, long highWatermark) {
        this.leaderEpoch = leaderEpoch;
        this.logStartOffset = logStartOffset;
        this.logEndOffset = logEndOffset;
        this.lastEpoch = lastEpoch;
        this.highWatermark = highWatermark;
    }

    public int leaderEpoch() {
        return leaderEpoch;
    }

    public long logStartOffset() {
        return logStartOffset;
    }

    /** What to fetch next. */
    public long logEndOffset() {
        return logEndOffset;
    }

    /** -1 for none. */
    public int lastEpoch() {
        return lastEpoch;
    }

    public long highWatermark() {
        return highWatermark;
    }

    /** Whether it is to be fetched now. */
    public boolean fetching() {
        return phase == Phase.FETCHING;
    }

    /**
     * The leader has answered.
     *
     * @param own the log's largest epoch at or below the one given, and its end
     */
    public List<FollowerEffect> onAnswer(Answer answer, IntFunction<EndOffset> own) {
        if (phase != Phase.FETCHING || answer.leaderEpoch() != leaderEpoch || answer.fetchOffset() != logEndOffset) {
            return List.of(); // to a question that is not asked any more
        }
        return switch (answer.error()) {
            case NONE -> onGoodAnswer(answer, own);
            case OFFSET_OUT_OF_RANGE -> {
                if (answer.logStartOffset() > logEndOffset) { // this leader tells with its refusal
                    phase = Phase.WRITING;
                    yield List.of(new StartAnew(answer.logStartOffset()));
                }
                phase = Phase.ASKING;
                yield List.of(AskLeaderOffsets.INSTANCE);
            }
            // Most say that the other broker does not lead, not yet or no more: the metadata will tell. What is wrong with
            // the leader's log or disk, the leader's broker deals with.
            default -> List.of(pause());
        };
    }

    private List<FollowerEffect> onGoodAnswer(Answer answer, IntFunction<EndOffset> own) {
        if (answer.divergingEpoch() >= 0) {
            return List.of(truncate(truncationPoint(answer.divergingEpoch(), answer.divergingEndOffset(), own)));
        }
        pauseMs = FIRST_PAUSE_MS;
        leaderHighWatermark = answer.highWatermark();
        leaderLogStartOffset = answer.logStartOffset();
        if (answer.records().hasRemaining()) {
            phase = Phase.WRITING;
            return List.of(Append.INSTANCE);
        }
        return follow();
    }

    /** Where to cut when the leader's largest epoch at or below ours ends there. */
    private long truncationPoint(int epoch, long endOffset, IntFunction<EndOffset> own) {
        EndOffset ours = own.apply(epoch);
        if (ours.epoch() < 0) {
            return Math.min(endOffset, logEndOffset);
        }
        // Without that epoch in our log, ours that are below it are all that may be common: the next fetch names the
        // largest of them (KIP-279).
        long common = ours.epoch() == epoch ? Math.min(ours.endOffset(), endOffset) : ours.endOffset();
        return Math.min(common, logEndOffset);
    }

    private Truncate truncate(long offset) {
        phase = Phase.WRITING;
        return new Truncate(offset, offset < highWatermark);
    }

    /** The records were appended. */
    public List<FollowerEffect> onAppended(long newLogEndOffset, int newLastEpoch) {
        if (newLogEndOffset < logEndOffset || newLastEpoch < lastEpoch) {
            throw new IllegalStateException("a log at offset " + logEndOffset + " and epoch " + lastEpoch
                    + " was appended to and is at " + newLogEndOffset + " and " + newLastEpoch);
        }
        logEndOffset = newLogEndOffset;
        lastEpoch = newLastEpoch;
        phase = Phase.FETCHING;
        return follow();
    }

    /** The records cannot follow the log's end, and were not written. */
    public List<FollowerEffect> onUnfit() {
        return List.of(pause());
    }

    /** Takes over what the leader's answer says beside records. */
    private List<FollowerEffect> follow() {
        long known = Math.min(leaderHighWatermark, logEndOffset);
        boolean advances = known > highWatermark;
        boolean starts = leaderLogStartOffset > logStartOffset && leaderLogStartOffset <= logEndOffset;
        if (!advances && !starts) {
            return List.of();
        }
        var effects = new ArrayList<FollowerEffect>(2);
        if (advances) {
            highWatermark = known;
            effects.add(new LearnHighWatermark(known));
        }
        if (starts) {
            phase = Phase.WRITING;
            effects.add(new MoveLogStart(leaderLogStartOffset));
        }
        return effects;
    }

    /** The log was cut, begun anew or had its start moved. */
    public List<FollowerEffect> onCut(long newLogStartOffset, long newLogEndOffset, int newLastEpoch) {
        boolean changed = newLogStartOffset != logStartOffset || newLogEndOffset != logEndOffset
                || newLastEpoch != lastEpoch;
        logStartOffset = newLogStartOffset;
        logEndOffset = newLogEndOffset;
        lastEpoch = newLastEpoch;
        phase = Phase.FETCHING;
        var effects = new ArrayList<FollowerEffect>(2);
        long within = Math.clamp(highWatermark, logStartOffset, logEndOffset);
        if (within != highWatermark) {
            highWatermark = within;
            effects.add(new LearnHighWatermark(within));
        }
        if (!changed) {
            effects.add(pause()); // else the leader would say the same again at once
        }
        return effects;
    }

    /** Retention has removed the beginning of the log. */
    public void onRetained(long newLogStartOffset) {
        logStartOffset = newLogStartOffset;
    }

    /** Where the leader's log begins and ends, after it had said that what was asked for is out of range. */
    public List<FollowerEffect> onLeaderOffsets(KafkaError error, long leaderStart, long leaderEnd) {
        if (phase != Phase.ASKING) {
            return List.of();
        }
        if (error != KafkaError.NONE || leaderStart < 0 || leaderEnd < leaderStart) {
            return List.of(pause());
        }
        if (leaderStart > logEndOffset || leaderEnd < logStartOffset) {
            phase = Phase.WRITING;
            return List.of(new StartAnew(leaderStart)); // nothing in common
        }
        if (leaderEnd < logEndOffset) {
            return List.of(truncate(leaderEnd)); // it was elected without being in sync
        }
        return List.of(pause()); // it is within the leader's log now
    }

    /** The time of a {@link Pause} is over, or the leader has not said where its log is for too long. */
    public void onPauseOver() {
        if (phase == Phase.PAUSED || phase == Phase.ASKING) {
            phase = Phase.FETCHING;
        }
    }

    private Pause pause() {
        phase = Phase.PAUSED;
        var pause = new Pause(pauseMs);
        pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2);
        return pause;
    }
}
