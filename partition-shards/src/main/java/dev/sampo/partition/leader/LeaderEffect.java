package dev.sampo.partition.leader;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition.Member;

/**
 * What the leader's shell does next, in list order.
 *
 * @param <R> the shell's way back to whoever waits
 */
public sealed interface LeaderEffect<R> {
    /** Answer one append; {@code baseOffset} is -1 on error. */
    record Answer<R>(R waiter, KafkaError error, long baseOffset) implements LeaderEffect<R> {}

    /** Force the log up to its end now; the shell reports back with {@link LeaderState#onFlushed}. */
    record Flush<R>() implements LeaderEffect<R> {}

    /** Readers may see records below this offset. */
    record HighWatermarkAdvanced<R>(long highWatermark) implements LeaderEffect<R> {}

    /** A follower outside of the ISR has caught up: the sentinel of the group hears of it. */
    record ReportCaughtUp<R>(Member follower) implements LeaderEffect<R> {}
}
