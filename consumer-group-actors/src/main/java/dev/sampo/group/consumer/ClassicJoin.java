package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicMember;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicProtocol;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.jspecify.annotations.Nullable;

/**
 * The join of one member of the classic protocol: what a heartbeat is to others. Decided over the facts before it.
 *
 * @param newMemberId for one that joins without an id
 * @param classicMaxSize most members of a classic group
 */
record ClassicJoin(
        Join request, String newMemberId, int classicMaxSize, GroupFacts facts, ConsumerGroupSettings settings,
        RegexLookups lookups, Moment moment) {
    JoinDecision decide() {
        String instanceId = request.groupInstanceId();
        boolean first = request.memberId().isEmpty();
        ConsumerMember holder = facts.holder(instanceId);
        KafkaError refusal = check(holder);
        if (refusal != KafkaError.NONE) {
            return JoinDecision.answer(request.refused(refusal));
        }
        if (first && instanceId == null && request.requireKnownMemberId()) {
            return JoinDecision.answer(JoinReply.failed(KafkaError.MEMBER_ID_REQUIRED, newMemberId));
        }
        EmbeddedProtocol.Said said = EmbeddedProtocol.subscription(request.protocols().getFirst().metadata());
        if (said == null) {
            return JoinDecision.answer(request.refused(KafkaError.INCONSISTENT_GROUP_PROTOCOL));
        }
        var events = new ArrayList<ConsumerGroupEvent>();
        ConsumerMember before = holder == null
                ? facts.memberOrNew(first ? newMemberId : request.memberId())
                : first ? MemberDecision.takeOver(facts, holder, newMemberId, events) : holder;
        boolean downgrades = holder != null && !holder.isClassic() && facts.classic().members() == facts.size() - 1
                && settings.migrationPolicy().downgrades() && facts.size() <= classicMaxSize;

        var decision = new MemberDecision(
                facts, settings, moment, before, joining(before.wants(), said), events);
        MemberDecision.Refusal problem = decision.subscribe();
        decision.beginEpoch();
        if (problem == null && !downgrades) {
            problem = decision.assign();
        }
        boolean rebalances = downgrades && !decision.hasTarget();
        if (problem == null && !rebalances) {
            problem = decision.reconcile(EmbeddedProtocol.byId(said.owned(), moment.topics()));
        }
        if (problem != null) {
            return JoinDecision.answer(request.refused(problem.error()));
        }
        var reply = new JoinReply(
                KafkaError.NONE, before.memberId(), decision.owns().memberEpoch(), ConsumerProtocol.PROTOCOL_TYPE,
                request.protocols().getFirst().name(), "", false, List.of());
        return new JoinDecision(decision.change(), reply, decision.due(lookups), downgrades, rebalances);
    }

    private KafkaError check(@Nullable ConsumerMember holder) {
        String instanceId = request.groupInstanceId();
        boolean fits = request.protocolType().equals(ConsumerProtocol.PROTOCOL_TYPE)
                && facts.classic().offerOneOf(request.protocols().stream().map(Protocol::name).toList());
        if (settings.migrationPolicy() == MigrationPolicy.DISABLED) {
            return KafkaError.INCONSISTENT_GROUP_PROTOCOL;
        } else if (holder == null && facts.size() >= settings.maxSize() && facts.find(request.memberId()) == null) {
            return KafkaError.GROUP_MAX_SIZE_REACHED;
        } else if (!fits) {
            return KafkaError.INCONSISTENT_GROUP_PROTOCOL;
        }
        return request.memberId().isEmpty() || instanceId == null
                ? KafkaError.NONE
                : facts.checkId(request.memberId(), instanceId);
    }

    private Subscription joining(Subscription before, EmbeddedProtocol.Said said) {
        return new Subscription(
                request.groupInstanceId() != null ? request.groupInstanceId() : before.instanceId(),
                said.rackId() != null ? said.rackId() : before.rackId(), request.clientId(), request.clientHost(),
                request.rebalanceTimeoutMs() != -1 ? request.rebalanceTimeoutMs() : before.rebalanceTimeoutMs(),
                said.topicNames(), "", before.assignor(),
                new ClassicMember(request.sessionTimeoutMs(), request.protocols().stream()
                        .map(protocol -> new ClassicProtocol(protocol.name(), protocol.metadata()))
                        .toList()));
    }
}
