package dev.sampo.group.coordinator;

import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.group.consumer.Adopted;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.EmbeddedProtocol;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicMember;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicProtocol;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import dev.sampo.group.member.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of members when their group changes its type.
 *
 * @see "KIP-848, online migration"
 */
final class Migration {
    /** A group that may not become a consumer group, and why. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    private Migration() {}

    /**
     * The members of a classic group as a consumer group takes them over.
     *
     * @throws RefusedException the operator does not let it, or something would be lost
     */
    static List<Adopted> upgraded(ClassicGroup group, ConsumerGroupSettings settings, Topics topics) throws RefusedException {
        if (!settings.migrationPolicy().upgrades()) {
            throw new RefusedException("it is a classic group, and group.consumer.migration.policy does not let it be upgraded");
        } else if (!group.protocolType().equals(ConsumerProtocol.PROTOCOL_TYPE)) {
            throw new RefusedException("it is a classic group of type " + group.protocolType());
        } else if (group.members().size() > settings.maxSize()) {
            throw new RefusedException("it is a classic group of more members than a consumer group may have");
        }
        var adopted = new ArrayList<Adopted>();
        Map<Uuid, Set<Integer>> owned = new HashMap<>();
        for (Member member : group.members()) {
            EmbeddedProtocol.Said said = EmbeddedProtocol.subscription(metadata(member, group.protocolName()));
            Map<Uuid, Set<Integer>> partitions = EmbeddedProtocol.partitions(member.assignment(), topics);
            if (said == null) {
                throw new RefusedException("what member " + member.memberId() + " says is no subscription of a consumer");
            } else if (partitions == null) {
                throw new RefusedException(
                        "the assignment of member " + member.memberId() + " is none of a consumer, or has data of an assignor's own");
            }
            for (var topic : partitions.entrySet()) {
                Set<Integer> ids = owned.computeIfAbsent(topic.getKey(), id -> new HashSet<>());
                if (!topic.getValue().stream().allMatch(ids::add)) {
                    throw new RefusedException("its leader gave a partition to two members");
                }
            }
            adopted.add(new Adopted(member.memberId(), wants(member, said), partitions));
        }
        return adopted;
    }

    /** What it says for the protocol of this generation; for its own first one when it waits for its first generation. */
    private static byte[] metadata(Member member, @Nullable String protocolName) {
        byte[] metadata = member.metadata(protocolName);
        return metadata.length == 0 ? member.protocols().getFirst().metadata() : metadata;
    }

    private static Subscription wants(Member member, EmbeddedProtocol.Said said) {
        return new Subscription(
                member.groupInstanceId(), said.rackId(), member.clientId(),
                member.clientHost(), member.rebalanceTimeoutMs(), said.topicNames(), "", null,
                new ClassicMember(member.sessionTimeoutMs(), member.protocols().stream()
                        .map(protocol -> new ClassicProtocol(protocol.name(), protocol.metadata()))
                        .toList()));
    }

    /** A member as a classic group takes it over; it has no assignment yet. */
    static Member downgraded(Adopted adopted) {
        Subscription wants = adopted.wants();
        ClassicMember classic = Objects.requireNonNull(wants.classic(), "it speaks the classic protocol");
        return new Member(
                adopted.memberId(), wants.instanceId(), wants.clientId(), wants.clientHost(), wants.rebalanceTimeoutMs(),
                classic.sessionTimeoutMs(), protocols(classic));
    }

    private static List<Protocol> protocols(ClassicMember member) {
        return member.protocols().stream().map(protocol -> new Protocol(protocol.name(), protocol.metadata())).toList();
    }

    /** The assignment of a member that a classic group takes over. */
    static byte[] assignment(@Nullable Adopted adopted, byte[] metadata, Topics topics) {
        return EmbeddedProtocol.assignment(adopted == null ? Map.of() : adopted.partitions(), topics, metadata);
    }
}
