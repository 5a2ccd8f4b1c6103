package dev.sampo.persistence.cleaner;

import dev.sampo.persistence.log.Batches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/**
 * Kafka's rules of compaction, told once more over plain lists: which records of which batches survive a run. Knows
 * nothing of files, and decides nothing by looking at the code under test.
 */
final class CompactionModel {
    /** What a run can come across; a simulation that misses one of these has tested nothing of it. */
    enum Rule {
        SUPERSEDED_RECORD_GOES,
        RECORD_WITHOUT_KEY_GOES,
        LATEST_RECORD_STAYS,
        TOMBSTONE_IS_GIVEN_ITS_HORIZON,
        TOMBSTONE_WAITS_FOR_ITS_HORIZON,
        TOMBSTONE_GOES,
        WHOLE_BATCH_GOES,
        LAST_BATCH_OF_PRODUCER_IS_EMPTIED,
        LAST_BATCH_OF_SEGMENT_IS_EMPTIED,
        COMPRESSED_BATCH_IS_REWRITTEN,
        RECORD_WITH_HEADERS_STAYS_IN_A_REWRITTEN_BATCH,
        ABORTED_RECORD_GOES,
        MARKER_STAYS_WITH_ITS_TRANSACTION,
        MARKER_IS_GIVEN_ITS_HORIZON,
        MARKER_WAITS_FOR_ITS_HORIZON,
        MARKER_GOES,
        LAST_MARKER_OF_PRODUCER_STAYS,
        SEGMENTS_ARE_JOINED,
        RECORD_BEHIND_A_FULL_MAP_STAYS,
        ACTIVE_SEGMENT_IS_UNTOUCHED,
        LOG_IS_NOT_DIRTY_ENOUGH,
        MIN_LAG_HOLDS_A_SEGMENT,
        MAX_LAG_FORCES_A_RUN,
        OPEN_TRANSACTION_HOLDS_A_SEGMENT,
        DIRTY_BEGINS_AT_LOG_START,
        RETENTION_REMOVES_A_SEGMENT,
        RUN_IS_INTERRUPTED
    }

    /** {@code key} and {@code value} are null for none; of a marker its type and version. */
    record Rec(long offset, long timestamp, String key, String value, List<String> headers) {
        boolean tombstone() {
            return value == null;
        }
    }

    /** {@code deleteHorizonMs} is -1 for none. */
    record Batch(
            long base, long last, long producerId, short epoch, int baseSequence, int leaderEpoch, boolean transactional,
            boolean control, String compression, long maxTimestamp, long deleteHorizonMs, List<Rec> records) {
        static Batch of(MutableRecordBatch batch) {
            batch.ensureValid();
            var records = new ArrayList<Rec>();
            for (var record : batch) {
                records.add(new Rec(
                        record.offset(), record.timestamp(), record.hasKey() ? text(record.key()) : null,
                        record.hasValue() ? text(record.value()) : null,
                        Arrays.stream(record.headers())
                                .map(header -> header.key() + "=" + new String(header.value()))
                                .toList()));
            }
            return new Batch(
                    batch.baseOffset(), batch.lastOffset(), batch.producerId(), batch.producerEpoch(),
                    batch.baseSequence(), batch.partitionLeaderEpoch(), batch.isTransactional(), batch.isControlBatch(),
                    batch.compressionType().name, batch.maxTimestamp(), batch.deleteHorizonMs().orElse(-1), records);
        }

        private static String text(java.nio.ByteBuffer bytes) {
            return new String(Batches.copy(bytes), java.nio.charset.StandardCharsets.ISO_8859_1);
        }

        /** An emptied batch keeps what tells offsets and sequences, and no horizon. */
        Batch emptied() {
            return new Batch(
                    base, last, producerId, epoch, baseSequence, leaderEpoch, transactional, control, "none",
                    maxTimestamp, -1, List.of());
        }

        Batch with(List<Rec> kept, long horizon) {
            return new Batch(
                    base, last, producerId, epoch, baseSequence, leaderEpoch, transactional, control, compression,
                    kept.stream().mapToLong(Rec::timestamp).max().orElseThrow(), horizon, kept);
        }
    }

