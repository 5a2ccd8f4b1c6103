package dev.sampo.partition.sharding;

import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.leader.LateRequests;
import dev.sampo.partition.placement.GroupAllocation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.ShardingMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;

/**
 * Starts partition sharding on this broker: one shard per placement group, one entity per partition, one sentinel per
 * shard. The region carries control messages only; records never pass through it.
 *
 * <p>Needs the settings of {@code sampo-sharding.conf} and the cluster roles {@code broker} and
 * {@link GroupAllocation#role}.
 */
public final class PartitionShards {
    /** The role of nodes that host partitions. */
    public static final String ROLE = "broker";

    private static final EntityTypeKey<Partition.Command> TYPE =
            EntityTypeKey.create(Partition.Command.class, "partition");

    /**
     * What the shards of a broker are made of.
     *
     * @param partition the behavior of a partition's entity, by entity id ({@link GroupEntityIds#partition(String)});
     *     it does nothing before {@link Partition.Activate}, takes a repeated Activate of the same epoch as no news,
     *     deletes the log by id on {@code Stop(true)} even if it never was activated, and stops on {@code HandOff}
     * @param replicaLagMaxMs {@code replica.lag.time.max.ms}
     */
    public record Parts(
            int brokerId,
            MetadataImages images,
            PartitionRegistry registry,
            TopicSettingsSource topicSettings,
            Function<String, Behavior<Partition.Command>> partition,
            long replicaLagMaxMs) {}

    private final ActorSystem<?> system;
    private final Parts parts;
    private final ShardingSettings settings;
    private volatile SentinelActor.@Nullable Broker broker;
    private volatile @Nullable ActorRef<GroupWatcher.Command> watcher;
    private volatile boolean stopping;

    private PartitionShards(ActorSystem<?> system, Parts parts) {
        this.system = system;
        this.parts = parts;
        this.settings = ShardingSettings.from(system.settings().config().getConfig("sampo.partition"));
    }

    /**
     * Starts the region, so that the coordinator gets to know it while the broker still registers. Nothing leads until
     * {@link #lead}.
     */
    public static PartitionShards start(ActorSystem<?> system, Parts parts) {
        var shards = new PartitionShards(system, parts);
        LateRequests.start(system);
        ClusterSharding.get(system).init(Entity.of(TYPE, entity -> shards.entity(entity.getEntityId()))
                .withMessageExtractor(new Extractor())
                .withStopMessage(new Partition.HandOff())
                .withRole(ROLE)
                .withEntityProps(Props.empty().withDispatcherFromConfig("sampo.partition.dispatcher"))
                .withAllocationStrategy(new GroupAllocation(
                        Cluster.get(system.classicSystem()), parts.images(),
                        (image, topic) -> parts.topicSettings().settings(image, topic).uncleanLeaderElection(),
                        shards.settings.maxMovesPerTick(), shards.settings.autoLeaderRebalance(),
                        shards.settings.leaderReturnDelay().toMillis())));
        CoordinatedShutdown.get(system.classicSystem()).addTask(
                CoordinatedShutdown.PhaseBeforeClusterShutdown(), "stop-group-watcher", () -> {
                    shards.stopWaking();
                    return CompletableFuture.completedFuture(Done.getInstance());
                });
        return shards;
    }

    /**
     * The broker is registered: from here on its sentinels ask for leadership and its watcher wakes groups.
     *
     * @param incarnation as registered
     * @param controller the controller, or whatever forwards to it
     */
    public void lead(long incarnation, ActorRef<Controller.Command> controller) {
        if (broker != null) {
            throw new IllegalStateException("broker " + parts.brokerId() + " leads already");
        }
        broker = new SentinelActor.Broker(parts.brokerId(), incarnation, controller, parts.images(), parts.registry(),
                parts.topicSettings(), settings, Duration.ofMillis(Math.max(1, parts.replicaLagMaxMs() / 2)));
        ActorRef<GroupWatcher.Command> started = system.systemActorOf(GroupWatcher.create(
                parts.brokerId(), parts.images(), parts.registry(), this::wake,
                parts.topicSettings(), settings),
                "group-watcher", Props.empty());
        watcher = started;
        if (stopping) {
            started.tell(GroupWatcher.Command.STOP);
        }
    }

    /**
     * No group is woken by this broker any more. To be called before the region shuts down (Pekko's coordinated
     * shutdown does it by itself): a message for a group that was just handed off would keep the region waiting.
     */
    public void stopWaking() {
        stopping = true;
        ActorRef<GroupWatcher.Command> running = watcher;
        if (running != null) {
            running.tell(GroupWatcher.Command.STOP);
        }
    }

    private void wake(String entityId, Partition.Command command) {
        if (!stopping) {
            tell(entityId, command);
        }
    }

    /** Sends a control message to an entity through the region. At most once, and never for records. */
    public void tell(String entityId, Partition.Command command) {
        ClusterSharding.get(system).entityRefFor(TYPE, entityId).tell(command);
    }

    private Behavior<Partition.Command> entity(String entityId) {
        if (!GroupEntityIds.isSentinel(entityId)) {
            return parts.partition().apply(entityId);
        }
        SentinelActor.Broker registered = broker;
        return registered == null
                ? Behaviors.stopped() // woken too early; the watchers repeat themselves
                : SentinelActor.create(GroupEntityIds.groupId(entityId), registered, this::tell);
    }

    private static final class Extractor
            extends ShardingMessageExtractor<ShardingEnvelope<Partition.Command>, Partition.Command> {
        @Override
        public String entityId(ShardingEnvelope<Partition.Command> envelope) {
            return envelope.entityId();
        }

        @Override
        public String shardId(String entityId) {
            return GroupEntityIds.groupId(entityId);
        }

        @Override
        public Partition.Command unwrapMessage(ShardingEnvelope<Partition.Command> envelope) {
            return envelope.message();
        }
    }
}
