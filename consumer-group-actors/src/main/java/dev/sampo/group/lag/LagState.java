package dev.sampo.group.lag;

import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.lag.LagLook.Answer;
import dev.sampo.group.lag.LagLook.Location;
import dev.sampo.group.lag.LagLook.Seen;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The lags of the groups that are coordinated here: judged by their last samples, kept for a day. Pure.
 *
 * <p>Lag in seconds is the age of the first record that a group has not read. So it is exact at any rate of writing and
 * the same after the coordinator has moved: the record itself says it. Where an offset stays, its record is not read again.
 *
 * <p>What was seen before and is not any more, since another broker coordinates the group or it is gone, is kept as long as
 * its history lasts. Memory is bounded: when all takes more than the settings allow, the oldest hour of all goes.
 */
final class LagState {
    /** Of a partition beside its history: samples, keys, the last report. */
    private static final int KEPT_BYTES = 400;

    private static final long MS_PER_TENTH = 100;

    private static final class Kept {
        private LagWindow window = new LagWindow();
        private final LagSeries series = new LagSeries();
        private long knownOffset = -1;
        private long knownTimestampMs = -1; // of the record at that offset, -1 when it has to be asked for
        private long seenStep;
    }

    private final LagSettings settings;
    private final Map<String, Map<OffsetKey, Kept>> groups = new HashMap<>();
    private long bytes;

    LagState(LagSettings settings) {
        this.settings = settings;
    }

    /** The step that a time is in. */
    long stepOf(long nowMs) {
        return Math.floorDiv(nowMs, settings.intervalMs());
    }

    /** What must be asked to see these groups; {@code locate} answers null where there is nobody to ask. */
    LagLook look(Collection<WatchedGroup> watched, Function<OffsetCommitted, @Nullable Location> locate) {
        var look = new LagLook();
        for (WatchedGroup group : watched) {
            Map<OffsetKey, Kept> kept = groups.getOrDefault(group.groupId(), Map.of());
            look.add(group.groupId());
            group.offsets().all().values().forEach(topic -> topic.forEach(committed -> {
                Kept known = kept.get(committed.key());
                look.add(
                        group.groupId(), committed, locate.apply(committed),
                        known == null || known.knownTimestampMs < 0 || known.knownOffset != committed.offset());
            }));
        }
        return look;
    }

    /** What was seen between two samples; nothing is kept of it. */
    List<GroupReport> show(LagLook look, long nowMs) {
        return reports(look, nowMs, (groupId, seen) -> {
            Kept kept = groups.getOrDefault(groupId, Map.of()).get(seen.committed().key());
            LagWindow window = kept == null ? new LagWindow() : kept.window;
            return report(
                    seen, timestampMs(kept, seen), window.with(seen.committed().offset(), seen.answer().endOffset()), nowMs);
        });
    }

    /** Takes what was seen as the sample of a step. */
    List<GroupReport> sample(LagLook look, long step, long nowMs) {
        List<GroupReport> reports = reports(look, nowMs, (groupId, seen) -> {
            Kept kept = groups.computeIfAbsent(groupId, id -> new HashMap<>())
                    .computeIfAbsent(seen.committed().key(), key -> {
                        bytes += KEPT_BYTES;
                        return new Kept();
                    });
            return sample(kept, seen, step, nowMs);
        });
        forget(step);
        return reports;
    }

    private PartitionReport sample(Kept kept, Seen seen, long step, long nowMs) {
        if (step - kept.seenStep > LagWindow.SAMPLES) { // another broker has seen what was in between
            kept.window = new LagWindow();
        }
        kept.seenStep = step;
        long timestampMs = timestampMs(kept, seen);
        if (seen.answer().endOffset() >= 0) {
            kept.window.add(seen.committed().offset(), seen.answer().endOffset());
            kept.knownOffset = seen.committed().offset();
            kept.knownTimestampMs = isDeleted(seen) ? -1 : timestampMs;
        }
        PartitionReport report = report(seen, timestampMs, kept.window, nowMs);
        if (report.lagRecords() >= 0) {
            bytes += kept.series.add(step, report.lagRecords(), tenths(report.lagMs()));
        }
        return report;
    }

    /** One number for the history; -1 stays -1. */
    private static long tenths(long lagMs) {
        return lagMs < 0 ? -1 : (lagMs + MS_PER_TENTH / 2) / MS_PER_TENTH;
    }

    /** What would be read next is not in the log any more: the first record moves on with the start of the log. */
    private static boolean isDeleted(Seen seen) {
        return seen.answer().startOffset() > seen.committed().offset();
    }

