package dev.sampo.group.journal;

import dev.sampo.group.journal.ConsumerGroupEvent.ClassicMember;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicProtocol;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.RegexStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.ResolvedRegex;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetEpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.modern.consumer.ConsumerGroupMember;
import org.apache.kafka.coordinator.group.modern.consumer.ResolvedRegularExpression;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class ConsumerGroupRecordsTest {
    private static final Uuid T = new Uuid(1, 2);
    private static final Uuid U = new Uuid(1, 3);
    private static final Subscription WANTS =
            new Subscription("box", "r1", "client", "/127.0.0.1", 30_000, Set.of("b", "a"), "x.*", "range",
                    new ClassicMember(10_000, List.of(new ClassicProtocol("range", new byte[] {0, 1}))));
    private static final CurrentAssignment OWNS = new CurrentAssignment(
            7, 6, MemberState.UNREVOKED_PARTITIONS, Map.of(T, Map.of(0, 5)), Map.of(U, Map.of(3, 4)));

    private static void assertSame(ConsumerGroupEvent event, CoordinatorRecord theirs) {
        var serde = new GroupCoordinatorRecordSerde();
        SimpleRecord ours = OffsetsRecords.encode("g", event, 5);
        assertThat(ours.key()).isEqualTo(ByteBuffer.wrap(serde.serializeKey(theirs)));
        byte[] value = serde.serializeValue(theirs);
        assertThat(ours.value()).isEqualTo(value == null ? null : ByteBuffer.wrap(value));
        var fact = OffsetsRecords.decode(ours.key(), ours.value());
        if (event.key().kind() == Kind.PARTITION_METADATA) {
            assertThat(fact).as("of no use to anybody").isNull();
        } else {
            assertThat(fact).isEqualTo(new OffsetsRecords.GroupFact("g", event));
        }
    }

    private static ConsumerGroupMember member() {
        return new ConsumerGroupMember.Builder("m")
                .setInstanceId(WANTS.instanceId())
                .setRackId(WANTS.rackId())
                .setClientId(WANTS.clientId())
                .setClientHost(WANTS.clientHost())
                .setRebalanceTimeoutMs(WANTS.rebalanceTimeoutMs())
                .setSubscribedTopicNames(List.of("b", "a"))
                .setSubscribedTopicRegex(WANTS.topicRegex())
                .setServerAssignorName(WANTS.assignor())
                .setClassicMemberMetadata(new ConsumerGroupMemberMetadataValue.ClassicMemberMetadata()
                        .setSessionTimeoutMs(10_000)
                        .setSupportedProtocols(List.of(new ConsumerGroupMemberMetadataValue.ClassicProtocol()
                                .setName("range")
                                .setMetadata(new byte[] {0, 1}))))
                .setMemberEpoch(7)
                .setPreviousMemberEpoch(6)
                .setState(org.apache.kafka.coordinator.group.modern.MemberState.UNREVOKED_PARTITIONS)
                .setAssignedPartitions(OWNS.assigned())
                .setPartitionsPendingRevocation(OWNS.pendingRevocation())
                .build();
    }

    @Test
    void factsHaveKafkasBytesAndComeBack() {
        assertSame(new EpochStored(9, 77), GroupCoordinatorRecordHelpers.newConsumerGroupEpochRecord("g", 9, 77));
        assertSame(
                new MemberStored("m", WANTS),
                GroupCoordinatorRecordHelpers.newConsumerGroupMemberSubscriptionRecord("g", member()));
        assertSame(
                new TargetEpochStored(9, 1000),
                GroupCoordinatorRecordHelpers.newConsumerGroupTargetAssignmentMetadataRecord("g", 9, 1000));
        assertSame(
                new TargetStored("m", Map.of(T, Set.of(4))),
                GroupCoordinatorRecordHelpers.newConsumerGroupTargetAssignmentRecord("g", "m", Map.of(T, Set.of(4))));
        assertSame(
                new CurrentStored("m", OWNS),
                GroupCoordinatorRecordHelpers.newConsumerGroupCurrentAssignmentRecord("g", member()));
        assertSame(
                new RegexStored("x.*", new ResolvedRegex(Set.of("x1", "x2"), 12, 1000)),
                GroupCoordinatorRecordHelpers.newConsumerGroupRegularExpressionRecord(
                        "g", "x.*", new ResolvedRegularExpression(Set.of("x1", "x2"), 12, 1000)));
    }

    @Test
    void tombstonesHaveKafkasBytesAndComeBack() {
        Map<Kind, CoordinatorRecord> theirs = Map.of(
                Kind.EPOCH, GroupCoordinatorRecordHelpers.newConsumerGroupEpochTombstoneRecord("g"),
                Kind.PARTITION_METADATA,
                GroupCoordinatorRecordHelpers.newConsumerGroupSubscriptionMetadataTombstoneRecord("g"),
                Kind.MEMBER, GroupCoordinatorRecordHelpers.newConsumerGroupMemberSubscriptionTombstoneRecord("g", "m"),
                Kind.TARGET_EPOCH, GroupCoordinatorRecordHelpers.newConsumerGroupTargetAssignmentMetadataTombstoneRecord("g"),
                Kind.TARGET, GroupCoordinatorRecordHelpers.newConsumerGroupTargetAssignmentTombstoneRecord("g", "m"),
                Kind.CURRENT, GroupCoordinatorRecordHelpers.newConsumerGroupCurrentAssignmentTombstoneRecord("g", "m"),
                Kind.REGULAR_EXPRESSION, GroupCoordinatorRecordHelpers.newConsumerGroupRegularExpressionTombstone("g", "m"));
        assertThat(theirs).containsOnlyKeys(Kind.values());
        theirs.forEach((kind, record) -> {
            boolean once = Set.of(Kind.EPOCH, Kind.PARTITION_METADATA, Kind.TARGET_EPOCH).contains(kind);
            assertSame(new Removed(new ConsumerKey(kind, once ? "" : "m")), record);
        });
    }

    @Test
    void partitionsWithoutEpochsOfTheirOwnHaveThatOfTheMember() {
        var value = new ConsumerGroupCurrentMemberAssignmentValue()
                .setMemberEpoch(7)
                .setPreviousMemberEpoch(6)
                .setAssignedPartitions(List.of(new ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions()
                        .setTopicId(T).setPartitions(List.of(0, 1))));
        SimpleRecord key = OffsetsRecords.encode("g", new CurrentStored("m", OWNS), 5);
        var fact = OffsetsRecords.decode(
                key.key(), ByteBuffer.wrap(OffsetsRecords.prefixed((short) 0, value, (short) 0)));
        assertThat(fact).isEqualTo(new OffsetsRecords.GroupFact("g", new CurrentStored(
                "m", new CurrentAssignment(7, 6, MemberState.STABLE, Map.of(T, Map.of(0, 7, 1, 7)), Map.of()))));
    }
}
