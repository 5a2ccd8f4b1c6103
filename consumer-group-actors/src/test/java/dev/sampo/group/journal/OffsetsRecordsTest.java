package dev.sampo.group.journal;

import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.OffsetRemoved;
import dev.sampo.group.journal.GroupEvent.StoredMember;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.LogContext;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.OffsetAndMetadata;
import org.apache.kafka.coordinator.group.classic.ClassicGroup;
import org.apache.kafka.coordinator.group.classic.ClassicGroupMember;
import org.apache.kafka.coordinator.group.classic.ClassicGroupState;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class OffsetsRecordsTest {
    private static final Uuid TOPIC_ID = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
    private static final OffsetCommitted COMMITTED =
            new OffsetCommitted(new OffsetKey("t", 3), TOPIC_ID, 42, 7, "meta", 1000, -1);

    private static void assertSameBytes(SimpleRecord ours, CoordinatorRecord theirs) {
        var serde = new GroupCoordinatorRecordSerde();
        assertThat(ours.key()).isEqualTo(ByteBuffer.wrap(serde.serializeKey(theirs)));
        byte[] value = serde.serializeValue(theirs);
        assertThat(ours.value()).isEqualTo(value == null ? null : ByteBuffer.wrap(value));
    }

    private static void assertComesBack(GroupEvent event) {
        SimpleRecord record = OffsetsRecords.encode("g", event, 5);
        var fact = OffsetsRecords.decode(record.key(), record.value());
        assertThat(fact).usingRecursiveComparison().isEqualTo(new OffsetsRecords.GroupFact("g", event));
    }

    @Test
    void committedOffsetHasKafkasBytes() {
        assertSameBytes(OffsetsRecords.encode("g", COMMITTED, 5), GroupCoordinatorRecordHelpers.newOffsetCommitRecord(
                "g", "t", 3,
                new OffsetAndMetadata(42, OptionalInt.of(7), "meta", 1000, OptionalLong.empty(), TOPIC_ID)));
        assertComesBack(COMMITTED);
    }

    @Test
    void offsetWithItsOwnExpiryHasKafkasBytes() {
        var expiring = new OffsetCommitted(new OffsetKey("t", 3), Uuid.ZERO_UUID, 42, -1, "meta", 1000, 2000);
        assertSameBytes(OffsetsRecords.encode("g", expiring, 5), GroupCoordinatorRecordHelpers.newOffsetCommitRecord(
                "g", "t", 3,
                new OffsetAndMetadata(42, OptionalInt.empty(), "meta", 1000, OptionalLong.of(2000), Uuid.ZERO_UUID)));
        assertComesBack(expiring);
    }

    @Test
    void tombstonesHaveKafkasBytes() {
        assertSameBytes(
                OffsetsRecords.encode("g", new OffsetRemoved(new OffsetKey("t", 3)), 5),
                GroupCoordinatorRecordHelpers.newOffsetCommitTombstoneRecord("g", "t", 3));
        assertSameBytes(
                OffsetsRecords.encode("g", new GroupRemoved(), 5),
                GroupCoordinatorRecordHelpers.newGroupMetadataTombstoneRecord("g"));
        assertComesBack(new OffsetRemoved(new OffsetKey("t", 3)));
        assertComesBack(new GroupRemoved());
    }

    @Test
    void storedGenerationHasKafkasBytes() {
        var protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range").setMetadata(new byte[] {1}));
        var theirs = new ClassicGroup(
                new LogContext(), "g", ClassicGroupState.STABLE, Time.SYSTEM, 5, Optional.of("consumer"),
                Optional.of("range"), Optional.of("m"), Optional.of(900L));
        theirs.add(new ClassicGroupMember(
                "m", Optional.of("box"), "client", "/host", 60_000, 10_000, "consumer", protocols, new byte[] {2}));
        var ours = new GroupStored("consumer", 5, "range", "m", 900, List.of(new StoredMember(
                "m", "box", "client", "/host", 60_000, 10_000, new byte[] {1}, new byte[] {2})));
        assertSameBytes(
                OffsetsRecords.encode("g", ours, 5),
                GroupCoordinatorRecordHelpers.newGroupMetadataRecord(theirs, Map.of("m", new byte[] {2})));
        assertComesBack(ours);
    }

    @Test
    void foldKeepsTheNewestFactPerKeyAndForgetsWhatWasRemoved() {
        var newer = new OffsetCommitted(new OffsetKey("t", 3), TOPIC_ID, 43, 7, "", 1001, -1);
        var other = new OffsetCommitted(new OffsetKey("t", 4), TOPIC_ID, 1, 7, "", 1001, -1);
        var fold = new OffsetsFold();
        long next = fold.fold(MemoryRecords.withRecords(
                Compression.NONE,
                OffsetsRecords.encode("a", COMMITTED, 1), OffsetsRecords.encode("a", other, 1),
                OffsetsRecords.encode("b", COMMITTED, 1), OffsetsRecords.encode("a", newer, 1),
                OffsetsRecords.encode("a", new OffsetRemoved(other.key()), 1),
                OffsetsRecords.encode("b", new OffsetRemoved(COMMITTED.key()), 1)).buffer(), 0);
        assertThat(next).isEqualTo(6);
        assertThat(fold.factsOf("a")).containsExactly(newer);
        assertThat(fold.groupIds()).containsExactly("a");
    }
}
