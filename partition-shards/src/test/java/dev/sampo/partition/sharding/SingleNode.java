package dev.sampo.partition.sharding;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.ControllerActor;
import dev.sampo.partition.controller.ControllerSettings;
import dev.sampo.partition.controller.ControllerState;
import dev.sampo.partition.controller.FakeConfigRules;
import dev.sampo.partition.controller.FakeMetadataLog;
import dev.sampo.partition.controller.MetadataFollower;
import dev.sampo.partition.placement.GroupAllocation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/** One broker's control plane in this JVM, with partitions that only enter the registry and note what they are told. */
final class SingleNode implements AutoCloseable {
    static final TopicSettings SETTINGS = new TopicSettings(true, false, "producer", 0, 1, 1, 1, 1, 4096, 1, 1,
            1_000_000, 1, 1, false, 0.5, 0, 1, false, -1, -1, 1 << 20, 1 << 20, 0, 1, false);

    /** Those of every topic once something is configured. */
    static final TopicSettings CHANGED = new TopicSettings(true, false, "producer", 0, 1, 1, 1, 1, 4096, 1, 1,
            1_000, 1, 1, false, 0.5, 0, 1, false, -1, -1, 1 << 20, 1 << 20, 0, 1, false);

    /** What a partition was told. */
    record Told(String entityId, Partition.Command command) {}

    final ActorSystem<Void> system;
    final PartitionRegistry registry = new PartitionRegistry();
    final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
    final MetadataFollower images;
    final ActorRef<Controller.Command> controller;
    final long incarnation;
    final StringBuilder timings = new StringBuilder();
    private final long startNs = System.nanoTime();

    SingleNode(FakeMetadataLog log, Uuid directoryId, Config overrides) {
        Config config = overrides
                .withFallback(ConfigFactory.parseString("""
                        pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                        pekko.cluster.roles = ["broker", "%s"]
                        pekko.coordinated-shutdown.exit-jvm = off
                        pekko.cluster.run-coordinated-shutdown-when-down = off
                        sampo.controller { journal = test-journal, snapshot-store = test-snapshots }
                        test-journal.class = "dev.sampo.partition.controller.FakeMetadataJournal"
                        test-snapshots.class = "dev.sampo.partition.controller.FakeSnapshotStore"
                        """.formatted(GroupAllocation.role(1))))
                .withFallback(ConfigFactory.parseResources("sampo-sharding.conf"))
                .withFallback(ConfigFactory.load());
        system = ActorSystem.create(Behaviors.empty(), "sampo", config.resolve());
        mark("system");
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        images = MetadataFollower.start(log, log::decode, log::decodeSnapshot);
        PartitionShards shards = PartitionShards.start(system,
                new PartitionShards.Parts(1, images, registry, (image, topic) -> image.configs().isEmpty() ? SETTINGS : CHANGED, this::partition, 30_000));
        mark("shards");
        controller = system.systemActorOf(ControllerActor.create(new ControllerState(
                ControllerSettings.DEFAULTS, new FakeConfigRules(), Uuid::randomUuid)), "controller", Props.empty());
        RegisterBrokerReply registered = ask(replyTo ->
                new RegisterBroker(1, directoryId, Uuid.randomUuid(), List.of(), null, replyTo));
        incarnation = registered.incarnation();
        mark("registered");
        images.reached(registered.metadataOffset()).toCompletableFuture().join();
        shards.lead(incarnation, controller);
        mark("lead");
        this.shards = shards;
    }

    final PartitionShards shards;

    void mark(String phase) {
        timings.append(phase).append('=').append((System.nanoTime() - startNs) / 1_000_000).append("ms ");
    }

    <R> R ask(Function<ActorRef<R>, Controller.Command> command) {
        CompletionStage<R> reply = AskPattern.ask(
                controller, command::apply, Duration.ofSeconds(10), system.scheduler());
        return reply.toCompletableFuture().join();
    }

    static void await(String what, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError("not within 20 s: " + what);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    private Behavior<Partition.Command> partition(String entityId) {
        return Behaviors.setup(context -> Behaviors.receiveMessage(command -> {
            told.add(new Told(entityId, command));
            switch (command) {
                case Partition.Activate activate when !registry.serves(activate.id())
                        && registry.find(activate.id()) != null -> {
                    return Behaviors.same(); // somebody who went on after a hand-off has the log
                }
                case Partition.Activate activate -> {
                    registry.enter(new PartitionRegistry.Entry(
                            activate.id(), context.getSelf(), activate.leaderEpoch()));
                    return Behaviors.same();
                }
                case Partition.Stop ignored -> {
                    PartitionRegistry.Entry entry = registry.find(GroupEntityIds.partition(entityId));
                    if (entry != null) {
                        registry.remove(entry);
                    }
                    return Behaviors.stopped();
                }
                default -> {
                    return Behaviors.same();
                }
            }
        }));
    }

    @Override
    public void close() {
        system.terminate();
        // Less than the 30 s after which the shutdown of the region is given up.
        system.getWhenTerminated().toCompletableFuture().orTimeout(25, TimeUnit.SECONDS).join();
        images.close();
    }
}
