package dev.sampo.tests.chaos.cluster;

import dev.sampo.tests.broker.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** Brokers as processes, on loopback or each in a network namespace. Closing kills what still runs and removes what was made. */
public final class ClusterProcesses implements AutoCloseable {
    /** Name of the system property with more settings for all brokers, {@code name=value;name=value}: for machines short of cores. */
    private static final String SETTINGS = "chaos.settings";
    private static final Duration START_LIMIT = Duration.ofSeconds(180);
    /** Below the ports that the kernel gives to connections, so that nobody takes one while its broker is down. */
    private static final int FIRST_PORT = 11_000;
    private static final int LAST_PORT = 19_000;
    private static final int PORTS_PER_CLUSTER = NodeAddress.PORTS * 8;

    private final Product product = Product.underTest();
    private final ClusterPlan plan;
    private final Path folder;
    private final String clusterId = Uuid.randomUuid().toString();
    private final @Nullable Network network;
    private final int firstPort;
    private final List<NodeAddress> voters = new ArrayList<>();
    private final Map<Integer, BrokerProcess> brokers = new TreeMap<>();
    private @Nullable Admin admin;

    private ClusterProcesses(ClusterPlan plan, Path folder) {
        this.plan = plan;
        this.folder = folder;
        this.network = plan.ownNetwork() ? Network.create(plan.brokers()) : null;
        this.firstPort = plan.ownNetwork() ? 7_355 : freePorts();
    }

