package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupEffect;
import dev.sampo.group.coordinator.GroupState;
import dev.sampo.group.coordinator.LedPartitions.Led;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentStored;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.member.SessionDeadlines;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * As {@code GroupCoordinatorActor} on Pekko Persistence, with its {@code WaitingRequests}: the shell of the production {@link
 * GroupState}. Messages wait while a write is under way, requests share the next one; a write that fails makes the group begin anew
 * from what is stored.
 */
final class GroupShell {
    /** What the coordinator of the partition hears. */
    interface Owner {
        void recovered();

        void gone();

        void stays();

        void stopped(GroupShell group);
    }

    private enum Phase { RECOVERING, READY, WRITING, STOPPED }

    private static final int MOST_AT_ONCE = 3;

    private record Waiting(Group.Request<?> request, Consumer<Group.Reply> answer) {}

    private final BrokerProcess process;
    private final Cluster cluster;
    private final Led<LeaderShell> led;
    private final String groupId;
    private final JournalShell journal;
    private final Owner owner;
    private final Mailbox mailbox;
    private final Map<Long, Waiting> waiting = new TreeMap<>();
    private final Deque<Long> arrived = new ArrayDeque<>();
    private final Deque<Runnable> stash = new ArrayDeque<>();
    private final long bornMicros;
    private GroupState state;
    private Phase phase = Phase.RECOVERING;
    private boolean told; // of those that arrived
    private long nextRequestId = 1;
    private long wakeMs = SessionDeadlines.NEVER;
    private int wakes; // the newest timer counts
    private int life; // grows with each restart
    private int restarts; // in a row
    private int generationId; // as members were told last; for planted bugs only
    private final Map<String, String> idByInstance = new TreeMap<>(); // for planted bugs only
    private final Map<String, Integer> epochByMember = new TreeMap<>(); // for planted bugs only

    GroupShell(
            BrokerProcess process, Cluster cluster, Led<LeaderShell> led, String groupId, JournalShell journal, Owner owner) {
        this.process = process;
        this.cluster = cluster;
        this.led = led;
        this.groupId = groupId;
        this.journal = journal;
        this.owner = owner;
        this.mailbox = new Mailbox(process);
        this.bornMicros = process.time().nowMicros();
        this.state = newState();
        mailbox.tell(this::recover);
    }

    private GroupState newState() {
        var made = new GroupState(groupId, cluster.groups().settings(), cluster.groups()::uniqueId, process.groupMs());
        made.onTopics(cluster.groups().topics());
        return made;
    }

    // ---- messages ----

    void ask(Group.Request<?> request, Consumer<Group.Reply> answer) {
        mailbox.tell(() -> {
            if (phase == Phase.STOPPED) {
                answer.accept(request.refused(KafkaError.NOT_COORDINATOR)); // by LateRequests
                return;
            }
            long requestId = nextRequestId++;
            waiting.put(requestId, new Waiting(request, answer));
            arrived.add(requestId);
            if (!told) {
                told = true;
                receive(this::requests);
            }
        });
    }

    private void requests() {
        var effects = new ArrayList<GroupEffect>();
        int taken = 0;
        while (taken < MOST_AT_ONCE && !arrived.isEmpty()) {
            long requestId = arrived.remove();
            effects.addAll(state.onRequest(requestId, planted(waiting.get(requestId).request()), process.groupMs()));
            taken++;
        }
        told = !arrived.isEmpty();
        if (told) {
            mailbox.tell(() -> receive(this::requests));
        }
        if (taken > 1 && effects.stream().anyMatch(GroupEffect.Persist.class::isInstance)) {
            cluster.reach().hit(Reach.Point.GROUP_REQUESTS_SHARED_A_WRITE);
        }
        perform(effects);
    }

    void topicDeleted(String topic, Uuid topicId) {
        mailbox.tell(() -> receive(() -> perform(state.onTopicDeleted(topic, topicId))));
    }

