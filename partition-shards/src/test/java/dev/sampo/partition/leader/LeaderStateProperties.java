package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition.Member;
import dev.sampo.actors.protocol.Partition.Proposal;
import dev.sampo.actors.protocol.Partition.Replicas;
import dev.sampo.partition.leader.LeaderEffect.Answer;
import dev.sampo.partition.leader.LeaderEffect.Flush;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import static org.assertj.core.api.Assertions.assertThat;

/** A leader with two followers whose ISR changes as the controller would let it. */
class LeaderStateProperties {
    sealed interface Event {
        record Produced(int records, Acks acks) implements Event {}

        record Fetched(int brokerId, int behind) implements Event {}

        record FlushDone() implements Event {}

        record Propose(int brokerId) implements Event {}

        /** The controller accepts what is proposed, or else takes this broker out of the ISR. */
        record ImageChanged(int brokerId, boolean accept) implements Event {}

        record Cancel() implements Event {}
    }

    record Append(int number, Acks acks, long end) {}

    @Provide
    Arbitrary<Event> events() {
        Arbitrary<Integer> follower = Arbitraries.of(2, 3);
        return Arbitraries.frequencyOf(
                Tuple.of(4, Combinators.combine(
                                Arbitraries.integers().between(1, 5), Arbitraries.of(Acks.LEADER, Acks.ALL))
                        .as(Event.Produced::new)),
                Tuple.of(6, Combinators.combine(follower, Arbitraries.integers().between(0, 6))
                        .as(Event.Fetched::new)),
                Tuple.of(2, Arbitraries.just(new Event.FlushDone())),
                Tuple.of(2, follower.map(Event.Propose::new)),
                Tuple.of(2, Combinators.combine(follower, Arbitraries.of(true, false))
                        .as(Event.ImageChanged::new)),
                Tuple.of(1, Arbitraries.just(new Event.Cancel())));
    }

    /**
     * The high watermark never falls, never passes a member of the maximal ISR, moves only while enough are in sync; each
     * append is answered once, with acks=all only after every member of the ISR has it; and whoever the controller takes
     * into the ISR holds all that was committed until then.
     */
    @Property(tries = 1000)
    void whatIsCommittedIsOnEveryReplicaThatMayBeElected(
            @ForAll @Size(max = 120) List<@From("events") Event> history,
            @ForAll @IntRange(min = 1, max = 6) int flushEvery, @ForAll @IntRange(min = 1, max = 3) int minInSync) {
        // Given
        List<Integer> all = List.of(1, 2, 3);
        int partitionEpoch = 0;
        Set<Integer> inSync = new TreeSet<>(all);
        Set<Integer> proposed = new TreeSet<>();
        var leader = new LeaderState<Append>(
                1, 1, minInSync, flushEvery == 6 ? Long.MAX_VALUE : flushEvery, new Replicas(0, all, all), null, 0, 0, 0, 0, 0);
        Map<Integer, Long> fetched = new HashMap<>(Map.of(2, 0L, 3, 0L));
        List<Append> asked = new ArrayList<>();
        List<Append> answered = new ArrayList<>();
        long end = 0;
        long flushAsked = -1;
        long forced = 0;
        for (Event event : history) {
            long before = leader.highWatermark();

            // When
            List<LeaderEffect<Append>> effects = List.of();
            switch (event) {
                case Event.Produced(int records, Acks acks) -> {
                    if (leader.admit(acks) == KafkaError.NONE) {
                        var append = new Append(asked.size(), acks, end + records);
                        leader.await(append, acks, end, end + records);
                        end += records;
                        asked.add(append);
                        effects = leader.onWritten(end, records, 0);
                    }
                }
                case Event.Fetched(int brokerId, int behind) -> {
                    long fetchOffset = Math.max(fetched.get(brokerId), leader.logEndOffset() - behind);
                    effects = leader.onFollowerFetch(brokerId, 1, fetchOffset, 0);
                    fetched.put(brokerId, fetchOffset);
                }
                case Event.FlushDone() -> {
                    if (flushAsked >= 0) {
                        forced = flushAsked;
                        flushAsked = -1;
                        effects = leader.onFlushed(forced);
                    }
                }
                case Event.Propose(int brokerId) -> {
                    if (proposed.isEmpty() && !inSync.contains(brokerId) && leader.propose(
                            new Proposal(partitionEpoch, List.of(new Member(brokerId, 1)))).isEmpty()) {
                        proposed.add(brokerId);
                    }
                }
                case Event.ImageChanged(int brokerId, boolean accept) -> {
                    if (accept && !proposed.isEmpty()) {
                        assertThat(fetched.get(proposed.iterator().next()))
                                .as("holds all that is committed").isGreaterThanOrEqualTo(before);
                        inSync.addAll(proposed);
                    } else {
                        inSync.remove(brokerId);
                    }
                    proposed.clear();
                    partitionEpoch++;
                    effects = leader.onReplicas(new Replicas(partitionEpoch, all, List.copyOf(inSync)), 0);
                }
                case Event.Cancel() -> {
                    proposed.clear();
                    effects = leader.cancel(partitionEpoch);
                }
            }

            // Then
            for (LeaderEffect<Append> effect : effects) {
                if (effect instanceof Flush<Append>) {
                    assertThat(flushAsked).as("one flush at a time").isEqualTo(-1);
                    flushAsked = end;
                }
                if (effect instanceof Answer<Append>(Append append, var error, long base)) {
                    answered.add(append);
                    if (error == KafkaError.NONE) {
                        assertThat(append.acks() != Acks.ALL || append.end() <= leader.highWatermark()).isTrue();
                        assertThat(append.acks() != Acks.ALL || inSync.size() >= minInSync).isTrue();
                        assertThat(flushEvery != 1 || append.end() <= forced).isTrue();
                    }
                }
            }
            assertThat(leader.highWatermark()).isGreaterThanOrEqualTo(before);
            if (leader.highWatermark() > before) {
                assertThat(inSync.size()).isGreaterThanOrEqualTo(minInSync);
                assertThat(leader.highWatermark()).isLessThanOrEqualTo(
                        slowest(fetched, inSync, proposed, leader.logEndOffset()));
            }
        }
        assertThat(answered).doesNotHaveDuplicates();
        assertThat(asked).containsAll(answered);
    }

    private static long slowest(
            Map<Integer, Long> fetched, Collection<Integer> inSync, Collection<Integer> proposed, long end) {
        return fetched.entrySet().stream()
                .filter(entry -> inSync.contains(entry.getKey()) || proposed.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .reduce(end, Math::min);
    }
}
