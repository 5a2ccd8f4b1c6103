package dev.sampo.partition.leader;

import dev.sampo.actors.model.Acks;
import dev.sampo.partition.leader.LeaderEffect.Answer;
import dev.sampo.partition.leader.LeaderEffect.Flush;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import static org.assertj.core.api.Assertions.assertThat;

class LeaderStateProperties {
    sealed interface Event {
        record Produced(int records, Acks acks) implements Event {}

        record Fetched(int brokerId, int behind) implements Event {}

        record FlushDone() implements Event {}
    }

    record Append(int number, Acks acks, long end) {}

    @Provide
    Arbitrary<Event> events() {
        return Arbitraries.oneOf(
                Combinators.combine(Arbitraries.integers().between(1, 5), Arbitraries.of(Acks.LEADER, Acks.ALL))
                        .as(Event.Produced::new),
                Combinators.combine(Arbitraries.of(2, 3), Arbitraries.integers().between(0, 6))
                        .as(Event.Fetched::new),
                Arbitraries.just(new Event.FlushDone()));
    }

    @Property(tries = 500)
    void highWatermarkNeverFallsAndEachAppendIsAnsweredOnceAfterItIsSafe(
            @ForAll @Size(max = 100) List<@From("events") Event> history, @ForAll @IntRange(min = 1, max = 6) int flushEvery) {
        // Given
        var leader = new LeaderState<Append>(1, 1, flushEvery == 6 ? Long.MAX_VALUE : flushEvery, List.of(2, 3), 0, 0);
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
                    var append = new Append(asked.size(), acks, end + records);
                    leader.await(append, acks, end, end + records);
                    end += records;
                    asked.add(append);
                    effects = leader.onWritten(end, records);
                }
                case Event.Fetched(int brokerId, int behind) -> {
                    long fetchOffset = Math.max(0, leader.logEndOffset() - behind);
                    effects = leader.onFollowerFetch(brokerId, fetchOffset);
                    fetched.merge(brokerId, fetchOffset, Math::max);
                }
                case Event.FlushDone() -> {
                    if (flushAsked >= 0) {
                        forced = flushAsked;
                        flushAsked = -1;
                        effects = leader.onFlushed(forced);
                    }
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
                    if (append.acks() == Acks.ALL) {
                        assertThat(append.end()).isLessThanOrEqualTo(leader.highWatermark());
                    }
                    if (flushEvery == 1) {
                        assertThat(append.end()).isLessThanOrEqualTo(forced);
                    }
                }
            }
            long slowest = fetched.values().stream().reduce(leader.logEndOffset(), Math::min);
            assertThat(leader.highWatermark()).isBetween(before, slowest);
        }
        assertThat(answered).doesNotHaveDuplicates();
        assertThat(asked).containsAll(answered);
    }
}
