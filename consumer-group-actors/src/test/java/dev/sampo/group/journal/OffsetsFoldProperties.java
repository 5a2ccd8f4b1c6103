package dev.sampo.group.journal;

import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.OffsetRemoved;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

import static org.assertj.core.api.Assertions.assertThat;

class OffsetsFoldProperties {
    record Written(String group, GroupEvent event, boolean endsBatch, boolean endsRead) {}

    @Provide
    Arbitrary<Written> written() {
        var partition = Arbitraries.integers().between(0, 2);
        Arbitrary<GroupEvent> event = Arbitraries.oneOf(
                partition.flatMap(p -> Arbitraries.longs().between(0, 1_000).map(offset ->
                        (GroupEvent) new OffsetCommitted(new OffsetKey("t", p), Uuid.ZERO_UUID, offset, -1, "", 0, -1))),
                partition.map(p -> (GroupEvent) new OffsetRemoved(new OffsetKey("t", p))),
                Arbitraries.integers().between(0, 9).map(generation -> (GroupEvent) new GroupStored("", generation, null, null, 0, List.of())),
                Arbitraries.just((GroupEvent) new GroupRemoved()));
        return event.flatMap(fact -> Arbitraries.of("a", "b").flatMap(group -> Arbitraries.of(true, false).flatMap(endsBatch ->
                Arbitraries.of(true, false).map(endsRead -> new Written(group, fact, endsBatch, endsRead)))));
    }

    @Property(tries = 300)
    void whatIsReadIsWhatWouldHaveBeenAppliedOneByOne(@ForAll @Size(max = 40) List<@From("written") Written> history) {
        // Given
        var expected = new OffsetsFold();
        history.forEach(one -> expected.apply(one.group(), one.event()));

        // When
        var fold = new OffsetsFold();
        var read = ByteBuffer.allocate(100_000);
        long offset = 0;
        int from = 0;
        for (int i = 0; i < history.size(); i++) {
            boolean last = i == history.size() - 1;
            if (history.get(i).endsBatch() || last) {
                SimpleRecord[] records = history.subList(from, i + 1).stream()
                        .map(one -> OffsetsRecords.encode(one.group(), one.event(), 0)).toArray(SimpleRecord[]::new);
                read.put(MemoryRecords.withRecords(from, Compression.NONE, records).buffer());
                from = i + 1;
                if (history.get(i).endsRead() || last) {
                    offset = fold.fold(read.flip(), offset);
                    read = ByteBuffer.allocate(100_000);
                }
            }
        }

        // Then
        assertThat(offset).isEqualTo(history.size());
        assertThat(fold.groupIds()).isEqualTo(expected.groupIds());
        for (String group : List.of("a", "b")) {
            assertThat(fold.factsOf(group)).containsExactlyInAnyOrderElementsOf(expected.factsOf(group));
        }
    }
}
