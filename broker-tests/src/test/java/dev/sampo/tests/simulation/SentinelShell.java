package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.partition.sharding.SentinelEffect;
import dev.sampo.partition.sharding.SentinelEffect.ChangeInSync;
import dev.sampo.partition.sharding.SentinelState;
import java.util.List;
import java.util.TreeMap;

/** As {@code SentinelActor}: the shell of the production {@link SentinelState}, with the partitions of its shard. */
final class SentinelShell {
    private static final long ASK_TIMEOUT = 3 * Timeline.SECONDS;

    private final BrokerProcess process;
    private final Cluster cluster;
    private final String groupId;
    private final SentinelState state;
    private final Mailbox mailbox;
    private final TreeMap<TopicIdPartition, LeaderShell> partitions = new TreeMap<>(Machine.BY_ID);
    private int retries; // timers of one name: the newest counts
    private int inSyncRetries;
    private boolean stopped;

    SentinelShell(BrokerProcess process, Cluster cluster, String groupId) {
        this.process = process;
        this.cluster = cluster;
        this.groupId = groupId;
        this.mailbox = new Mailbox(process);
        this.state = new SentinelState(groupId, process.brokerId(), process.incarnation(), 200, 2_000,
                (image, topic) -> cluster.topicSettings());
        check();
    }

    private void check() {
        process.timer(cluster.plan().replicaLagMs() * Timeline.MILLIS / 2, () -> {
            if (!stopped) {
                mailbox.tell(() -> perform(state.onCheck(process.image())));
                check();
            }
        });
    }

    boolean serves(TopicIdPartition id) {
        LeaderShell partition = partitions.get(id);
        return partition != null && partition.serving();
    }

    void ensureLeader() {
        mailbox.tell(() -> perform(state.onEnsureLeader(process.image(), this::serves)));
    }

    void imageChanged() {
        mailbox.tell(() -> perform(state.onImage(process.image())));
    }

    void report(Partition.Report report) {
        mailbox.tell(() -> perform(state.onReport(process.image(), report)));
    }

    /** The broker stops: its partitions stop with it. */
    void stop() {
        stopped = true;
        partitions.values().forEach(partition -> partition.stop(false));
        partitions.clear();
    }

    /** The group goes elsewhere: its partitions serve until another broker leads them. */
    void handOff() {
        for (SentinelEffect effect : state.onHandOff(process.image())) {
            if (effect instanceof SentinelEffect.Tell(var id, var command) && partitions.containsKey(id)) {
                cluster.reach().hit(Reach.Point.PROPOSAL_CANCELLED_AT_HAND_OFF);
                partitions.get(id).tell(command);
            }
        }
        stopped = true;
        partitions.values().forEach(LeaderShell::handOff);
        partitions.clear();
    }

    private void perform(List<SentinelEffect> effects) {
        if (stopped) {
            return;
        }
        for (SentinelEffect effect : effects) {
            switch (effect) {
                case SentinelEffect.AskController(long imageOffset, int knownEpoch) -> process.ask(
                        new BecomeLeader(groupId, process.brokerId(), process.incarnation(), imageOffset, null, knownEpoch),
                        ASK_TIMEOUT,
                        reply -> mailbox.tell(() -> perform(state.onReply(process.image(), (BecomeLeaderReply) reply))),
                        () -> mailbox.tell(() -> perform(state.onNoReply())));
                case SentinelEffect.RetryAfter(long delayMs) -> {
                    int mine = ++retries;
                    process.timer(delayMs * Timeline.MILLIS, () -> {
                        if (mine == retries) {
                            mailbox.tell(() -> perform(state.onRetry(process.image())));
                        }
                    });
                }
                case ChangeInSync change -> change(change);
                case SentinelEffect.RetryInSyncAfter(long delayMs) -> {
                    int mine = ++inSyncRetries;
                    process.timer(delayMs * Timeline.MILLIS, () -> {
                        if (mine == inSyncRetries) {
                            mailbox.tell(() -> perform(state.onInSyncRetry(process.image())));
                        }
                    });
                }
                case SentinelEffect.FinishMove move -> throw new IllegalStateException("moves are not simulated: " + move);
                case SentinelEffect.Activate now -> tell(now.id(), new Partition.Activate(
                        now.id(), now.topic(), now.leaderEpoch(), now.replicas(), now.proposal(), now.settings(), null));
                case SentinelEffect.Tell(var id, var command) -> tell(id, command);
            }
        }
    }

    private void change(ChangeInSync change) {
        var command = new ChangeInSyncReplicas(groupId, process.brokerId(), process.incarnation(), change.leaderEpoch(),
                change.partitionEpoch(), change.members().stream().map(Partition.Member::brokerId).toList(), null,
                change.members().stream().map(Partition.Member::incarnation).toList());
        process.ask(command, ASK_TIMEOUT, reply -> {
            KafkaError error = ((ItemsReply) reply).results().getFirst().error();
            if (error != KafkaError.NONE) {
                cluster.reach().hit(Reach.Point.ISR_CHANGE_REFUSED);
            }
            mailbox.tell(() -> perform(state.onInSyncReply(process.image(), change, error)));
        }, () -> mailbox.tell(() -> perform(state.onInSyncReply(process.image(), change, null))));
    }

    private void tell(TopicIdPartition id, Partition.Command command) {
        LeaderShell partition = partitions.computeIfAbsent(id,
                key -> new LeaderShell(process, cluster, this, groupId, key));
        if (command instanceof Partition.Stop(boolean deleteLog)) {
            partitions.remove(id);
            process.unregister(id, partition);
            partition.stop(deleteLog);
        } else {
            process.register(id, partition);
            partition.tell(command);
        }
    }
}
