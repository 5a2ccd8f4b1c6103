package dev.sampo.cluster;

import com.typesafe.config.Config;
import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.metrics.JmxBeans;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.http.HttpApi;
import dev.sampo.http.HttpSettings;
import dev.sampo.http.metrics.MetricsRoutes;
import dev.sampo.kafka.connection.KafkaListener;
import dev.sampo.kafka.local.LocalRequests;
import dev.sampo.kafka.local.PeerRequests;
import dev.sampo.kafka.metrics.NodeMetrics;
import dev.sampo.kafka.replica.ReplicaLinks;
import dev.sampo.partition.controller.ConfigsInForce;
import dev.sampo.partition.controller.ControllerActor;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.ControllerHost;
import dev.sampo.partition.controller.ControllerRoute;
import dev.sampo.partition.controller.ControllerRouter;
import dev.sampo.partition.controller.ControllerState;
import dev.sampo.partition.controller.KafkaConfigRules;
import dev.sampo.partition.controller.MetadataFollower;
import dev.sampo.partition.controller.MetadataQuorum;
import dev.sampo.partition.controller.MetadataSnapshot;
import dev.sampo.partition.follower.FollowerPlan;
import dev.sampo.partition.follower.Followers;
import dev.sampo.partition.leader.LogMaintenance;
import dev.sampo.partition.leader.PartitionLeaderActor;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.lease.Leading;
import dev.sampo.partition.replica.LogFolders;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.replica.ReplicaLogs;
import dev.sampo.partition.session.Session;
import dev.sampo.partition.session.SessionActor;
import dev.sampo.partition.session.SessionSettings;
import dev.sampo.partition.sharding.GossipPace;
import dev.sampo.partition.sharding.GroupEntityIds;
import dev.sampo.partition.sharding.PartitionShards;
import dev.sampo.partition.sharding.TopicSettingsSource;
import dev.sampo.persistence.journal.EventCodec;
import dev.sampo.persistence.journal.MetadataLogExtension;
import dev.sampo.persistence.journal.MetadataSnapshotStore;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.metadata.MetadataLog;
import dev.sampo.persistence.metadata.RaftMetadataLog;
import dev.sampo.persistence.metadata.RaftSettings;
import dev.sampo.persistence.reserve.DiskReserve;
import dev.sampo.persistence.reserve.ReservedLogFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.stream.BindFailedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a broker's parts in their order, and knows what has been started so far: a start that fails leaves nothing behind. */
final class BrokerStart {
    private static final Logger log = LoggerFactory.getLogger(BrokerStart.class);
    /** {@code replica.high.watermark.checkpoint.interval.ms}. */
    private static final Duration HIGH_WATERMARK_CHECKPOINT = Duration.ofSeconds(5);

    /**
     * What a start does beside the rest. Not the pool that the JVM shares: it may have a single thread, and an embedding
     * application may hold it.
     */
    private static final Executor BESIDE = task -> Thread.ofPlatform().daemon().name("sampo-start").start(task);

    private final BrokerSettings settings;
    private final Config config;
    private final ClusterSettings clusterSettings;
    private final DataFolder folder;
    private final LogFiles files;
    private final List<AutoCloseable> started = new ArrayList<>(); // the last first
    private final AtomicReference<@Nullable String> refusal = new AtomicReference<>(); // by the cluster
    private final CompletableFuture<String> lost = new CompletableFuture<>();
    private @Nullable PartitionHome home;

    BrokerStart(BrokerSettings settings, Config config, DataFolder folder, LogFiles files) {
        this.settings = settings;
        this.config = config;
        this.clusterSettings = ClusterSettings.of(config);
        this.folder = folder;
        this.files = files;
        started.add(this::keepMark);
        started.add(folder);
    }

    /** A start that failed has opened no log, or closed it again: what was clean still is. */
    private void keepMark() throws IOException {
        if (home != null) {
            home.logs().close();
        }
        if (folder.closedCleanly() && (home == null || home.mayMarkClean())) {
            folder.markClean();
        }
    }

