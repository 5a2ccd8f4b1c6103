package dev.sampo.partition.fetch;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.AbortedTransaction;
import dev.sampo.actors.protocol.Partition.DataArrived;
import dev.sampo.actors.protocol.Partition.ReadReply;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import dev.sampo.persistence.log.FileSlice;
import dev.sampo.persistence.log.LogRead;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Consumers' reads of one open log, and those of them that wait at its end: the same for a leader and for a follower, which
 * differ in what they know. Nothing at or above the high watermark is given out. Belongs to the actor that owns the log.
 *
 * @see "KIP-320, KIP-392"
 */
public final class ConsumerReads {
    /** A fetch waits five minutes at most by any client's default; a watch that is older belongs to nobody. */
    private static final long FORGET_WATCH_AFTER_MS = 600_000;

    /** What the owner of the log knows of the partition. */
    public interface View {
        /** In which it leads or follows. */
        int leaderEpoch();

        /** First offset that consumers may not see yet, as far as this replica knows; within the log. */
        long highWatermark();

        /** Whether what was read may be given out: asked after the read, since the process may have been stopped in it. */
        boolean mayAnswer();
    }

    private final PartitionLog log;
    private final View view;
    private final WaitingFetches<ActorRef<? super Partition.Reply>> waiting = new WaitingFetches<>();

    public ConsumerReads(PartitionLog log, View view) {
        this.log = log;
        this.view = view;
    }

    /**
     * Reads and answers, and watches if that is asked for.
     *
     * @throws IOException the disk refused; nothing was answered
     */
    public void read(Partition.Read read, long nowMs) throws IOException {
        KafkaError epochError = ClientEpoch.check(read.currentLeaderEpoch(), view.leaderEpoch());
        if (epochError != KafkaError.NONE) {
            refuse(read, epochError);
            return;
        }
        long fetchOffset = read.fetchOffset();
        if (read.lastFetchedEpoch() >= 0) {
            LeaderEpochFile.EndOffset end = log.epochs().endOffset(read.lastFetchedEpoch(), log.logEndOffset());
            if (end.epoch() < 0) {
                refuse(read, KafkaError.OFFSET_OUT_OF_RANGE);
                return;
            }
            if (end.epoch() < read.lastFetchedEpoch() || end.endOffset() < fetchOffset) {
                answer(read, null, List.of(), end.epoch(), end.endOffset());
                return;
            }
        }
        if (fetchOffset < log.logStartOffset() || fetchOffset > log.logEndOffset()) {
            refuse(read, KafkaError.OFFSET_OUT_OF_RANGE);
            return;
        }
        long upperBound = read.readCommitted() ? lastStableOffset() : view.highWatermark();
        LogRead found = fetchOffset < upperBound && (read.maxBytes() > 0 || read.atLeastOneBatch())
                ? log.read(fetchOffset, read.maxBytes(), upperBound, read.atLeastOneBatch())
                : null;
        FileSlice records = found == null ? null : found.slice();
        if (!view.mayAnswer()) {
            if (records != null) {
                records.release();
            }
            refuse(read, KafkaError.NOT_LEADER_OR_FOLLOWER);
            return;
        }
        if (records == null && read.watch() && fetchOffset >= upperBound) {
            waiting.watch(
                    read.replyTo(), new WaitingFetches.Watch(read.requestId(), read.index(), fetchOffset, nowMs));
        }
        answer(read, records, found == null ? List.of() : aborted(read, found.endOffset()), -1, -1);
    }

    private List<AbortedTransaction> aborted(Partition.Read read, long endOffset) throws IOException {
        return !read.readCommitted()
                ? List.of()
                : log.abortedTransactions(read.fetchOffset(), endOffset).stream()
                        .map(entry -> new AbortedTransaction(entry.producerId(), entry.firstOffset()))
                        .toList();
    }

    private void answer(
            Partition.Read read, @Nullable FileSlice records, List<AbortedTransaction> aborted, int divergingEpoch,
            long divergingEnd) {
        read.replyTo().tell(new ReadReply(
                read.requestId(), read.index(), KafkaError.NONE, view.highWatermark(), lastStableOffset(),
                log.logStartOffset(), records, read.readCommitted() ? aborted : null, divergingEpoch,
                divergingEnd));
    }

    /** First offset of the oldest open transaction, at most the high watermark. */
    public long lastStableOffset() {
        long unstable = log.producerState().firstUnstableOffset(view.highWatermark());
        return unstable < 0 ? view.highWatermark() : Math.min(unstable, view.highWatermark());
    }

    /** The high watermark moved up: whoever waits below it reads again. */
    public void onHighWatermark(long highWatermark) {
        waiting.onReadable(highWatermark, ConsumerReads::tell);
    }

    /** Leadership, the log's start or its end, or the end of service: whoever waits reads again. */
    public void onChanged() {
        waiting.onChanged(ConsumerReads::tell);
    }

    /** Forgets readers that went away. */
    public void expireWatches(long nowMs) {
        waiting.expire(nowMs - FORGET_WATCH_AFTER_MS);
    }

    private static void tell(ActorRef<? super Partition.Reply> reader, WaitingFetches.Watch watch) {
        reader.tell(new DataArrived(watch.requestId(), watch.index()));
    }

    /** Answers {@code read} with {@code error}; unknown offsets are -1, as in Kafka's error answers. */
    public static void refuse(Partition.Read read, KafkaError error) {
        read.replyTo().tell(new ReadReply(
                read.requestId(), read.index(), error, -1, -1, -1, null, read.readCommitted() ? List.of() : null, -1,
                -1));
    }
}
