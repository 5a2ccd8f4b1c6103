package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupEffect;
import dev.sampo.group.coordinator.GroupState;
import dev.sampo.group.coordinator.LedPartitions.Led;
import dev.sampo.group.coordinator.PartitionGroups;
import dev.sampo.group.coordinator.PartitionGroups.Effect;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.OffsetsFold;
import dev.sampo.group.journal.OffsetsLoad;
import dev.sampo.group.journal.OffsetsPartitions.Loaded;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * As {@code OffsetsPartitionActor} and {@code CoordinatorLoader}: coordinates one partition of {@code __consumer_offsets} in one
 * leader epoch; the shell of {@link OffsetsLoad} and {@link PartitionGroups}.
 */
final class CoordinatorShell {
    private record Ask(Group.Request<?> request, Consumer<Group.Reply> answer) {
        void refuse(KafkaError error) {
            answer.accept(request.refused(error));
        }
    }

    private static final long RETRY = 200 * Timeline.MILLIS;

    private final BrokerProcess process;
    private final Cluster cluster;
    private final Coordinators owner;
    private final Led<LeaderShell> led;
    private final JournalShell journal;
    private final Mailbox mailbox;
    private final PartitionGroups<Ask> groups = new PartitionGroups<>();
    private final Map<String, GroupShell> running = new TreeMap<>();
    private @Nullable Loaded loaded;
    private boolean serving;
    private boolean stopped;

    CoordinatorShell(BrokerProcess process, Cluster cluster, Coordinators owner, Led<LeaderShell> led, JournalShell journal) {
        this.process = process;
        this.cluster = cluster;
        this.owner = owner;
        this.led = led;
        this.journal = journal;
        this.mailbox = new Mailbox(process);
    }

    Led<LeaderShell> led() {
        return led;
    }

    boolean isServing() {
        return serving || (cluster.planted(Mutant.SERVED_BEFORE_LOADED) && !stopped);
    }

    void start() {
        load();
    }

    void stop() {
        mailbox.tell(() -> {
            if (!stopped) {
                stopped = true;
                serving = false;
                running.values().forEach(GroupShell::stopped);
                if (loaded != null) {
                    journal.remove(loaded);
                }
                groups.onEnd().forEach(ask -> ask.refuse(KafkaError.NOT_COORDINATOR));
                owner.stopped(led.id().partition());
            }
        });
    }

    void ask(Group.Request<?> request, Consumer<Group.Reply> answer) {
        var ask = new Ask(request, answer);
        mailbox.tell(() -> {
            if (stopped) {
                ask.refuse(KafkaError.NOT_COORDINATOR); // by LateRequests
            } else {
                route(ask);
            }
        });
    }

    void topicGone(String topic, Uuid topicId) {
        mailbox.tell(() -> running.values().forEach(group -> group.topicDeleted(topic, topicId)));
    }

    // ---- loading ----

    private void load() {
        if (stopped || loaded != null) {
            return;
        }
        LeaderShell leader = owner.leader(led);
        LeaderShell.Fetched log =
                leader == null ? LeaderShell.Fetched.refused(KafkaError.NOT_LEADER_OR_FOLLOWER) : leader.describe();
        if (log.error() != KafkaError.NONE) {
            process.timer(RETRY, this::load);
            return;
        }
        var load = new OffsetsLoad();
        boolean tooShort = cluster.planted(Mutant.LOADED_UP_TO_HIGH_WATERMARK);
        load.onLog(log.logStartOffset(), tooShort ? log.highWatermark() : log.logEndOffset());
        var known = new HashSet<GroupEvent.Key>();
        process.timer(cluster.dice().heavyTail(500, 100 * Timeline.MILLIS), () -> read(load, known));
    }