    SampoBroker run() {
        boolean alone = clusterSettings.alone(settings.nodeId());
        HttpSettings httpSettings = BrokerConfig.http(config);
        ListenAddress.check(
                "broker traffic", config.getString("sampo.remoting.host"), config.getInt("sampo.remoting.port"),
                "sampo.remoting.port");
        ListenAddress.check(
                "metadata log", config.getString("sampo.raft.host"), config.getInt("sampo.raft.port"),
                "sampo.raft.port");
        ListenAddress.check(
                "replication", config.getString("sampo.replication.host"),
                config.getInt("sampo.replication.port"), "sampo.replication.port");
        settings.listeners().forEach(endpoint -> ListenAddress.check(
                "listener " + endpoint.listener(), ListenAddress.host(endpoint), endpoint.port(), "listeners"));
        if (httpSettings.enabled()) {
            ListenAddress.check("HTTP", httpSettings.host(), httpSettings.port(), "sampo.http.port");
        }
        DiskReserve reserve = openReserve(config);
        var raft = CompletableFuture.supplyAsync(() -> openMetadataLog(reserve), BESIDE);
        started.addFirst(() -> close(raft));
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "sampo", config);
        started.addFirst(() -> {
            system.terminate();
            system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
        });
        DiskReserveTimer.start(system, reserve);
        Cluster cluster = Cluster.get(system);
        GossipPace.start(system);
        var role = new AtomicReference<>(new MetadataLog.Role(false, 0));
        var accepted = new AtomicBoolean(); // this process's registration
        if (alone) {
            ClusterFormation.alone(system);
        }

        RaftMetadataLog metadataLog = join(raft);
        MetadataLogExtension.get(system).set(metadataLog);
        EventCodec codec = EventCodec.of(system);
        MetadataFollower images = MetadataFollower.start(
                metadataLog,
                bytes -> (ControllerEvent) codec.decode(bytes),
                bytes -> (MetadataSnapshot) codec.decode(MetadataSnapshotStore.payload(bytes)));
        started.addFirst(images);

        var route = new ControllerRoute(system, role::get);
        ActorRef<Controller.Command> controllerHost = system.systemActorOf(
                ControllerHost.create(() -> ControllerActor.create(new ControllerState(
                        BrokerConfig.controller(settings), new KafkaConfigRules(
                                settings.defaults(), ConsumerGroupSettings.from(system.settings().config()).limits()),
                        Uuid::randomUuid)), route, new MetadataQuorum(metadataLog, images)),
                ControllerRoute.HOST_NAME, Props.empty());
        ActorRef<Controller.Command> controller = system.systemActorOf(
                ControllerRouter.create(route, controllerHost), "controller-router", Props.empty());
        var _ = metadataLog.onRole(next -> {
            role.set(next);
            controllerHost.tell(new ControllerHost.RoleChanged(next.leader()));
        });
        var serving = new AtomicBoolean();
        var _ = lost.thenRun(() -> {
            if (!serving.get()) {
                system.terminate(); // ends what the start waits for
            }
        });
        // For whoever leads partitions: what is acknowledged is acknowledged while it holds.
        var lease = new LeaderLease(System::nanoTime);
        ActorRef<Session.Command> session = system.systemActorOf(
                SessionActor.create(new SessionActor.Parts(
                        settings.nodeId(), SessionSettings.from(config.getConfig("sampo.session")), metadataLog,
                        images, lease, role::get,
                        alone
                                ? Set.of(settings.nodeId())
                                : clusterSettings.voters().stream()
                                        .map(MetadataLog.Member::nodeId)
                                        .collect(Collectors.toSet()),
                        controller, lost::complete)),
                SessionActor.NAME, Props.empty());
        var _ = metadataLog.onRole(next -> session.tell(new SessionActor.RoleChanged()));
        var _ = system.getWhenTerminated().whenComplete((done, failure) ->
                lost.complete("this node was shut out of the cluster"));
        if (!alone) {
            system.systemActorOf(
                    ClusterFormation.create(new ClusterFormation.Parts(
                            settings.nodeId(), clusterSettings.seeds(), role::get, images,
                            () -> voters(metadataLog), accepted::get,
                            address -> refusal.compareAndSet(null, "broker id " + settings.nodeId()
                                    + " is taken by the live broker at " + address
                                    + ": give this broker another node.id"),
                            BESIDE)),
                    "formation", Props.empty());
        }
        system.systemActorOf(
                MetadataMembership.create(new MetadataMembership.Parts(metadataLog, images, role::get)),
                MetadataMembership.NAME, Props.empty());
        MetadataSnapshots.start(metadataLog, images, codec, role::get, BESIDE);

        var registry = new PartitionRegistry();
        PartitionHome home = home(system, registry, reserve, lease);
        this.home = home;
        TopicSettingsSource topicSettings = (image, topic) ->
                ConfigsInForce.topic(settings.defaults(), image, settings.nodeId(), topic.name());
        PartitionShards shards = PartitionShards.start(
                system,
                new PartitionShards.Parts(
                        settings.nodeId(), images, registry, topicSettings,
                        entityId -> PartitionLeaderActor.create(home, GroupEntityIds.partition(entityId)),
                        settings.defaults().replicaLagTimeMaxMs()));

