package dev.sampo.tests.oracle.group;

import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.group.member.Members;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.coordinator.group.classic.ClassicGroup;
import org.apache.kafka.coordinator.group.classic.ClassicGroupState;
import org.jspecify.annotations.Nullable;

/** What histories keep classic groups out of, since Sampo differs there on purpose. */
record ClassicGuards(Comparison both, int maxSize) {
    /** True when a static member's first join would be one of the listed differences. */
    boolean keepOutOfJoin(String instanceId, List<Protocol> protocols) {
        return full(instanceId) || otherTopics(instanceId, protocols) || syncAwaited(instanceId);
    }

    /** Listed: static-member-back-in-full-group. The group has all that it may have, this static member among them. */
    private boolean full(String instanceId) {
        ClassicGroup group = both.group();
        return group != null && group.hasStaticMember(instanceId) && group.numMembers() >= maxSize;
    }

    /** Listed: static-member-back-with-other-topics. This static member of a stable group had another subscription. */
    private boolean otherTopics(String instanceId, List<Protocol> protocols) {
        ClassicGroup group = both.group();
        if (group == null || !group.isInState(ClassicGroupState.STABLE) || !group.hasStaticMember(instanceId)) {
            return false;
        }
        String protocolName = group.protocolName().orElseThrow();
        byte[] before = group.member(group.staticMemberId(instanceId)).metadata(protocolName);
        return protocols.stream().anyMatch(each -> each.name().equals(protocolName)
                && !Objects.equals(Members.subscription(each.metadata()), Members.subscription(before)));
    }

    /** Listed: static-member-back-before-its-sync. This static member has not synced yet in a group that is stable. */
    private boolean syncAwaited(String instanceId) {
        ClassicGroup group = both.group();
        return group != null
                && group.isInState(ClassicGroupState.STABLE)
                && group.hasStaticMember(instanceId)
                && group.allPendingSyncMembers().contains(group.staticMemberId(instanceId));
    }

    /** Listed: leave-of-pending-id. Nobody of these is a member, one was told an id. */
    boolean onlyPending(List<LeavingMember> leaving) {
        ClassicGroup group = both.group();
        return group != null
                && leaving.stream().anyMatch(each -> group.isPendingMember(both.kafkaId(each.memberId())))
                && leaving.stream().noneMatch(each -> mayLeave(group, both.kafkaId(each.memberId()), each.groupInstanceId()))
                && (group.isInState(ClassicGroupState.STABLE) || group.isInState(ClassicGroupState.COMPLETING_REBALANCE));
    }

    private static boolean mayLeave(ClassicGroup group, String kafkaId, @Nullable String instanceId) {
        String holder = instanceId == null ? null : group.staticMemberId(instanceId);
        return kafkaId.isEmpty() ? holder != null : group.hasMember(kafkaId) && (instanceId == null || kafkaId.equals(holder));
    }
}
