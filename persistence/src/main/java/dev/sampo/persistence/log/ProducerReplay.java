package dev.sampo.persistence.log;

import dev.sampo.persistence.producer.ProducerStates;
import dev.sampo.persistence.producer.ProducerStates.EndedTransaction;
import dev.sampo.persistence.record.ControlRecord;
import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells producer states of batches: as they are appended, or again from the files. */
final class ProducerReplay {
    private ProducerReplay() {}

    /** Replays the batches from offset {@code from} (inclusive) to {@code end} by their headers. */
    static void replay(List<LogSegment> segments, long from, long end, ProducerStates producers) throws IOException {
        for (int i = 0; i < segments.size(); i++) {
            LogSegment segment = segments.get(i);
            boolean below = i + 1 < segments.size() && segments.get(i + 1).baseOffset() <= from;
            if (below || from >= end) {
                continue;
            }
            int position = segment.positionOf(from);
            BatchHeaders headers = BatchHeaders.open(segment, segment.sizeBytes());
            while (position < segment.sizeBytes()) {
                RecordBatch batch = headers.at(position);
                int size = batch.sizeInBytes();
                if (batch.hasProducerId()) {
                    RecordBatch whole = batch;
                    if (batch.isControl()) {
                        ByteBuffer bytes = ByteBuffer.allocate(size);
                        segment.file().read(bytes, position);
                        whole = new RecordBatch(bytes.flip());
                    }
                    apply(whole, segment, producers);
                }
                position += size;
            }
        }
    }

    /** One batch with a producer id; an aborted transaction that it ends is entered in the segment's index. */
    static @Nullable EndedTransaction apply(RecordBatch batch, LogSegment segment, ProducerStates producers)
            throws IOException {
        if (!batch.isControl()) {
            producers.onBatch(
                    batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.lastSequence(),
                    batch.baseOffset(), batch.lastOffset(), batch.maxTimestamp(), batch.isTransactional());
            return null;
        }
        ControlRecord control = ControlRecord.of(batch);
        if (control == null) {
            return null;
        }
        EndedTransaction ended = producers.onMarker(
                batch.producerId(), batch.producerEpoch(), control.coordinatorEpoch(), batch.lastOffset(),
                batch.maxTimestamp(), control.abort());
        if (ended != null && ended.aborted()) {
            AbortedTransactionIndex index = segment.abortedTransactions();
            List<AbortedTransactionIndex.Entry> known = index.entries();
            if (known.isEmpty() || known.getLast().lastOffset() < ended.lastOffset()) {
                index.append(new AbortedTransactionIndex.Entry(
                        ended.producerId(), ended.firstOffset(), ended.lastOffset(), ended.lastStableOffset()));
            }
        }
        return ended;
    }
}
