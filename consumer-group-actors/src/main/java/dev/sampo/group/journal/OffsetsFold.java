package dev.sampo.group.journal;

import dev.sampo.group.journal.OffsetsRecords.GroupFact;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * One partition of {@code __consumer_offsets} folded: the newest fact per key of each group. Facts of transactions that
 * are still open are kept apart and count from their commit marker on. One thread writes; {@link #groupIds} and
 * {@link #knows} may be asked by any.
 */
public final class OffsetsFold {
    private final Map<String, Map<GroupEvent.Key, GroupEvent>> groups = new ConcurrentHashMap<>();
    private final Map<Long, List<GroupFact>> openTransactions = new HashMap<>(); // by producer id

    /**
     * Folds whole batches.
     *
     * @param batches format v2, whole, between position and limit; batches below {@code fromOffset} are left out
     * @return the offset after the last batch, {@code fromOffset} when there is none
     * @throws org.apache.kafka.common.errors.CorruptRecordException a batch fails its checksum
     */
    public long fold(ByteBuffer batches, long fromOffset) {
        long next = fromOffset;
        var newest = new LinkedHashMap<@Nullable ByteBuffer, @Nullable ByteBuffer>(); // values by key: decoding those that are replaced takes most of the time
        for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            if (batch.lastOffset() < fromOffset) {
                continue;
            }
            batch.ensureValid();
            for (Record record : batch) {
                if (batch.isControlBatch()) {
                    applyAll(newest);
                    endTransaction(batch.producerId(), ControlRecordType.parse(record.key()));
                } else if (batch.isTransactional()) {
                    GroupFact fact = OffsetsRecords.decode(record.key(), record.value());
                    if (fact != null) {
                        openTransactions.computeIfAbsent(batch.producerId(), id -> new ArrayList<>()).add(fact);
                    }
                } else {
                    newest.putLast(record.key(), record.value()); // schemas have more than one key for the same
                }
            }
            next = batch.nextOffset();
        }
        applyAll(newest);
        return next;
    }

    private void applyAll(Map<@Nullable ByteBuffer, @Nullable ByteBuffer> records) {
        records.forEach((key, value) -> {
            GroupFact fact = OffsetsRecords.decode(key == null ? null : key.duplicate(), value);
            if (fact != null) {
                apply(fact.groupId(), fact.event());
            }
        });
        records.clear();
    }

    private void endTransaction(long producerId, ControlRecordType marker) {
        List<GroupFact> facts = openTransactions.remove(producerId);
        if (facts != null && marker == ControlRecordType.COMMIT) {
            facts.forEach(fact -> apply(fact.groupId(), fact.event()));
        }
    }

    /** One more fact, newer than all before. */
    public void apply(String groupId, GroupEvent event) {
        if (event.removes()) {
            Map<GroupEvent.Key, GroupEvent> facts = groups.get(groupId);
            if (facts != null) {
                facts.remove(event.key());
                if (facts.isEmpty()) {
                    groups.remove(groupId);
                }
            }
        } else {
            groups.computeIfAbsent(groupId, id -> new LinkedHashMap<>()).put(event.key(), event);
        }
    }

    /** What is true of a group now; a copy. */
    public List<GroupEvent> factsOf(String groupId) {
        Map<GroupEvent.Key, GroupEvent> facts = groups.get(groupId);
        return facts == null ? List.of() : List.copyOf(facts.values());
    }

    /** True when something is stored about the group. */
    public boolean knows(String groupId) {
        return groups.containsKey(groupId);
    }

    /** Groups with facts; weakly consistent. */
    public Set<String> groupIds() {
        return Set.copyOf(groups.keySet());
    }
}