    /** {@code end} exclusive: where the next segment begins. */
    record Segment(long base, long end, int sizeBytes, long lastModifiedMs, List<Batch> batches) {
        long largestTimestamp() {
            return batches.stream().mapToLong(Batch::maxTimestamp).max().orElse(-1);
        }

        /** What time limits go by: never later than the last write. */
        long timeMs() {
            long largest = largestTimestamp();
            return largest < 0 ? lastModifiedMs : Math.min(largest, lastModifiedMs);
        }
    }

    /** {@code marker} is the offset of the marker that ended it, {@code Long.MAX_VALUE} while it is open. */
    record Transaction(long producerId, long first, long marker, boolean aborted) {
        boolean holds(Batch batch) {
            return batch.transactional() && !batch.control() && batch.producerId() == producerId && batch.base() >= first
                    && batch.last() < marker;
        }
    }

    /** {@code dataOffset} is -1 when the producer has written no data in its epoch. */
    record Producer(short epoch, long dataOffset) {}

    /** The segments that are made out of which, and up to where the log is then compacted. */
    record Run(List<Segment> made, List<List<Segment>> from, long dirty) {}

    final Map<Rule, Integer> reached = new EnumMap<>(Rule.class);
    final List<Transaction> transactions = new ArrayList<>();
    final Map<Long, Producer> producers = new HashMap<>();
    private final CompactionSettings settings;

    CompactionModel(CompactionSettings settings) {
        this.settings = settings;
    }

    void reach(Rule rule) {
        reached.merge(rule, 1, Integer::sum);
    }

    /** Null when the log is not worth a run. The last one of {@code segments} is the active one. */
    Run run(List<Segment> segments, long checkpoint, long logStart, long lastStableOffset, long nowMs) {
        long dirty = checkpoint;
        if (checkpoint < logStart) {
            reach(Rule.DIRTY_BEGINS_AT_LOG_START);
            dirty = logStart;
        }
        List<Segment> closed = segments.subList(0, segments.size() - 1);
        List<Segment> cleanable = cleanable(closed, dirty, lastStableOffset, nowMs);
        if (!isWorth(closed, cleanable, dirty, nowMs)) {
            return null;
        }
        Map<String, Long> latest = new HashMap<>();
        long known = readKeys(cleanable, dirty, latest); // offset up to which keys are known, inclusive
        long end = known;
        for (Segment segment : cleanable) {
            if (segment.end() > dirty && known >= lastOf(segment)) {
                end = Math.max(end, segment.end() - 1);
            }
        }
        var made = new ArrayList<Segment>();
        List<List<Segment>> groups = groups(cleanable, end + 1);
        for (List<Segment> group : groups) {
            made.add(rewritten(group, segments, latest, known, nowMs));
        }
        reach(Rule.ACTIVE_SEGMENT_IS_UNTOUCHED);
        return new Run(made, groups, end + 1);
    }

    private static long lastOf(Segment segment) {
        return segment.batches().isEmpty() ? segment.end() - 1 : segment.batches().getLast().last();
    }

    private List<Segment> cleanable(List<Segment> closed, long dirty, long lastStableOffset, long nowMs) {
        var cleanable = new ArrayList<Segment>();
        for (Segment segment : closed) {
            if (segment.end() > lastStableOffset) {
                reach(Rule.OPEN_TRANSACTION_HOLDS_A_SEGMENT);
                break;
            }
            if (segment.end() > dirty && settings.minCompactionLagMs() > 0
                    && segment.timeMs() > nowMs - settings.minCompactionLagMs()) {
                reach(Rule.MIN_LAG_HOLDS_A_SEGMENT);
                break;
            }
            cleanable.add(segment);
        }
        return cleanable;
    }

    private boolean isWorth(List<Segment> closed, List<Segment> cleanable, long dirty, long nowMs) {
        long cleanBytes = sum(cleanable, segment -> segment.base() < dirty);
        long dirtyBytes = sum(cleanable, segment -> segment.end() > dirty);
        if (dirtyBytes == 0) {
            return false;
        }
        if ((double) dirtyBytes / (cleanBytes + dirtyBytes) > settings.minCleanableDirtyRatio()) {
            return true;
        }
        boolean overdue = closed.stream()
                .filter(segment -> segment.end() > dirty && !segment.batches().isEmpty())
                .map(segment -> segment.batches().getFirst().maxTimestamp())
                .anyMatch(first -> first > 0 && first < nowMs - settings.maxCompactionLagMs());
        reach(overdue ? Rule.MAX_LAG_FORCES_A_RUN : Rule.LOG_IS_NOT_DIRTY_ENOUGH);
        return overdue;
    }