        var services = new BrokerServices(
                settings, folder.clusterId(), folder.topics(), system, images, registry, controller, lease);
        List<KafkaListener> listeners = bind(services);
        KafkaListener replication = bindReplication(services);
        var readiness = new Readiness(settings.nodeId(), cluster, images, registry, listeners);
        CompletableFuture<@Nullable HttpApi> http = http(httpSettings, services, system, images, readiness);
        var waits = new StartWaits(settings.nodeId(), system, images);
        if (!alone) {
            waits.storage(folder, reserve, topicSettings);
        }
        RegisterBrokerReply registered = new BrokerRegistration(
                        settings, config, clusterSettings, folder, system, controller, refusal::get)
                .register(listeners, replication, metadataLog.address().getPort());
        accepted.set(true);
        session.tell(new SessionActor.Registered(registered.incarnation()));
        settle();
        if (!alone) {
            waits.membership();
        }
        readiness.registered(registered.metadataOffset());
        shards.lead(registered.incarnation(), controller);
        Followers.start(system, new Followers.Parts(
                settings.nodeId(), images, home, topicSettings,
                ReplicaLinks.of(system, settings.nodeId(), registered.incarnation(), home.blocking(), images),
                settings.retentionCheckInterval(), settings.cleanerBackoff(), HIGH_WATERMARK_CHECKPOINT));
        system.systemActorOf(
                LogMaintenance.create(registry, settings.retentionCheckInterval(), settings.cleanerBackoff()),
                "log-maintenance", Props.empty());
        waits.metadata(registered.metadataOffset());
        home.blocking().execute(() -> removeForeignLogs(images, home));
        waits.leadership(registry);
        NodeMetrics.add(BrokerMetrics.get(system), new NodeMetrics.Parts(
                settings.nodeId(), folder.clusterId(), images, registry, services.groups(), services.sessions(),
                role::get, version(), "", System.currentTimeMillis()));
        JmxBeans beans = BrokerBeans.start(system);
        HttpApi httpApi = join(http);
        log.atInfo()
                .addKeyValue("brokerId", settings.nodeId())
                .addKeyValue("clusterId", folder.clusterId())
                .addKeyValue("incarnation", registered.incarnation())
                .log("broker serves");
        var faults = new BrokerFaults(
                settings.nodeId(), registered.incarnation(), system, images, controller, List.copyOf(listeners));
        listeners.add(replication);
        var broker = new SampoBroker(
                settings.nodeId(), registered.incarnation(), folder, metadataLog, system, images, controller, home,
                listeners, faults, beans, httpApi, session, lost);
        if (!alone) {
            broker.watchStorage(reserve, topicSettings);
        }
        serving.set(true); // from now on whoever holds the broker is told
        return broker;
    }

    private Set<Integer> voters(RaftMetadataLog metadataLog) {
        return metadataLog.members().stream()
                .filter(MetadataLog.Member::voter).map(MetadataLog.Member::nodeId).collect(Collectors.toSet());
    }

    /** What the registration said of the folder is known to the controller. */
    private void settle() {
        try {
            folder.writeBootId();
        } catch (IOException e) {
            throw new StartException("data folder " + settings.dataFolder() + " cannot be written: " + e, e);
        }
    }

    private static String version() {
        String version = SampoBroker.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    private static void close(CompletableFuture<RaftMetadataLog> raft)
            throws InterruptedException, ExecutionException, TimeoutException {
        raft.handle((metadataLog, failure) -> metadataLog)
                .thenAccept(metadataLog -> {
                    if (metadataLog != null) {
                        metadataLog.close();
                    }
                })
                .get(20, TimeUnit.SECONDS);
    }

    /**
     * Folders of topics that were deleted, and logs of partitions that were moved away, while this broker was down. What is
     * to be held is looked up when its folder was listed: a folder is made only after the metadata wants it.
     */
    private void removeForeignLogs(MetadataFollower images, PartitionHome home) {
        try {
            LogFolders.removeDeletedTopics(folder.topics(), id -> images.current().topic(id) != null);
            for (TopicIdPartition id : LogFolders.ids(folder.topics())) {
                if (!FollowerPlan.holds(images.current(), settings.nodeId(), id)) {
                    log.atInfo().addKeyValue("folder", id.directoryName()).log(
                            "removes the log of a partition that was moved away meanwhile");
                    home.logs().delete(id);
                }
            }
        } catch (IOException e) {
            log.atWarn().addKeyValue("folder", folder.topics()).log(
                    "cannot be searched for logs that are not to be held: {}", e.toString());
        }
    }

    private DiskReserve openReserve(Config config) {
        try {
            files.createDirectories(folder.metadata());
            return DiskReserve.open(
                    folder.metadata().resolve("disk-reserve"),
                    config.getBytes("sampo.persistence.metadata-disk-reserve"), files);
        } catch (IOException e) {
            throw new StartException("the disk reserve in " + folder.metadata() + " cannot be read: "
                    + e.getMessage(), e);
        }
    }

    private RaftMetadataLog openMetadataLog(DiskReserve reserve) {
        try {
            return RaftMetadataLog.open(
                    new RaftSettings(
                            settings.nodeId(), config.getString("sampo.raft.host"),
                            config.getInt("sampo.raft.port"), folder.metadata(),
                            clusterSettings.alone(settings.nodeId())
                                    ? Set.of()
                                    : Set.copyOf(clusterSettings.voters()),
                            folder.holdsMetadata() ? null : RaftSettings.groupOf(folder.clusterId()),
                            config.getDuration("sampo.raft.election-timeout-min"),
                            config.getDuration("sampo.raft.election-timeout-max")),
                    reserve);
        } catch (IOException | IllegalArgumentException e) {
            throw new StartException("the metadata log in " + folder.metadata() + " cannot be opened: "
                    + e.getMessage(), e);
        }
    }

    private PartitionHome home(
            ActorSystem<?> system, PartitionRegistry registry, DiskReserve reserve, LeaderLease lease) {
        Executor blocking =
                system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher"));
        return new PartitionHome(
                new ReplicaLogs(
                        folder.topics(), new ReservedLogFiles(files, reserve), folder.closedCleanly(), blocking,
                        settings.machine().wallClockMs()),
                registry,
                system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.flush.dispatcher")),
                blocking,
                system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.cleaner.dispatcher")),
                settings.machine().wallClockMs(), settings.defaults().longValue("producer.id.expiration.ms"),
                Leading.of(
                        settings.nodeId(), lease,
                        settings.defaults().replicaLagTimeMaxMs()));
    }

    private List<KafkaListener> bind(BrokerServices services) {
        var listeners = new ArrayList<KafkaListener>();
        for (Endpoint endpoint : settings.listeners()) {
            try {
                KafkaListener listener =
                        services.listen(
                                endpoint.listener(),
                                new InetSocketAddress(ListenAddress.host(endpoint), endpoint.port()));
                listeners.add(listener);
                started.addFirst(() -> listener.stop().toCompletableFuture().get(5, TimeUnit.SECONDS));
            } catch (IOException e) {
                throw new StartException(
                        "listener " + endpoint.listener() + ": "
                                + ListenAddress.cannotListen(
                                        ListenAddress.host(endpoint), endpoint.port(), "listeners", e),
                        e);
            }
        }
        return listeners;
    }

    private KafkaListener bindReplication(BrokerServices services) {
        String host = config.getString("sampo.replication.host");
        int port = config.getInt("sampo.replication.port");
        try {
            KafkaListener listener = services.listen(Endpoint.REPLICATION, new InetSocketAddress(host, port));
            started.addFirst(() -> listener.stop().toCompletableFuture().get(5, TimeUnit.SECONDS));
            return listener;
        } catch (IOException e) {
            throw new StartException(
                    "replication: " + ListenAddress.cannotListen(host, port, "sampo.replication.port", e), e);
        }
    }

    /** Beside the rest of the start: health can be asked for while logs are recovered. Null when it is switched off. */
    private CompletableFuture<@Nullable HttpApi> http(
            HttpSettings http, BrokerServices services, ActorSystem<?> system, MetadataFollower images,
            Readiness readiness) {
        LocalRequests local = services.local(settings.listeners().getFirst().listener(), http);
        PeerRequests peers = PeerRequests.start(system, settings.nodeId(), local, http.requestTimeout());
        if (!http.enabled()) {
            return CompletableFuture.completedFuture(null); // peers that have it on may ask this broker all the same
        }
        CompletableFuture<HttpApi> begun = CompletableFuture.supplyAsync(() -> HttpApi.start(
                        http,
                        new HttpApi.Parts(
                                system, local, peers, images, services.groups().lag(), settings.nodeId(),
                                readiness.checks(), MetricsRoutes.endpoints(system))), BESIDE)
                .thenCompose(stage -> stage);
        started.addFirst(() -> begun.thenCompose(HttpApi::stop).get(5, TimeUnit.SECONDS));
        return begun.handle((api, failure) -> {
            if (failure == null) {
                return api;
            }
            throw failure.getCause() instanceof RuntimeException e && !(e instanceof BindFailedException)
                    ? e
                    : new StartException("HTTP: "
                            + ListenAddress.cannotListen(
                                    http.host(), http.port(), "sampo.http.port", new IOException(failure)), failure);
        });
    }

    private static <T> T join(CompletableFuture<T> stage) {
        try {
            return stage.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof StartException told) {
                throw told;
            }
            throw new StartException("the broker could not start: " + e.getCause(), e.getCause());
        }
    }

    /** Whether the cluster ended what was started: its parts fail then, each in its way. */
    boolean wasShutOut() {
        return lost.isDone();
    }

    void undo() {
        for (AutoCloseable part : started) {
            try {
                part.close();
            } catch (Exception e) {
                log.atDebug().setCause(e).log("part of a failed start did not stop");
            }
        }
    }
}