    void tellStop() {
        mailbox.tell(() -> receive(() -> {
            if (state.isGone()) {
                stopped();
                owner.stopped(this);
            } else {
                owner.stays();
            }
        }));
    }

    /** Its actor ends. */
    void stopped() {
        phase = Phase.STOPPED;
        refuseAll();
        stash.clear();
        wakes++;
    }

    private void receive(Runnable message) {
        switch (phase) {
            case READY -> message.run();
            case RECOVERING, WRITING -> stash.add(message);
            case STOPPED -> { }
        }
    }

    private void unstash() {
        while (phase == Phase.READY && !stash.isEmpty()) {
            stash.remove().run();
        }
    }

    private void refuseAll() {
        List<Waiting> all = List.copyOf(waiting.values());
        waiting.clear();
        arrived.clear();
        told = false;
        all.forEach(one -> one.answer().accept(one.request().refused(KafkaError.NOT_COORDINATOR)));
    }

    // ---- recovery ----

    private void recover() {
        int mine = life;
        journal.read(groupId, facts -> mailbox.tell(() -> {
            if (mine == life && phase == Phase.RECOVERING) {
                if (facts == null) {
                    restart();
                } else {
                    recovered(facts);
                }
            }
        }));
    }

    private void recovered(List<GroupEvent> facts) {
        facts.forEach(state::restore);
        facts.forEach(this::note);
        long nowMs = process.groupMs();
        for (GroupEffect effect : state.restored(
                cluster.planted(Mutant.SESSIONS_GO_ON_WHILE_LOADING) ? nowMs - 60_000 : nowMs)) {
            if (effect instanceof GroupEffect.Persist) {
                throw new IllegalStateException("group " + groupId + " wants to write in its recovery");
            }
        }
        cluster.groups().recovered(process.brokerId(), led, groupId, facts, state);
        if (restarts > 0) {
            cluster.reach().hit(Reach.Point.GROUP_RESTARTED);
        }
        phase = Phase.READY;
        wakeAt(state.nextMs());
        owner.recovered();
        unstash();
    }

    /** After a failed write: who waits looks for the coordinator again. */
    private void restart() {
        life++;
        refuseAll();
        state = newState();
        phase = Phase.RECOVERING;
        wakeMs = SessionDeadlines.NEVER;
        wakes++;
        process.timer(Math.min(20L << Math.min(restarts, 6), 1_000) * Timeline.MILLIS, () -> mailbox.tell(() -> {
            if (phase == Phase.RECOVERING) {
                recover();
            }
        }));
        restarts++;
    }

    // ---- effects ----

    private void perform(List<GroupEffect> effects) {
        var events = new ArrayList<GroupEvent>();
        for (GroupEffect effect : effects) {
            if (effect instanceof GroupEffect.Persist(var facts)) {
                events.addAll(facts);
            }
        }
        if (events.isEmpty()) {
            answer(effects);
            return;
        }
        if (cluster.planted(Mutant.ANSWERED_BEFORE_STORED)) {
            answer(effects);
        }
        phase = Phase.WRITING;
        int mine = life;
        journal.write(groupId, events, error -> mailbox.tell(() -> {
            if (mine != life || phase != Phase.WRITING) {
                return;
            }
            if (error == KafkaError.NONE || cluster.planted(Mutant.FAILED_WRITE_KEPT)) {
                phase = Phase.READY;
                restarts = 0;
                events.forEach(this::note);
                if (!cluster.planted(Mutant.ANSWERED_BEFORE_STORED)) {
                    answer(effects);
                }
                process.boundary(Boundary.ANSWERED);
                unstash();
            } else if (cluster.planted(Mutant.FAILED_WRITE_NOT_UNDONE)) {
                refuseAll();
                phase = Phase.READY;
                wakeAt(state.nextMs());
                unstash();
            } else {
                restart();
            }
        }));
    }

