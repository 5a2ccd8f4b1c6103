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
 * Follows a log's batches in order and knows which belong to aborted transactions, and which markers have no batch left
 * before them. Fed each batch once.
 */
final class TransactionFates {
    private final ArrayDeque<AbortedTransactionIndex.Entry> upcoming;
    private final Map<Long, AbortedTransactionIndex.Entry> aborting = new HashMap<>(); // by producer id
    private final Set<Long> withData = new HashSet<>(); // producers whose open transaction has batches here

    /** @param from no batch below this offset will come; what ended before it is of no matter */
    TransactionFates(List<AbortedTransactionIndex.Entry> aborted, long from) {
        var ordered = new ArrayList<>(aborted);
        ordered.removeIf(entry -> entry.lastOffset() < from);
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
        withData.add(batch.producerId());
        AbortedTransactionIndex.Entry entry = aborting.get(batch.producerId());
        return entry != null && entry.firstOffset() <= batch.baseOffset();
    }

    /**
     * A control batch ends its producer's transaction.
     *
     * @return whether no batch of that transaction was before it, not even an aborted or an empty one, so that the
     *     marker's delete horizon may begin: a batch without its marker would open the transaction anew when producers
     *     are replayed
     */
    boolean onMarker(RecordBatch batch) {
        advance(batch.lastOffset());
        ControlRecord control = ControlRecord.of(batch);
        if (control == null) {
            return true;
        }
        if (control.abort()) {
            aborting.remove(batch.producerId());
        }
        return !withData.remove(batch.producerId());
    }
}
