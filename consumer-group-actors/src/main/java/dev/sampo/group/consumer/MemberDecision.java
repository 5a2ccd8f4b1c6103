package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.ConsumerKey;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Kind;
import dev.sampo.group.journal.ConsumerGroupEvent.MemberStored;
import dev.sampo.group.journal.ConsumerGroupEvent.Removed;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import dev.sampo.group.journal.ConsumerGroupEvent.TargetStored;
import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One request of one member, decided over the state before it: what it wants, whether that makes a new epoch of the group, the
 * target of that epoch, what the member owns then. The steps are called once each, in this order; they change nothing but this
 * object.
 */
final class MemberDecision {
    /** The request is refused, and nothing has happened. */
    record Refusal(KafkaError error, String message) {}

    private final GroupFacts facts;
    private final ConsumerGroupSettings settings;
    private final Moment moment;
    private final ConsumerMember before;
    private final ConsumerMember member; // wants what it asks for now
    private final Subscriptions next; // of the group with it
    private final List<ConsumerGroupEvent> events;
    private final List<Cause> causes = new ArrayList<>();
    private final boolean takesOver;
    private final boolean namesChanged;
    private final boolean regexChanged;
    private boolean regexIsNew;
    private int epoch;
    private int targetEpoch;
    private Map<Uuid, Set<Integer>> target;
    private CurrentAssignment owns;

    /**
     * @param before the member as it is, or as it comes
     * @param wants what it wants from now on
     * @param events facts that go before, as of a static member that takes another one's place; the decision's are added
     */
    MemberDecision(
            GroupFacts facts, ConsumerGroupSettings settings, Moment moment, ConsumerMember before, Subscription wants,
            List<ConsumerGroupEvent> events) {
        this.facts = facts;
        this.settings = settings;
        this.moment = moment;
        this.before = before;
        this.member = before.with(wants);
        this.events = events;
        this.takesOver = !events.isEmpty();
        this.namesChanged = !wants.topicNames().equals(before.wants().topicNames());
        this.regexChanged = !Objects.equals(before.wants().topicRegex(), wants.topicRegex());
        this.epoch = facts.groupEpoch();
        this.targetEpoch = facts.assignmentEpoch();
        this.target = facts.targets().of(facts.targetHolder(member));
        this.owns = member.owns();
        if (wants.equals(before.wants())) {
            this.next = facts.subscriptions(); // a heartbeat costs what it must
        } else {
            this.next = facts.subscriptions().copy();
            this.next.replace(before.wants(), wants);
        }
    }

    /** A static member is back, perhaps under another id: it goes on with what it had. */
    static ConsumerMember takeOver(
            GroupFacts facts, ConsumerMember holder, String memberId, List<ConsumerGroupEvent> events) {
        GroupFacts.remove(holder.memberId(), events);
        CurrentAssignment owned = holder.owns();
        var member = new ConsumerMember(memberId, holder.wants(), new CurrentAssignment(
                0, 0, owned.state(), owned.assigned(), owned.pendingRevocation()));
        events.add(new MemberStored(memberId, member.wants()));
        events.add(new TargetStored(memberId, facts.targets().of(holder.memberId())));
        events.add(new CurrentStored(memberId, member.owns()));
        return member;
    }

    /** What it wants is stored; a regular expression that is new has to compile. */
    @Nullable Refusal subscribe() {
        Subscriptions now = facts.subscriptions();
        if (!member.wants().equals(before.wants())) {
            events.add(new MemberStored(member.memberId(), member.wants()));
        }
        String regex = Subscriptions.regexOf(member.wants());
        if (regexChanged && regex != null && now.members(regex) == 0) {
            regexIsNew = true;
            String problem = RegexMatcher.problem(regex);
            if (problem != null) {
                return new Refusal(KafkaError.INVALID_REGULAR_EXPRESSION, "`" + regex + "`: " + problem);
            }
        }
        String regexBefore = Subscriptions.regexOf(before.wants());
        if (regexChanged && regexBefore != null && now.members(regexBefore) == 1) {
            events.add(new Removed(new ConsumerKey(Kind.REGULAR_EXPRESSION, regexBefore)));
            next.forget(regexBefore);
        }
        return null;
    }