    private static long sum(List<Segment> segments, Predicate<Segment> which) {
        return segments.stream().filter(which).mapToLong(Segment::sizeBytes).sum();
    }

    private boolean isAborted(Batch batch) {
        return transactions.stream().anyMatch(transaction -> transaction.aborted() && transaction.holds(batch));
    }

    /** The newest offset of each key from {@code dirty} on, for as many keys as the map takes. */
    private long readKeys(List<Segment> cleanable, long dirty, Map<String, Long> latest) {
        long dirtyOffsets = cleanable.getLast().end() - Math.max(dirty, cleanable.getFirst().base());
        long capacity = Math.min(settings.mapEntries(), dirtyOffsets);
        long known = -1;
        for (Segment segment : cleanable) {
            for (Batch batch : segment.end() > dirty ? segment.batches() : List.<Batch>of()) {
                if (!batch.control() && !isAborted(batch)) {
                    for (Rec record : batch.records()) {
                        if (record.key() != null && record.offset() >= dirty) {
                            if (latest.size() >= capacity && !latest.containsKey(record.key())) {
                                return known;
                            }
                            latest.put(record.key(), record.offset());
                            known = record.offset();
                        }
                    }
                }
                known = Math.max(known, batch.last());
            }
        }
        return known;
    }

    private List<List<Segment>> groups(List<Segment> cleanable, long end) {
        var groups = new ArrayList<List<Segment>>();
        long bytes = 0;
        for (Segment segment : cleanable) {
            if (segment.base() >= end) {
                break;
            }
            if (groups.isEmpty() || bytes + segment.sizeBytes() > settings.segmentBytes()) {
                groups.add(new ArrayList<>());
                bytes = 0;
            } else {
                reach(Rule.SEGMENTS_ARE_JOINED);
            }
            groups.getLast().add(segment);
            bytes += segment.sizeBytes();
        }
        return groups;
    }

    private Segment rewritten(List<Segment> group, List<Segment> all, Map<String, Long> latest, long known, long nowMs) {
        long end = group.getLast().end();
        var batches = new ArrayList<Batch>();
        for (Segment segment : group) {
            for (Batch batch : segment.batches()) {
                Batch kept = kept(batch, all, latest, known, end, nowMs);
                if (kept != null) {
                    batches.add(kept);
                } else if (!batch.records().isEmpty()) {
                    reach(Rule.WHOLE_BATCH_GOES);
                }
            }
        }
        return new Segment(group.getFirst().base(), end, 0, group.getLast().lastModifiedMs(), batches);
    }

    private Batch kept(
            Batch batch, List<Segment> all, Map<String, Long> latest, long known, long segmentEnd, long nowMs) {
        boolean emptyTransaction = batch.control() && isWithoutTransaction(batch, all);
        boolean expired = batch.deleteHorizonMs() >= 0 && batch.deleteHorizonMs() <= nowMs;
        boolean discard = batch.control() ? emptyTransaction && expired : isAborted(batch);
        boolean lastOfProducer = isLastOfProducer(batch);
        boolean lastOfSegment = batch.last() + 1 == segmentEnd;
        List<Rec> kept = new ArrayList<>();
        for (Rec record : batch.records()) {
            if (!discard && (batch.control() || survives(record, batch, latest, known, expired))) {
                kept.add(record);
            }
        }
        noteBatch(batch, kept, discard, emptyTransaction, lastOfProducer, lastOfSegment);
        if (kept.isEmpty()) {
            return lastOfProducer || lastOfSegment ? batch.emptied() : null;
        }
        boolean begins = batch.deleteHorizonMs() < 0 && (emptyTransaction || kept.stream().anyMatch(Rec::tombstone));
        if (begins) {
            reach(batch.control() ? Rule.MARKER_IS_GIVEN_ITS_HORIZON : Rule.TOMBSTONE_IS_GIVEN_ITS_HORIZON);
        }
        return batch.with(kept, begins ? nowMs + settings.deleteRetentionMs() : batch.deleteHorizonMs());
    }