    private void read(OffsetsLoad load, Set<GroupEvent.Key> known) {
        if (stopped || process.boundary(Boundary.LOADING)) {
            return;
        }
        if (load.isComplete()) {
            mailbox.tell(() -> onLoaded(load));
            return;
        }
        LeaderShell leader = owner.leader(led);
        LeaderShell.Consumed read = leader == null
                ? new LeaderShell.Consumed(KafkaError.NOT_LEADER_OR_FOLLOWER, List.of(), -1, -1)
                : leader.read(load.nextOffset(), -1);
        if (read.error() != KafkaError.NONE) {
            process.timer(RETRY, this::load);
            return;
        }
        if (read.batches().isEmpty()) {
            load.onNothing(read.highWatermark());
            if (!load.isComplete()) {
                cluster.reach().hit(Reach.Point.LOAD_WAITS_FOR_HIGH_WATERMARK);
            }
        } else {
            load.onBatches(cluster.groups().bytes(read.batches(), known));
        }
        process.timer(read.batches().isEmpty() ? 50 * Timeline.MILLIS : cluster.dice().heavyTail(300, 50 * Timeline.MILLIS),
                () -> read(load, known));
    }

    private void onLoaded(OffsetsLoad load) {
        if (stopped || loaded != null || process.boundary(Boundary.LOADED)) {
            return;
        }
        OffsetsFold fold = load.fold();
        cluster.groups().loaded(process.brokerId(), led, fold, load.endOffset());
        if (!fold.groupIds().isEmpty()) {
            cluster.reach().hit(Reach.Point.COORDINATOR_LOADED_GROUPS);
        }
        loaded = new Loaded(
                led.id().partition(), led.leaderEpoch(), () -> null, fold, cluster.plan().groups().maxBatchBytes());
        journal.enter(loaded, () -> owner.leader(led));
        perform(groups.onLoaded(fold.groupIds()));
    }

    // ---- groups ----

    private boolean stored(String groupId) {
        return loaded != null && loaded.fold().knows(groupId);
    }

    private void perform(List<Effect<Ask>> effects) {
        for (Effect<Ask> effect : effects) {
            switch (effect) {
                case Effect.Start<Ask>(String groupId) -> running.put(groupId, start(groupId));
                case Effect.Tell<Ask>(String groupId, Ask ask) -> running.get(groupId).ask(ask.request(), ask.answer());
                case Effect.AnswerForNobody<Ask>(Ask ask) -> answerForNobody(ask);
                case Effect.Stop<Ask>(String groupId) -> running.get(groupId).tellStop();
                case Effect.Again<Ask>(Ask ask) -> route(ask);
                case Effect.Serve<Ask>() -> {
                    serving = true;
                    cluster.trace(() -> "broker " + process.brokerId() + " coordinates " + this);
                }
            }
        }
    }

    private void route(Ask ask) {
        String groupId = ask.request().groupId();
        perform(groups.onRequest(groupId, ask, GroupState.mayCreate(ask.request()), stored(groupId)));
    }

    private void answerForNobody(Ask ask) {
        var nobody = new GroupState(ask.request().groupId(), cluster.groups().settings(), () -> "", process.nowMs());
        for (GroupEffect effect : nobody.onRequest(0, ask.request(), process.nowMs())) {
            switch (effect) {
                case GroupEffect.Reply(long requestId, Group.Reply reply) -> ask.answer().accept(reply);
                case GroupEffect.Persist(var events) ->
                    throw new IllegalStateException("a group that does not exist stores " + events);
                case GroupEffect.Call call -> throw new IllegalStateException("no member here lives in the cluster: " + call.nodes());
                case GroupEffect.Resolve resolve ->
                    throw new IllegalStateException("a group that does not exist resolves " + resolve.regexes());
            }
        }
    }

    private GroupShell start(String groupId) {
        return new GroupShell(process, cluster, led, groupId, journal, new GroupShell.Owner() {
            @Override
            public void recovered() {
                mailbox.tell(() -> perform(groups.onRecovered(groupId)));
            }

            @Override
            public void gone() {
                mailbox.tell(() -> perform(groups.onGone(groupId)));
            }

            @Override
            public void stays() {
                mailbox.tell(() -> perform(groups.onStays(groupId)));
            }

            @Override
            public void stopped(GroupShell group) {
                mailbox.tell(() -> {
                    if (!stopped && running.remove(groupId, group)) {
                        perform(groups.onStopped(groupId, stored(groupId)));
                    }
                });
            }
        });
    }

    @Override
    public String toString() {
        return "__consumer_offsets-" + led.id().partition() + "@" + led.leaderEpoch() + (serving ? " serving " : " loading ")
                + running.values();
    }
}