    /** True when topics come or go with the regular expression that it wants now. */
    private boolean topicsOfRegexChanged() {
        String regex = Subscriptions.regexOf(member.wants());
        return regexChanged && (regex == null
                ? Subscriptions.regexOf(before.wants()) != null
                : facts.subscriptions().resolved(regex) != null);
    }

    /** The group's epoch grows when its members, what they want, or its topics are others. */
    void beginEpoch() {
        // One of the classic protocol waits for no look-up, and asks for no assignor.
        boolean wantsOthers = namesChanged || (member.isClassic() ? regexChanged : topicsOfRegexChanged());
        boolean otherAssignor = !member.isClassic() && !assignor(next).equals(assignor(facts.subscriptions()));
        boolean begins = wantsOthers || otherAssignor;
        if (!begins && !moment.topicsChanged()) {
            return;
        }
        long hash = next.hash(moment.hashes());
        if (begins || hash != facts.metadataHash()) {
            epoch++;
            events.add(new EpochStored(epoch, hash));
            causes.add(cause(wantsOthers, otherAssignor));
        }
    }

    private Cause cause(boolean wantsOthers, boolean otherAssignor) {
        String instanceId = member.wants().instanceId();
        boolean isNew = facts.find(member.memberId()) == null && !takesOver;
        if (isNew) {
            return new Cause(Reason.MEMBER_JOINED, member.memberId(), instanceId);
        } else if (wantsOthers) {
            return new Cause(
                    takesOver ? Reason.STATIC_MEMBER_CAME_BACK : Reason.SUBSCRIPTION_CHANGED, member.memberId(), instanceId);
        } else if (otherAssignor) {
            return new Cause(Reason.ASSIGNOR_CHANGED, member.memberId(), instanceId);
        }
        return new Cause(Reason.TOPICS_CHANGED, "", null);
    }

    /** The assignor that most members ask for. */
    String assignor(Subscriptions of) {
        String preferred = of.preferredAssignor();
        return preferred != null ? preferred : settings.assignors().getFirst().name();
    }

    /** A target of the group's epoch, where there is none yet and it is time. */
    @Nullable Refusal assign() {
        var round = new AssignmentRound(facts, settings, moment.topics());
        if (facts.assignmentEpoch() >= epoch || !round.isDue(moment, epoch > facts.groupEpoch())) {
            return null;
        }
        String assignor = assignor(next);
        try {
            target = round.run(assignor, epoch, next.type(facts.sizeWith(member)), member, events, moment.nowMs());
            targetEpoch = epoch;
            return null;
        } catch (RuntimeException failed) { // an assignor may be a user's: its failure is not the group's end
            return new Refusal(
                    KafkaError.UNKNOWN_SERVER_ERROR, "assignor " + assignor + " failed in epoch " + epoch + ": " + failed);
        }
    }

    /**
     * One step of the member towards its target.
     *
     * @param owned what it says it owns, null when it says nothing
     */
    @Nullable Refusal reconcile(@Nullable Map<Uuid, Set<Integer>> owned) {
        boolean subscriptionChanged = namesChanged || regexChanged;
        if (!subscriptionChanged && member.isReconciledTo(targetEpoch)) {
            return null;
        }
        CurrentAssignment reconciled = new Reconciliation(
                        member, targetEpoch, target, facts.subscriptions().topicsOf(member.wants()), moment.topics(),
                        facts.partitions(), owned)
                .next(subscriptionChanged);
        if (reconciled == null) {
            return new Refusal(
                    KafkaError.FENCED_MEMBER_EPOCH, "what member " + member.memberId()
                            + " owns is not known here: it has to give up all partitions and join again");
        }
        owns = reconciled;
        if (!owns.equals(member.owns())) {
            events.add(new CurrentStored(member.memberId(), owns));
        }
        return null;
    }

    Change change() {
        return new Change(events, causes);
    }

    /** The regular expressions to look up now, perhaps none. */
    Set<String> due(RegexLookups lookups) {
        return lookups.due(next, regexIsNew, moment.topics(), settings.regexRefreshIntervalMs(), moment.nowMs());
    }

    /** False when the group's target is of an epoch before. */
    boolean hasTarget() {
        return targetEpoch == epoch;
    }

    /** What it owns from now on. */
    CurrentAssignment owns() {
        return owns;
    }
}