    private boolean survives(Rec record, Batch batch, Map<String, Long> latest, long known, boolean expired) {
        if (record.offset() > known) {
            reach(Rule.RECORD_BEHIND_A_FULL_MAP_STAYS);
            return true;
        }
        if (record.key() == null) {
            reach(Rule.RECORD_WITHOUT_KEY_GOES);
            return false;
        }
        if (record.offset() < latest.getOrDefault(record.key(), -1L)) {
            reach(Rule.SUPERSEDED_RECORD_GOES);
            return false;
        }
        if (!record.tombstone()) {
            reach(Rule.LATEST_RECORD_STAYS);
            return true;
        }
        reach(expired ? Rule.TOMBSTONE_GOES : Rule.TOMBSTONE_WAITS_FOR_ITS_HORIZON);
        return !expired;
    }

    private void noteBatch(
            Batch batch, List<Rec> kept, boolean discard, boolean emptyTransaction, boolean lastOfProducer,
            boolean lastOfSegment) {
        boolean had = !batch.records().isEmpty();
        if (batch.control() && had) {
            if (!emptyTransaction) {
                reach(Rule.MARKER_STAYS_WITH_ITS_TRANSACTION);
            } else if (discard) {
                reach(Rule.MARKER_GOES);
            } else if (batch.deleteHorizonMs() >= 0) {
                reach(Rule.MARKER_WAITS_FOR_ITS_HORIZON);
            }
            if (lastOfProducer && discard) {
                reach(Rule.LAST_MARKER_OF_PRODUCER_STAYS);
            }
        } else if (had && discard) {
            reach(Rule.ABORTED_RECORD_GOES);
        }
        if (had && kept.isEmpty() && lastOfProducer && !lastOfSegment) {
            reach(Rule.LAST_BATCH_OF_PRODUCER_IS_EMPTIED);
        }
        if (had && kept.isEmpty() && lastOfSegment && !lastOfProducer) {
            reach(Rule.LAST_BATCH_OF_SEGMENT_IS_EMPTIED);
        }
        boolean rewritten = !kept.isEmpty() && kept.size() < batch.records().size();
        if (rewritten && !batch.compression().equals("none")) {
            reach(Rule.COMPRESSED_BATCH_IS_REWRITTEN);
        }
        if (rewritten && kept.stream().anyMatch(record -> !record.headers().isEmpty())) {
            reach(Rule.RECORD_WITH_HEADERS_STAYS_IN_A_REWRITTEN_BATCH);
        }
    }

    private boolean isLastOfProducer(Batch batch) {
        Producer producer = producers.get(batch.producerId());
        if (producer == null) {
            return false;
        }
        return producer.dataOffset() >= 0
                ? batch.last() == producer.dataOffset()
                : batch.control() && batch.epoch() == producer.epoch();
    }

    /** Whether no batch, not even an empty one, of the transaction that this marker ended is in the log any more. */
    private boolean isWithoutTransaction(Batch marker, List<Segment> all) {
        List<Transaction> ended = transactions.stream()
                .filter(transaction -> transaction.marker() == marker.last())
                .toList();
        return all.stream()
                .flatMap(segment -> segment.batches().stream())
                .noneMatch(batch -> ended.stream().anyMatch(transaction -> transaction.holds(batch)));
    }

    /** What a topic that also deletes by age loses, oldest first; nothing of the active segment. */
    int expired(List<Segment> segments, long retentionMs, long nowMs) {
        int gone = 0;
        while (gone < segments.size() - 1 && nowMs - segments.get(gone).timeMs() > retentionMs) {
            gone++;
        }
        return gone;
    }

    static String describe(List<Batch> batches) {
        return batches.stream().map(Batch::toString).collect(Collectors.joining("\n"));
    }

    static Map<Rule, Integer> added(Map<Rule, Integer> left, Map<Rule, Integer> right) {
        var sum = new TreeMap<>(left);
        right.forEach((rule, count) -> sum.merge(rule, count, Integer::sum));
        return sum;
    }
}
