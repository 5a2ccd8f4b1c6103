package dev.sampo.tests.chaos.history;

import dev.sampo.tests.chaos.history.Event.Acknowledged;
import dev.sampo.tests.chaos.history.Event.ClientFailed;
import dev.sampo.tests.chaos.history.Event.EndSeen;
import dev.sampo.tests.chaos.history.Event.Failed;
import dev.sampo.tests.chaos.history.Event.Missed;
import dev.sampo.tests.chaos.history.Event.PositionGone;
import dev.sampo.tests.chaos.history.Event.Read;
import dev.sampo.tests.chaos.history.Event.Sent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Judges what was observed. Equal observations give equal verdicts. */
public final class Checker {
    private record Place(int partition, long offset) {}

    private final Observed observed;
    private final List<Violation> violations = new ArrayList<>();
    private final Set<Value> sent = new HashSet<>();
    private final Map<Value, Long> acknowledged = new HashMap<>();
    /** What each offset showed first, and to whom. */
    private final Map<Place, String> shown = new HashMap<>();
    private final Map<Place, String> shownBy = new HashMap<>();

    private Checker(Observed observed) {
        this.observed = observed;
    }

    /** @return all violations; empty when the run kept every rule */
    public static List<Violation> check(Observed observed) {
        var checker = new Checker(observed);
        checker.events();
        observed.finalReads().forEach(checker::finalRead);
        checker.polls();
        checker.group();
        checker.replicas();
        return checker.violations;
    }

    private void found(Rule rule, String detail) {
        violations.add(new Violation(rule, detail));
    }

    private void events() {
        var ends = new HashMap<Integer, Long>();
        for (Event event : observed.events()) {
            if (event instanceof Sent(_, Value value)) {
                sent.add(value);
            }
        }
        for (Event event : observed.events()) {
            switch (event) {
                case Sent known -> {}
                case Acknowledged(_, Value value, long offset) -> {
                    acknowledged.put(value, offset);
                    show(value.partition(), offset, value.text(), "the acknowledgement");
                }
                case Failed(_, Value value, String error) -> {
                    if (!observed.errorsAllowed()) {
                        found(Rule.CLIENT_ERROR, "send of " + value + ": " + error);
                    }
                }
                case Read read -> show(read.partition(), read.offset(), read.text(), read.reader());
                case PositionGone(_, String reader, int partition, String error) ->
                    found(Rule.LOG_TRUNCATED, reader + " in partition " + partition + ": " + error);
                case EndSeen(_, int partition, long end) -> {
                    Long before = ends.put(partition, end);
                    if (before != null && end < before) {
                        found(Rule.END_OFFSET_WENT_BACK, "partition " + partition + " from " + before + " to " + end);
                    }
                }
                case ClientFailed(_, String client, String error) -> {
                    if (!observed.errorsAllowed()) {
                        found(Rule.CLIENT_ERROR, client + ": " + error);
                    }
                }
                case Missed(_, Rule rule, String detail) -> found(rule, detail);
            }
        }
    }

    private void show(int partition, long offset, String text, String to) {
        var place = new Place(partition, offset);
        String before = shown.putIfAbsent(place, text);
        if (before == null) {
            shownBy.put(place, to);
            Optional<Value> value = Value.parse(text);
            if (value.isEmpty() || !sent.contains(value.get()) || value.get().partition() != partition) {
                found(Rule.PHANTOM, "partition " + partition + " offset " + offset + " showed " + to + ": " + text);
            }
        } else if (!before.equals(text)) {
            found(Rule.INCONSISTENT_OFFSET, "partition " + partition + " offset " + offset + " showed " + shownBy.get(place)
                    + ": " + shorten(before) + ", and " + to + ": " + shorten(text));
        }
    }