    private void answer(List<GroupEffect> effects) {
        for (GroupEffect effect : effects) {
            switch (effect) {
                case GroupEffect.Persist persisted -> { }
                case GroupEffect.Call call -> throw new IllegalStateException("no member here lives in the cluster: " + call.nodes());
                case GroupEffect.Resolve resolve ->
                    throw new IllegalStateException("no member here has a regular expression: " + resolve.regexes());
                case GroupEffect.Reply(long requestId, Group.Reply reply) -> {
                    Waiting one = waiting.remove(requestId);
                    if (one == null) {
                        throw new IllegalStateException("request " + requestId + " answered twice: " + reply);
                    }
                    note(one.request(), reply);
                    one.answer().accept(reply);
                }
            }
        }
        wakeAt(state.nextMs());
        if (state.isGone()) {
            owner.gone();
        }
    }

    private void wakeAt(long nextMs) {
        if (nextMs < wakeMs) {
            wakeMs = nextMs;
            int mine = ++wakes;
            process.timer(Math.max(0, nextMs - process.groupMs()) * Timeline.MILLIS, () -> mailbox.tell(() -> {
                if (mine == wakes) {
                    receive(() -> {
                        wakeMs = SessionDeadlines.NEVER;
                        perform(state.onTime(process.groupMs(), process.groupMs()));
                    });
                }
            }));
        }
    }

    // ---- planted bugs ----

    private void note(GroupEvent event) {
        if (event instanceof GroupStored stored) {
            generationId = stored.generationId();
            stored.members().forEach(member -> {
                if (member.groupInstanceId() != null) {
                    idByInstance.put(member.groupInstanceId(), member.memberId());
                }
            });
        }
        if (event instanceof CurrentStored(String memberId, var assignment)) {
            epochByMember.put(memberId, assignment.memberEpoch());
        }
    }

    private void note(Group.Request<?> request, Group.Reply reply) {
        cluster.groups().noted(bornMicros, request, reply);
        if (reply instanceof Group.JoinReply joined && joined.error() == KafkaError.NONE) {
            generationId = joined.generationId();
        }
    }

    private Group.Request<?> planted(Group.Request<?> request) {
        if (request instanceof Group.CommitOffsets commit && commit.generationId() >= 0
                && (cluster.planted(Mutant.ANY_GENERATION_COMMITS) || cluster.planted(Mutant.ANY_EPOCH_COMMITS))) {
            int taken = cluster.planted(Mutant.ANY_GENERATION_COMMITS)
                    ? generationId
                    : epochByMember.getOrDefault(commit.memberId(), commit.generationId());
            return new Group.CommitOffsets(
                    commit.groupId(), taken, commit.memberId(), commit.groupInstanceId(), commit.groupIdNotFoundSupported(),
                    commit.retentionTimeMs(), commit.offsets());
        }
        if (request instanceof Group.Join join && join.memberId().isEmpty() && join.groupInstanceId() != null
                && idByInstance.get(join.groupInstanceId()) instanceof String held
                && cluster.planted(Mutant.STATIC_MEMBER_KEEPS_ITS_ID)) {
            return new Group.Join(
                    join.groupId(), held, join.groupInstanceId(), join.clientId(), join.clientHost(), join.sessionTimeoutMs(),
                    join.rebalanceTimeoutMs(), join.protocolType(), join.protocols(), join.requireKnownMemberId(),
                    join.skipAssignmentSupported());
        }
        if (request instanceof Group.ConsumerGroupHeartbeat beat && beat.memberEpoch() > 0
                && cluster.planted(Mutant.REVOCATION_NOT_AWAITED)) {
            return new Group.ConsumerGroupHeartbeat(
                    beat.groupId(), beat.memberId(), beat.memberEpoch(), beat.instanceId(), beat.rackId(), beat.rebalanceTimeoutMs(),
                    beat.subscribedTopicNames(), beat.subscribedTopicRegex(), beat.serverAssignor(), Map.of(), beat.clientId(),
                    beat.clientHost(), beat.memberIdRequired());
        }
        return request;
    }

    @Override
    public String toString() {
        return groupId + " " + phase + " " + state.summary().state() + (waiting.isEmpty() ? "" : ", " + waiting.size() + " wait");
    }
}
