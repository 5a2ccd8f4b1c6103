package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.Heartbeat;
import dev.sampo.actors.protocol.Group.Sync;
import dev.sampo.actors.protocol.Group.SyncReply;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicMember;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberState;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer group says to members that speak the classic protocol, joins left out. Their generation is their member
 * epoch. They learn by a refused heartbeat or sync that there is something to do, and do it by joining: a join says what they
 * own, its answer the epoch, and the sync after it what they may own now.
 *
 * @see "KIP-848, online migration"
 */
final class ClassicRequests {
    private final GroupFacts facts;
    private final MemberDeadlines deadlines;

    ClassicRequests(GroupFacts facts, MemberDeadlines deadlines) {
        this.facts = facts;
        this.deadlines = deadlines;
    }

    SyncReply sync(Sync request, Topics topics, long nowMs) {
        KafkaError error = checkGeneration(request.memberId(), request.groupInstanceId(), request.generationId());
        if (error != KafkaError.NONE) {
            return request.refused(error);
        }
        ConsumerMember member = facts.member(request.memberId());
        ClassicMember classic = Objects.requireNonNull(member.wants().classic(), "checked before");
        String type = request.protocolType();
        String name = request.protocolName();
        if ((type != null && !type.equals(ConsumerProtocol.PROTOCOL_TYPE))
                || (name != null && !name.equals(classic.protocol().name()))) {
            return request.refused(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
        }
        boolean behind = facts.assignmentEpoch() > member.memberEpoch();
        if (behind && member.owns().state() != MemberState.UNREVOKED_PARTITIONS) {
            deadlines.expectJoin(member, nowMs);
            return request.refused(KafkaError.REBALANCE_IN_PROGRESS);
        }
        deadlines.synced(member.memberId());
        deadlines.heardClassic(member.memberId(), classic.sessionTimeoutMs(), nowMs);
        byte[] assignment = EmbeddedProtocol.assignment(
                ConsumerMember.withoutEpochs(member.owns().assigned()), topics, classic.protocol().metadata());
        return new SyncReply(KafkaError.NONE, type, name, assignment);
    }

    /** NONE, REBALANCE_IN_PROGRESS when the member has to join, or why this is no member of this generation. */
    KafkaError heartbeat(Heartbeat request, long nowMs) {
        KafkaError error = checkGeneration(request.memberId(), request.groupInstanceId(), request.generationId());
        if (error != KafkaError.NONE) {
            return error;
        }
        ConsumerMember member = facts.member(request.memberId());
        ClassicMember classic = Objects.requireNonNull(member.wants().classic(), "checked before");
        deadlines.heardClassic(member.memberId(), classic.sessionTimeoutMs(), nowMs);
        if (!hasToJoin(member)) {
            return KafkaError.NONE;
        }
        deadlines.expectJoin(member, nowMs);
        return KafkaError.REBALANCE_IN_PROGRESS;
    }

    private boolean hasToJoin(ConsumerMember member) {
        return member.memberEpoch() < facts.assignmentEpoch() || switch (member.owns().state()) {
            case UNREVOKED_PARTITIONS -> true;
            case UNRELEASED_PARTITIONS -> !waitsForOthers(member);
            case STABLE, UNKNOWN -> false;
        };
    }

    /** True as long as something that it should own is still another member's. */
    private boolean waitsForOthers(ConsumerMember member) {
        return facts.targets().of(member.memberId()).entrySet().stream().anyMatch(topic -> {
            Map<Integer, Integer> owned = member.owns().assigned().getOrDefault(topic.getKey(), Map.of());
            return topic.getValue().stream()
                    .anyMatch(partition -> !owned.containsKey(partition) && !facts.partitions().isFree(topic.getKey(), partition));
        });
    }

    private KafkaError checkGeneration(String memberId, @Nullable String instanceId, int generationId) {
        KafkaError error = facts.checkId(memberId, instanceId);
        if (error != KafkaError.NONE) {
            return error;
        }
        ConsumerMember member = facts.member(memberId);
        if (!member.isClassic()) {
            return KafkaError.UNKNOWN_MEMBER_ID;
        }
        return member.memberEpoch() == generationId ? KafkaError.NONE : KafkaError.ILLEGAL_GENERATION;
    }
}