    private void finalRead(FinalRead read) {
        var where = new HashMap<Value, Long>();
        read.partitions().forEach((partition, records) -> {
            var lastOfWriter = new HashMap<Integer, Integer>();
            var offsets = new HashSet<Long>();
            for (Stored stored : records) {
                offsets.add(stored.offset());
                show(partition, stored.offset(), stored.text(), read.source());
                Optional<Value> parsed = Value.parse(stored.text());
                if (parsed.isEmpty()) {
                    continue; // a phantom, said above
                }
                Value value = parsed.get();
                Long before = where.put(value, stored.offset());
                if (before != null) {
                    found(Rule.DUPLICATE, value + " at offsets " + before + " and " + stored.offset() + " by " + read.source());
                    continue;
                }
                Integer last = lastOfWriter.put(value.writer(), value.sequence());
                if (last != null && last > value.sequence()) {
                    found(Rule.REORDERED, value + " at offset " + stored.offset() + " after " + last + " by " + read.source());
                }
            }
            for (Map.Entry<Place, String> entry : shown.entrySet()) {
                Place place = entry.getKey();
                if (place.partition == partition && !offsets.contains(place.offset) && !isAcknowledgedOnly(place)) {
                    found(Rule.LOG_TRUNCATED, "partition " + partition + " offset " + place.offset + " showed " + shownBy.get(place)
                            + ": " + shorten(entry.getValue()) + ", and is not in " + read.source());
                }
            }
        });
        acknowledged.forEach((value, offset) -> {
            if (!read.partitions().containsKey(value.partition())) {
                return; // this source has no such partition
            }
            Long stands = where.get(value);
            if (stands == null) {
                found(Rule.LOST, value + " acknowledged at offset " + offset + " is not in " + read.source());
            } else if (!stands.equals(offset)) {
                found(Rule.WRONG_OFFSET, value + " acknowledged at offset " + offset + " stands at " + stands + " in " + read.source());
            }
        });
    }

    /** Then its absence is said once, as lost. */
    private boolean isAcknowledgedOnly(Place place) {
        return "the acknowledgement".equals(shownBy.get(place));
    }

    private static String shorten(String text) {
        return Value.parse(text).map(Value::toString).orElse(text);
    }

    private void polls() {
        record Run(String reader, int assignment, int partition) {}
        var inLog = new HashMap<Integer, Set<Long>>();
        observed.finalReads().stream().limit(1).forEach(read -> read.partitions().forEach((partition, records) ->
                records.forEach(stored -> inLog.computeIfAbsent(partition, p -> new HashSet<>()).add(stored.offset()))));
        var positions = new HashMap<Run, Long>();
        for (Event event : observed.events()) {
            if (!(event instanceof Read read)) {
                continue;
            }
            Long before = positions.put(new Run(read.reader(), read.assignment(), read.partition()), read.offset());
            if (before == null) {
                continue;
            }
            if (read.offset() <= before) {
                found(Rule.NONMONOTONIC_POLL, read.reader() + " in partition " + read.partition() + ": " + read.offset() + " after " + before);
            }
            for (long offset = before + 1; offset < read.offset(); offset++) {
                if (inLog.getOrDefault(read.partition(), Set.of()).contains(offset)) {
                    found(Rule.POLL_SKIP, read.reader() + " in partition " + read.partition() + ": " + read.offset() + " after " + before
                            + ", " + offset + " is in the log");
                    break;
                }
            }
        }
    }

    private void group() {
        if (observed.group().isEmpty() || observed.finalReads().isEmpty()) {
            return;
        }
        var given = new HashSet<Place>();
        var highest = new TreeMap<Integer, Long>();
        for (Event event : observed.events()) {
            if (event instanceof Read read && read.reader().startsWith(observed.group().get())) {
                given.add(new Place(read.partition(), read.offset()));
                highest.merge(read.partition(), read.offset(), Math::max);
            }
        }
        observed.finalReads().getFirst().partitions().forEach((partition, records) -> {
            for (Stored stored : records) {
                if (stored.offset() < highest.getOrDefault(partition, 0L) && !given.contains(new Place(partition, stored.offset()))) {
                    found(Rule.GROUP_SKIP, "partition " + partition + " offset " + stored.offset() + ", the group read up to "
                            + highest.get(partition));
                }
            }
        });
    }

    private void replicas() {
        var first = new HashMap<Integer, ReplicaLog>();
        for (ReplicaLog log : observed.replicas()) {
            ReplicaLog other = first.putIfAbsent(log.partition(), log);
            if (other != null && !other.batches().equals(log.batches())) {
                found(Rule.REPLICAS_DIFFER, "partition " + log.partition() + ": brokers " + other.broker() + " and " + log.broker()
                        + " " + difference(other.batches(), log.batches()));
            }
        }
    }

    private static String difference(List<ReplicaLog.Batch> one, List<ReplicaLog.Batch> other) {
        for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
            if (!one.get(i).equals(other.get(i))) {
                return "differ in batch " + i + ": " + one.get(i) + " and " + other.get(i);
            }
        }
        return "have " + one.size() + " and " + other.size() + " batches";
    }
}