    /** Starts all brokers in a folder that is emptied; returns when each of them describes the whole cluster. */
    public static ClusterProcesses start(ClusterPlan plan, Path folder) {
        BrokerProcess.deleteBelow(folder);
        var cluster = new ClusterProcesses(plan, folder);
        try {
            for (int id = 1; id <= plan.brokers(); id++) {
                cluster.voters.add(cluster.address(id));
            }
            cluster.voters.forEach(cluster::add);
            cluster.brokers.values().forEach(BrokerProcess::start);
            cluster.brokers.keySet().forEach(cluster::awaitReady);
            return cluster;
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    /** A range of ports of which none is taken. */
    private static int freePorts() {
        for (int first = FIRST_PORT; first < LAST_PORT; first += PORTS_PER_CLUSTER) {
            if (allFree(first)) {
                return first;
            }
        }
        throw new IllegalStateException("no " + PORTS_PER_CLUSTER + " free ports in a row");
    }

    private static boolean allFree(int first) {
        for (int port = first; port < first + PORTS_PER_CLUSTER; port++) {
            try (var socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress("127.0.0.1", port));
            } catch (IOException taken) {
                return false;
            }
        }
        return true;
    }

    private NodeAddress address(int id) {
        return network == null
                ? NodeAddress.at(id, "127.0.0.1", firstPort + NodeAddress.PORTS * id)
                : NodeAddress.at(id, network.host(id), firstPort);
    }

    private BrokerProcess add(NodeAddress node) {
        Path home = folder.resolve("node-" + node.id());
        Path data = home.resolve("data");
        try {
            Files.createDirectories(data);
            Optional<SmallDisk> disk = Optional.ofNullable(plan.disks().get(node.id())).map(size -> SmallDisk.mount(data, size));
            var properties = new LinkedHashMap<>(product.properties(node, voters, clusterId, data));
            properties.putAll(plan.settings());
            for (String setting : System.getProperty(SETTINGS, "").split(";")) {
                if (!setting.isBlank()) {
                    properties.put(setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
                }
            }
            Path file = home.resolve("server.properties");
            Files.writeString(file, properties.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue() + "\n").collect(Collectors.joining()));
            Optional<SystemCallFaults> faults = plan.faultsPath().map(path -> SystemCallFaults.create(home, path));
            var command = new ArrayList<String>();
            if (network != null) {
                command.addAll(network.prefix(node.id()));
            }
            command.addAll(product.command(file, home));
            Map<String, String> environment = faults.map(SystemCallFaults::environment).orElse(Map.of());
            var broker = new BrokerProcess(
                    node, home, command, environment, faults, disk, () -> product.format(file, home, clusterId));
            brokers.put(node.id(), broker);
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts one more broker, which is no voter of the metadata; returns when it serves. */
    public BrokerProcess addBroker() {
        int id = brokers.size() + 1;
        if (network != null) {
            network.addNode(id);
        }
        BrokerProcess broker = add(address(id));
        broker.start();
        awaitReady(id);
        return broker;
    }

    public BrokerProcess broker(int id) {
        BrokerProcess broker = brokers.get(id);
        if (broker == null) {
            throw new IllegalArgumentException("no broker " + id);
        }
        return broker;
    }

    public Collection<BrokerProcess> brokers() {
        return brokers.values();
    }

    public Network network() {
        if (network == null) {
            throw new IllegalStateException("the cluster was planned without a network of its own");
        }
        return network;
    }

    public ClientSide clients() {
        return network == null ? ClientSide.loopback() : network.clients();
    }

    /** Of all brokers, also those that do not run. */
    public String bootstrap() {
        return brokers.values().stream().map(BrokerProcess::bootstrap).collect(Collectors.joining(","));
    }

    public Path partitionFolder(int broker, String topic, Uuid topicId, int partition) {
        return product.partitionFolder(broker(broker).dataFolder(), topic, topicId, partition);
    }

    /** Settings of clients that notice failures soon. */
    public static Map<String, Object> clientSettings(String bootstrap) {
        var settings = new HashMap<String, Object>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("reconnect.backoff.ms", 20);
        settings.put("reconnect.backoff.max.ms", 200);
        settings.put("socket.connection.setup.timeout.ms", 1_000);
        settings.put("socket.connection.setup.timeout.max.ms", 2_000);
        return settings;
    }

    /** Waits until the broker itself answers, and names itself as one of the cluster. */
    public void awaitReady(int id) {
        BrokerProcess broker = broker(id);
        var settings = clientSettings(broker.bootstrap());
        settings.put("request.timeout.ms", 2_000);
        settings.put("default.api.timeout.ms", 3_000);
        clients().call(() -> {
            try (Admin own = Admin.create(settings)) {
                Await.until("broker " + id + " serves", START_LIMIT, () -> {
                    if (!broker.isRunning()) {
                        throw new IllegalStateException("broker " + id + " ended:\n" + broker.outputTail());
                    }
                    return nodes(own).contains(id);
                }, broker::outputTail);
            }
            return id;
        });
    }

    private static List<Integer> nodes(Admin admin) {
        try {
            return admin.describeCluster().nodes().get(5, TimeUnit.SECONDS).stream().map(Node::id).toList();
        } catch (ExecutionException | TimeoutException notYet) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** For administration; knows all brokers. */
    public Admin admin() {
        Admin known = admin;
        if (known == null) {
            var settings = clientSettings(bootstrap());
            settings.put("request.timeout.ms", 2_000);
            settings.put("default.api.timeout.ms", 5_000);
            settings.put("metadata.max.age.ms", 1_000);
            known = clients().call(() -> Admin.create(settings));
            admin = known;
        }
        return known;
    }

    /** The topic as some broker knows it; empty when none answers in time. */
    public Optional<TopicDescription> describe(String topic) {
        try {
            return Optional.ofNullable(admin().describeTopics(List.of(topic)).allTopicNames().get(6, TimeUnit.SECONDS).get(topic));
        } catch (ExecutionException | TimeoutException notNow) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What each running broker says of the topic, those that answer in time; asked all at once. */
    private List<TopicView> views(String topic, Duration limit) {
        var answers = new ArrayList<CompletableFuture<TopicView>>();
        for (BrokerProcess broker : brokers.values()) {
            if (broker.isRunning()) {
                var answer = new CompletableFuture<TopicView>();
                answers.add(answer);
                clients().start("ask broker " + broker.id(), () -> {
                    try {
                        answer.complete(TopicView.ask(broker.address(), topic, limit));
                    } catch (IOException | RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                });
            }
        }
        var views = new ArrayList<TopicView>();
        for (CompletableFuture<TopicView> answer : answers) {
            try {
                views.add(answer.get(2 * limit.toMillis(), TimeUnit.MILLISECONDS));
            } catch (ExecutionException | TimeoutException silent) {
                // counts as no view
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        return views;
    }

    /** Leader of each partition as the broker says that knows the newest, -1 for none. */
    public Map<Integer, Integer> leaders(String topic) {
        return TopicView.leaders(TopicView.newest(views(topic, Duration.ofMillis(500))));
    }

    /** The broker that leads most partitions. */
    public int busiest(String topic) {
        Map<Integer, Long> led = leaders(topic).values().stream().filter(leader -> leader > 0)
                .collect(Collectors.groupingBy(leader -> leader, TreeMap::new, Collectors.counting()));
        return led.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    }

    /** Empty when every running broker says that all partitions have a leader and all replicas in sync, else what is missing. */
    public String notInSync(String topic) {
        List<TopicView> views = views(topic, Duration.ofSeconds(2));
        List<Integer> silent = brokers.values().stream().filter(BrokerProcess::isRunning).map(BrokerProcess::id)
                .filter(id -> views.stream().noneMatch(view -> view.broker() == id)).toList();
        return silent.isEmpty() ? TopicView.notInSync(views) : "no view of " + topic + " from brokers " + silent + "; others: " + TopicView.notInSync(views);
    }

    /** Deletes the folders of a cluster that is closed. */
    public void deleteFolders() {
        BrokerProcess.deleteBelow(folder);
    }

    @Override
    public void close() {
        Admin known = admin;
        if (known != null) {
            known.close(Duration.ofSeconds(2));
            admin = null;
        }
        brokers.values().forEach(BrokerProcess::close);
        if (network != null) {
            network.close();
        }
    }
}
