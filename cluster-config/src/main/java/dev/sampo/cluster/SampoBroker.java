package dev.sampo.cluster;

import com.typesafe.config.Config;
import dev.sampo.actors.metrics.JmxBeans;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.BrokerStopping;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.http.HttpApi;
import dev.sampo.kafka.connection.ClusterGate;
import dev.sampo.kafka.connection.KafkaListener;
import dev.sampo.partition.controller.MetadataFollower;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.replica.PartitionHome;
import dev.sampo.partition.session.Session;
import dev.sampo.partition.session.SessionActor;
import dev.sampo.partition.sharding.TopicSettingsSource;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.metadata.MetadataLog;
import dev.sampo.persistence.metadata.RaftMetadataLog;
import dev.sampo.persistence.reserve.DiskReserve;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MBeanServer;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One broker: one node of the cluster, one process or a part of a test's. Several may live in one JVM.
 *
 * <pre>{@code
 * try (SampoBroker broker = SampoBroker.start(BrokerSettings.embedded(temporaryFolder))) {
 *     properties.put("bootstrap.servers", broker.bootstrapServers());
 * }
 * }</pre>
 */
public final class SampoBroker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SampoBroker.class);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration STORAGE_LOOK = Duration.ofMillis(250);
    /** A disk that was full for a moment moves nothing. */
    private static final Duration STORAGE_PATIENCE = Duration.ofSeconds(1);
    private static final Duration HAND_OVER_TIMEOUT = Duration.ofSeconds(30);

    private final int nodeId;
    private final long incarnation;
    private final ActorRef<Controller.Command> controller;
    private final ActorRef<Session.Command> session;
    private final CompletableFuture<String> lost;
    private final DataFolder folder;
    private final RaftMetadataLog metadataLog;
    private final ActorSystem<Void> system;
    private final MetadataFollower images;
    private final PartitionHome home;
    private final List<KafkaListener> listeners;
    private final ClusterGate gate;
    private final BrokerFaults faults;
    private final @Nullable JmxBeans beans;
    private final @Nullable HttpApi http;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    SampoBroker(
            int nodeId, long incarnation, DataFolder folder, RaftMetadataLog metadataLog, ActorSystem<Void> system,
            MetadataFollower images, ActorRef<Controller.Command> controller, PartitionHome home,
            List<KafkaListener> listeners, ClusterGate gate, BrokerFaults faults, @Nullable JmxBeans beans, @Nullable HttpApi http,
            ActorRef<Session.Command> session, CompletableFuture<String> lost) {
        this.nodeId = nodeId;
        this.incarnation = incarnation;
        this.controller = controller;
        this.session = session;
        this.lost = lost;
        this.faults = faults;
        this.folder = folder;
        this.metadataLog = metadataLog;
        this.system = system;
        this.images = images;
        this.home = home;
        this.listeners = listeners;
        this.gate = gate;
        this.beans = beans;
        this.http = http;
    }

    /**
     * Starts and returns once every partition that this broker leads is served.
     *
     * @throws StartException what prevents the start, and the remedy
     */
    public static SampoBroker start(BrokerSettings settings) {
        LogFiles files = settings.machine().files();
        Config config = BrokerConfig.of(settings);
        DataFolder folder = DataFolder.open(
                settings.dataFolder(), settings.nodeId(), settings.clusterId(),
                ClusterSettings.derivedClusterId(config), files);
        var start = new BrokerStart(settings, config, folder, files);
        try {
            return start.run();
        } catch (RuntimeException e) {
            RuntimeException told = start.wasShutOut() && !(e instanceof StartException) ? new ShutOutException(e) : e;
            start.undo(); // ends the actor system, which looks like a shutting out
            throw told;
        }
    }

    /** {@code host:port} of every listener for clients of every live broker, as clients are told, comma-separated. */
    public String bootstrapServers() {
        return servers(broker -> !broker.fenced());
    }

    /** {@code host:port} of every listener for clients of this broker, as clients are told, comma-separated. */
    public String ownServers() {
        return servers(broker -> broker.id() == nodeId);
    }

    private String servers(Predicate<MetadataImage.Broker> which) {
        return images.current().brokers().values().stream()
                .filter(which)
                .sorted(Comparator.comparingInt(MetadataImage.Broker::id))
                .flatMap(broker -> broker.endpoints().stream())
                .filter(endpoint -> !endpoint.listener().equals(Endpoint.REPLICATION))
                .map(endpoint -> endpoint.host() + ":" + endpoint.port())
                .collect(Collectors.joining(","));
    }

    /**
     * The broker's actor system, a node of its cluster, for streams that run in this process with the cluster transport. It
     * ends with the broker, which has to be closed in its place; end the streams before.
     */
    public ActorSystem<?> system() {
        return system;
    }

    /** {@code host:port} under which nodes that only run streams join the cluster: this broker's {@code sampo.remoting}. */
    public String nodeAddress() {
        Address address = Cluster.get(system).selfMember().address();
        return address.getHost().orElseThrow() + ":" + address.getPort().orElseThrow();
    }

    /** The broker id. */
    public int nodeId() {
        return nodeId;
    }

    /** The metadata as this broker knows it now. */
    public MetadataImages images() {
        return images;
    }

    /** Where the HTTP API listens, empty when it is switched off. */
    public Optional<InetSocketAddress> httpAddress() {
        return Optional.ofNullable(http).map(HttpApi::address);
    }

    /** The id of the cluster, the same for ever. */
    public String clusterId() {
        return folder.clusterId();
    }

    /** What a test may do to this broker. */
    public BrokerFaults faults() {
        return faults;
    }

    /**
     * Where the JMX beans of this broker are: the platform's bean server for the first broker of a JVM, one of its own
     * for each further one, since the names carry no broker. Null when {@code sampo.metrics.jmx} is off.
     */
    public @Nullable MBeanServer beanServer() {
        return beans == null ? null : beans.server();
    }

    /** Who keeps the metadata now. */
    public Set<Integer> voters() {
        return metadataLog.members().stream()
                .filter(MetadataLog.Member::voter).map(MetadataLog.Member::nodeId).collect(Collectors.toSet());
    }

    /**
     * Completes, with the reason, when this broker must not go on: the cluster has ended its session or shut its node out.
     * It leads nothing then; {@link #kill} it and start it again. {@link RestartingBroker} does.
     */
    public CompletionStage<String> whenLost() {
        return lost.minimalCompletionStage();
    }

    /** Blocks until the broker is closed. */
    public void awaitTermination() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Hands its groups to other brokers while it still serves, as far as others can lead them; then stops accepting, answers
     * what is in flight, closes all logs, forces them, and marks the folder clean.
     */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            awaitTermination();
            return;
        }
        try {
            boolean inCluster = images.current().brokers().size() > 1;
            if (inCluster && others().anyMatch(other -> !other.fenced())) {
                quietly("leadership", this::handOver);
            }
            HttpApi api = http;
            if (api != null) {
                quietly("HTTP", () -> api.stop().toCompletableFuture().get(10, TimeUnit.SECONDS));
            }
            if (beans != null) {
                beans.close();
            }
            for (KafkaListener listener : listeners) {
                quietly("listener", () -> listener.stop().toCompletableFuture().get(10, TimeUnit.SECONDS));
            }
            if (!system.whenTerminated().isCompleted()) {
                quietly("gate", () -> gate.stop().toCompletableFuture().get(10, TimeUnit.SECONDS));
            }
            if (inCluster && others().allMatch(other -> other.fenced() || other.shuttingDown())) {
                quietly("actor system", this::terminate); // all stop: nobody is left who could take a hand-off or a farewell
            } else {
                quietly("actor system", () -> CoordinatedShutdown.get(system)
                        .runAll(CoordinatedShutdown.clusterLeavingReason())
                        .toCompletableFuture()
                        .get(60, TimeUnit.SECONDS));
            }
            quietly("logs", home.logs()::close);
            quietly("metadata image", images::close);
            quietly("metadata log", metadataLog::close);
            quietly("clean-shutdown marker", () -> {
                if (home.mayMarkClean()) {
                    folder.markClean();
                }
            });
            quietly("data folder", folder::close);
            log.atInfo().log("broker stopped");
        } finally {
            closed.countDown();
        }
    }

    private Stream<MetadataImage.Broker> others() {
        return images.current().brokers().values().stream().filter(broker -> broker.id() != nodeId);
    }

    private void terminate() throws InterruptedException, ExecutionException, TimeoutException {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** Afterwards this broker is fenced: nobody waits for it, and nobody takes its end for a crash. */
    private void handOver() throws Exception {
        if (lost.isDone()) {
            return;
        }
        metadataLog.stepDown(); // first: all that follows is decided, and heard of, without a change of who leads the metadata
        var led = new CompletableFuture<Void>();
        CompletionStage<ItemsReply> stopping = AskPattern.ask(
                controller, replyTo -> new BrokerStopping(nodeId, incarnation, replyTo), STOP_TIMEOUT, system.scheduler());
        stopping.toCompletableFuture().get();
        Runnable stop = images.subscribe((before, now) -> {
            if (ledForOthers(now) == 0) {
                led.complete(null);
            }
        });
        try {
            led.get(HAND_OVER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.atWarn().addKeyValue("groups", ledForOthers(images.current()))
                    .log("stops though it leads groups that others could lead: they did not take them in time");
        } finally {
            stop.run();
        }
        session.tell(new SessionActor.Stopping());
        CompletionStage<ItemsReply> fenced = AskPattern.ask(
                controller, replyTo -> new FenceBroker(nodeId, incarnation, replyTo), STOP_TIMEOUT, system.scheduler());
        fenced.toCompletableFuture().get();
    }

    /**
     * Looks after the disk. A broker that cannot write gives up what others can do without it, and starts again in this
     * process: then it waits until it can. Brokers in the same trouble look one after the other, so that the last ones stay.
     */
    void watchStorage(DiskReserve reserve, TopicSettingsSource topicSettings) {
        long patienceNanos = STORAGE_PATIENCE.plusMillis(700L * (nodeId % 8)).toNanos();
        var since = new AtomicLong();
        var leaving = new AtomicBoolean();
        var _ = system.scheduler().scheduleWithFixedDelay(STORAGE_LOOK, STORAGE_LOOK, () -> {
            boolean forceFailed = home.logs().hasForceFailed();
            if (reserve.mayWriteRecords() && !forceFailed) {
                since.set(0);
                return;
            }
            long now = System.nanoTime();
            since.compareAndSet(0, now);
            if (now - since.get() >= patienceNanos && !closing.get() && !lost.isDone()
                    && StorageTrouble.othersCanDoWithout(images.current(), nodeId, topicSettings)
                    && !leaving.getAndSet(true)) {
                leave(forceFailed);
            }
        }, system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher")));
    }

    private void leave(boolean forceFailed) {
        String reason = forceFailed ? "forcing a log to its disk failed" : "its disk is full";
        log.atError().addKeyValue("brokerId", nodeId).addKeyValue("reason", reason)
                .log("gives its partitions to other brokers");
        quietly("leadership", this::handOver);
        if (forceFailed) {
            quietly("boot id", folder::forgetBootId);
        }
        lost.complete(reason);
    }

    /** Groups with partitions that are led here and that another broker could lead. */
    private long ledForOthers(MetadataImage image) {
        return image.groupPartitions().keySet().stream()
                .map(image.groups()::get)
                .filter(group -> group != null && group.leader() == nodeId
                        && group.inSyncReplicas().stream().anyMatch(id -> id != nodeId && image.isLive(id)
                                && !isStopping(image, id)))
                .count();
    }

    private static boolean isStopping(MetadataImage image, int id) {
        MetadataImage.Broker broker = image.brokers().get(id);
        return broker != null && broker.shuttingDown();
    }

    /**
     * Ends the broker as a crash would, as far as one JVM can: connections are cut with requests in flight unanswered, no
     * partition is handed over or flushed, and the folder is not marked clean, so the next start recovers. For tests.
     */
    public void kill() {
        if (!closing.compareAndSet(false, true)) {
            awaitTermination();
            return;
        }
        try {
            // The actor system may have ended by itself, and its listeners with it: nobody is there who could answer.
            long patienceMs = system.whenTerminated().isCompleted() ? 100 : 10_000;
            HttpApi api = http;
            if (api != null) {
                quietly("HTTP", () -> api.stop().toCompletableFuture().get(patienceMs, TimeUnit.MILLISECONDS));
            }
            if (beans != null) {
                beans.close();
            }
            for (KafkaListener listener : listeners) {
                quietly("listener", () -> listener.abort().toCompletableFuture().get(patienceMs, TimeUnit.MILLISECONDS));
            }
            quietly("actor system", this::terminate);
            quietly("logs", home.logs()::abandon);
            quietly("metadata image", images::close);
            quietly("metadata log", metadataLog::close);
            quietly("data folder", folder::close);
            log.atInfo().log("broker killed");
        } finally {
            closed.countDown();
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    /** A part that does not stop must not keep the others from stopping. */
    private static void quietly(String part, Step step) {
        try {
            step.run();
        } catch (Exception e) {
            log.atWarn().addKeyValue("part", part).log("did not stop cleanly: {}", e.toString());
        }
    }
}
