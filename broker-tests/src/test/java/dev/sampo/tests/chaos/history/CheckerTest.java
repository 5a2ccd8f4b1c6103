package dev.sampo.tests.chaos.history;

import dev.sampo.tests.chaos.history.Event.Acknowledged;
import dev.sampo.tests.chaos.history.Event.ClientFailed;
import dev.sampo.tests.chaos.history.Event.EndSeen;
import dev.sampo.tests.chaos.history.Event.Failed;
import dev.sampo.tests.chaos.history.Event.Missed;
import dev.sampo.tests.chaos.history.Event.PositionGone;
import dev.sampo.tests.chaos.history.Event.Read;
import dev.sampo.tests.chaos.history.Event.Sent;
import dev.sampo.tests.chaos.history.ReplicaLog.Batch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;

/** Each rule is broken in an otherwise healthy history, and the checker must say so: a checker that finds nothing proves nothing. */
class CheckerTest {
    private static final int PARTITIONS = 2;
    private static final int RECORDS = 20;

    /** A healthy history of one writer, two readers and a group of two, and ways to spoil it. */
    private static final class Story {
        final List<Event> events = new ArrayList<>();
        final Map<Integer, List<Stored>> log = new HashMap<>();
        final List<FinalRead> finalReads = new ArrayList<>();
        final List<ReplicaLog> replicas = new ArrayList<>();
        boolean errorsAllowed;
        private long now;

