package dev.sampo.persistence.cleaner;

import dev.sampo.persistence.record.ControlRecord;
import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.transaction.AbortedTransactionIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Follows a log's batches in order and knows which belong to aborted transactions, and which markers have no data left
 * before them. Fed each batch once.
 */
final class TransactionFates {
    private final ArrayDeque<AbortedTransactionIndex.Entry> upcoming;
    private final Map<Long, AbortedTransactionIndex.Entry> aborting = new HashMap<>(); // by producer id
    private final Set<Long> withData = new HashSet<>(); // producers whose open transaction has data that stays

    TransactionFates(List<AbortedTransactionIndex.Entry> aborted) {
        var ordered = new ArrayList<>(aborted);
        ordered.sort(Comparator.comparingLong(AbortedTransactionIndex.Entry::firstOffset));
        upcoming = new ArrayDeque<>(ordered);
    }

    private void advance(long offset) {
        while (!upcoming.isEmpty() && upcoming.peek().firstOffset() <= offset) {
            AbortedTransactionIndex.Entry entry = upcoming.poll();
            aborting.put(entry.producerId(), entry);
        }
    }

    /** Whether this data batch was aborted, so that its records may go. */
    boolean isAbortedData(RecordBatch batch) {
        advance(batch.lastOffset());
        if (!batch.isTransactional() || batch.isControl()) {
            return false;
        }
        AbortedTransactionIndex.Entry entry = aborting.get(batch.producerId());
        if (entry != null && entry.firstOffset() <= batch.baseOffset()) {
            return true;
        }
        withData.add(batch.producerId());
        return false;
    }

    /**
     * A control batch ends its producer's transaction.
     *
     * @return whether nothing of that transaction is left before it, so that the marker's delete horizon may begin
     */
    boolean onMarker(RecordBatch batch) {
        advance(batch.lastOffset());
        ControlRecord control = ControlRecord.of(batch);
        if (control == null) {
            return true;
        }
        if (control.abort()) {
            aborting.remove(batch.producerId());
            withData.remove(batch.producerId());
            return true;
        }
        return !withData.remove(batch.producerId());
    }
}