    private static long timestampMs(@Nullable Kept kept, Seen seen) {
        Answer answer = seen.answer();
        if (answer.timestampMs() >= 0 || answer.endOffset() <= seen.committed().offset() || isDeleted(seen)) {
            return answer.timestampMs();
        }
        return kept != null && kept.knownOffset == seen.committed().offset() ? kept.knownTimestampMs : -1;
    }

    private PartitionReport report(Seen seen, long timestampMs, LagWindow window, long nowMs) {
        OffsetCommitted committed = seen.committed();
        long endOffset = seen.answer().endOffset();
        long lagMs = endOffset < 0 || (endOffset > committed.offset() && timestampMs < 0)
                ? -1
                : endOffset <= committed.offset() ? 0 : Math.max(0, seen.answeredMs() - timestampMs);
        LagStatus status = endOffset < 0
                ? LagStatus.UNKNOWN
                : window.judge(
                        nowMs, settings.intervalMs() * LagWindow.SAMPLES, committed.commitTimestampMs(), timestampMs);
        return new PartitionReport(
                committed.key().topic(), committed.key().partition(), committed.offset(), committed.commitTimestampMs(),
                endOffset, lagMs, status);
    }

    private interface Reporter {
        PartitionReport report(String groupId, Seen seen);
    }

    private static List<GroupReport> reports(LagLook look, long nowMs, Reporter reporter) {
        var reports = new ArrayList<GroupReport>();
        look.seen().forEach((groupId, places) -> reports.add(new GroupReport(
                groupId, nowMs, places.stream().map(seen -> reporter.report(groupId, seen)).toList())));
        return reports;
    }

    private void forget(long step) {
        long oldest = dropBefore(LagSeries.blockOf(step - settings.historyMs() / settings.intervalMs()), step);
        while (bytes > settings.historyMaxBytes() && oldest < Long.MAX_VALUE) {
            oldest = dropBefore(oldest + 1, step);
        }
    }

    /** Drops blocks, and whatever is not seen any more and has none left. Returns the oldest block that stays. */
    private long dropBefore(long block, long step) {
        long oldest = Long.MAX_VALUE;
        for (var ofGroups = groups.values().iterator(); ofGroups.hasNext(); ) {
            Map<OffsetKey, Kept> partitions = ofGroups.next();
            for (var each = partitions.values().iterator(); each.hasNext(); ) {
                Kept kept = each.next();
                bytes -= kept.series.dropBefore(block);
                long left = kept.series.oldestBlock();
                oldest = Math.min(oldest, left);
                if (left == Long.MAX_VALUE && kept.seenStep != step) {
                    bytes -= KEPT_BYTES;
                    each.remove();
                }
            }
            if (partitions.isEmpty()) {
                ofGroups.remove();
            }
        }
        return oldest;
    }

    /** Memory of all that is kept, nearly. */
    long bytes() {
        return bytes;
    }

    /**
     * The history of a group: of all its partitions together, or of those of {@code topic}, or of one. Records are summed, of
     * ages the largest counts; of the samples within {@code everyMs} the largest.
     *
     * @param topic null for all
     * @param partition -1 for all
     * @param toMs exclusive
     * @return in order of time
     */
    List<LagPoint> history(
            String groupId, @Nullable String topic, int partition, long fromMs, long toMs, long everyMs) {
        var sums = new TreeMap<Long, long[]>(); // step to records and tenths
        groups.getOrDefault(groupId, Map.of()).forEach((key, kept) -> {
            if ((topic == null || topic.equals(key.topic())) && (partition < 0 || partition == key.partition())) {
                kept.series.read(stepOf(fromMs), stepOf(toMs - 1) + 1, (step, records, tenths) -> {
                    long[] sum = sums.computeIfAbsent(step, missing -> new long[] {0, -1});
                    sum[0] += records;
                    sum[1] = Math.max(sum[1], tenths);
                });
            }
        });
        var points = new ArrayList<LagPoint>();
        sums.forEach((step, sum) -> {
            long timeMs = Math.floorDiv(step * settings.intervalMs(), everyMs) * everyMs;
            long lagMs = sum[1] < 0 ? -1 : sum[1] * MS_PER_TENTH;
            LagPoint last = points.isEmpty() ? null : points.getLast();
            if (last != null && last.timeMs() == timeMs) {
                points.set(points.size() - 1, new LagPoint(
                        timeMs, Math.max(last.lagRecords(), sum[0]), Math.max(last.lagMs(), lagMs)));
            } else {
                points.add(new LagPoint(timeMs, sum[0], lagMs));
            }
        });
        return points;
    }
}