        Story() {
            for (int i = 0; i < RECORDS; i++) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    var value = new Value(1, partition, i);
                    log.computeIfAbsent(partition, p -> new ArrayList<>()).add(new Stored(i, value.text()));
                    events.add(new Sent(now++, value));
                    events.add(new Acknowledged(now++, value, i));
                    events.add(new EndSeen(now++, partition, i + 1));
                    for (String reader : List.of("reader-a", "reader-b", "group-" + partition)) {
                        events.add(new Read(now++, reader, 1, partition, i, value.text()));
                    }
                }
            }
            finalReads.add(new FinalRead("leaders", log));
            for (int broker = 1; broker <= 3; broker++) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    replicas.add(new ReplicaLog(broker, partition, new ArrayList<>(List.of(new Batch(0, 9, "a"), new Batch(10, 19, "b")))));
                }
            }
        }

        Value value(int partition, int sequence) {
            return new Value(1, partition, sequence);
        }

        List<Stored> log(int partition) {
            return log.get(partition);
        }

        void add(Event event) {
            events.add(event);
        }

        long now() {
            return now++;
        }

        void removeRead(String reader, int partition, long offset) {
            events.removeIf(event -> event instanceof Read read && read.reader().equals(reader) && read.partition() == partition && read.offset() == offset);
        }

        /** Nobody saw this record before the final read. */
        void removeReads(int partition, long offset) {
            List.of("reader-a", "reader-b", "group-0", "group-1").forEach(reader -> removeRead(reader, partition, offset));
        }

        Set<Rule> broken() {
            List<Violation> violations = Checker.check(new Observed(events, finalReads, replicas, Optional.of("group-"), errorsAllowed));
            return violations.stream().map(Violation::rule).collect(Collectors.toCollection(() -> EnumSet.noneOf(Rule.class)));
        }
    }

    private record Plant(String what, Rule rule, Spoiler spoiler) {}

    private interface Spoiler {
        void spoil(Story story);
    }

    private static final List<Plant> PLANTS = List.of(
            new Plant("the last acknowledged record, which nobody read, is gone", Rule.LOST, story -> {
                story.removeReads(0, RECORDS - 1);
                story.log(0).removeLast();
            }),
            new Plant("an acknowledged record in the middle is gone", Rule.LOST, story -> {
                story.removeReads(1, 7);
                story.log(1).remove(7);
            }),
            new Plant("a whole partition is empty", Rule.LOST, story -> story.log(1).clear()),
            new Plant("two records change places", Rule.WRONG_OFFSET, story -> {
                story.removeReads(0, 3);
                story.removeReads(0, 4);
                Collections.swap(story.log(0), 3, 4);
                story.log(0).set(3, new Stored(3, story.value(0, 4).text()));
                story.log(0).set(4, new Stored(4, story.value(0, 3).text()));
            }),
            new Plant("a reader saw another value at an offset", Rule.INCONSISTENT_OFFSET, story -> {
                story.removeRead("reader-b", 0, 5);
                story.add(new Read(story.now(), "reader-c", 1, 0, 5, story.value(0, 6).text()));
            }),
            new Plant("the final read of another leader shows another value", Rule.INCONSISTENT_OFFSET, story -> {
                var other = new ArrayList<>(story.log(0));
                other.set(5, new Stored(5, story.value(0, 6).text()));
                story.finalReads.add(new FinalRead("leader 2", Map.of(0, other)));
            }),
            new Plant("a record is there twice", Rule.DUPLICATE, story -> story.log(0).add(new Stored(RECORDS, story.value(0, 2).text()))),
            new Plant("a record that was not acknowledged is there after a later one", Rule.REORDERED, story -> {
                story.add(new Sent(story.now(), story.value(0, 100)));
                story.add(new Sent(story.now(), story.value(0, 101)));
                story.log(0).add(new Stored(RECORDS, story.value(0, 101).text()));
                story.log(0).add(new Stored(RECORDS + 1, story.value(0, 100).text()));
            }),
            new Plant("a value that nobody sent", Rule.PHANTOM, story -> story.log(0).add(new Stored(RECORDS, new Value(9, 0, 0).text()))),
            new Plant("bytes that are no value", Rule.PHANTOM, story -> story.log(0).add(new Stored(RECORDS, "\0\0\0"))),
            new Plant("a value in the wrong partition", Rule.PHANTOM, story -> {
                story.add(new Sent(story.now(), story.value(1, 100)));
                story.log(0).add(new Stored(RECORDS, story.value(1, 100).text()));
            }),
            new Plant("a replica lacks a batch", Rule.REPLICAS_DIFFER, story -> story.replicas.get(2).batches().removeLast()),
            new Plant("a replica has other bytes", Rule.REPLICAS_DIFFER, story -> story.replicas.get(5).batches().set(1, new Batch(10, 19, "c"))),
            new Plant("a replica has other batches", Rule.REPLICAS_DIFFER, story -> story.replicas.get(4).batches().set(0, new Batch(0, 8, "a"))),
            new Plant("a reader's position is gone", Rule.LOG_TRUNCATED,
                    story -> story.add(new PositionGone(story.now(), "reader-a", 0, "OffsetOutOfRangeException"))),
            new Plant("a record that was read and not acknowledged is gone", Rule.LOG_TRUNCATED, story -> {
                story.add(new Sent(story.now(), story.value(0, 100)));
                story.add(new Read(story.now(), "reader-a", 1, 0, RECORDS, story.value(0, 100).text()));
            }),
            new Plant("a reader goes back", Rule.NONMONOTONIC_POLL,
                    story -> story.add(new Read(story.now(), "reader-a", 1, 0, 10, story.value(0, 10).text()))),
            new Plant("a reader is given a record twice in a row", Rule.NONMONOTONIC_POLL,
                    story -> story.add(new Read(story.now(), "reader-a", 1, 1, RECORDS - 1L, story.value(1, RECORDS - 1).text()))),
            new Plant("a reader jumps over a record", Rule.POLL_SKIP, story -> story.removeRead("reader-a", 0, 8)),
            new Plant("a group jumps over a record between two members", Rule.GROUP_SKIP, story -> {
                story.removeRead("group-0", 0, 8);
                story.events.replaceAll(event -> event instanceof Read read && read.reader().equals("group-0") && read.offset() > 8
                        ? new Read(read.atNanos(), "group-1", 2, 0, read.offset(), read.text())
                        : event);
            }),
            new Plant("the end of a partition goes back", Rule.END_OFFSET_WENT_BACK, story -> story.add(new EndSeen(story.now(), 0, RECORDS - 1L))),
            new Plant("a send fails", Rule.CLIENT_ERROR, story -> {
                story.add(new Sent(story.now(), story.value(0, 100)));
                story.add(new Failed(story.now(), story.value(0, 100), "TimeoutException"));
            }),
            new Plant("a member fails", Rule.CLIENT_ERROR, story -> story.add(new ClientFailed(story.now(), "group-0", "CommitFailedException"))),
            new Plant("a partition stays away", Rule.NOT_AVAILABLE, story -> story.add(new Missed(story.now(), Rule.NOT_AVAILABLE, "partition 0"))),
            new Plant("a replica stays out of sync", Rule.NOT_IN_SYNC, story -> story.add(new Missed(story.now(), Rule.NOT_IN_SYNC, "partition 0"))));

    @Test
    void aHealthyHistoryBreaksNoRule() {
        assertThat(new Story().broken()).isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> aPlantedViolationIsFound() {
        return PLANTS.stream().map(plant -> DynamicTest.dynamicTest(plant.what(), () -> {
            // Given
            var story = new Story();

            // When
            plant.spoiler().spoil(story);

            // Then
            assertThat(story.broken()).contains(plant.rule());
        }));
    }

    @Test
    void aFailedSendMayHaveBeenWrittenOrNot() {
        // Given
        var story = new Story();
        story.errorsAllowed = true;
        for (int sequence : List.of(100, 101)) {
            story.add(new Sent(story.now(), story.value(0, sequence)));
            story.add(new Failed(story.now(), story.value(0, sequence), "TimeoutException"));
        }

        // When one of them is there
        story.log(0).add(new Stored(RECORDS, story.value(0, 101).text()));

        // Then
        assertThat(story.broken()).isEmpty();
    }

    @Test
    void aMemberMayBeGivenARecordAgainInItsNextAssignment() {
        // Given
        var story = new Story();

        // When
        story.add(new Read(story.now(), "group-0", 2, 0, 15, story.value(0, 15).text()));

        // Then
        assertThat(story.broken()).isEmpty();
    }

    @Test
    void theLongestTimeWithoutSuccessIsFoundInEachPartitionAndAtTheEnds() {
        // Given
        List<Event> events = List.of(
                new Acknowledged(ms(10), new Value(1, 0, 0), 0), new Acknowledged(ms(40), new Value(1, 0, 1), 1),
                new Acknowledged(ms(45), new Value(1, 0, 2), 2), new Acknowledged(ms(95), new Value(1, 1, 0), 0));

        // When
        Stalls stalls = Stalls.ofProducing(events, 3, 0, ms(100));

        // Then
        assertThat(stalls.longest()).isEqualTo(Map.of(0, Duration.ofMillis(55), 1, Duration.ofMillis(95), 2, Duration.ofMillis(100)));
    }

    private static long ms(long ms) {
        return ms * 1_000_000;
    }
}
