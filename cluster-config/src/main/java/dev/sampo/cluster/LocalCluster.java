package dev.sampo.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;

/**
 * Several brokers of one cluster on loopback, in this JVM: for tests. Broker n has the folder {@code node-n}; its ports stay
 * the same when it is started again.
 */
public final class LocalCluster implements AutoCloseable {
    private record Ports(int kafka, int remoting, int raft, int replication) {}

    private final Path folder;
    private final UnaryOperator<BrokerSettings> change;
    private final Map<Integer, Ports> ports = new TreeMap<>();
    private final List<Integer> voters;
    private final Map<Integer, SampoBroker> brokers = new TreeMap<>();

    private LocalCluster(Path folder, int count, UnaryOperator<BrokerSettings> change) {
        this.folder = folder;
        this.change = change;
        var ids = new ArrayList<Integer>();
        for (int id = 1; id <= count; id++) {
            ids.add(id);
        }
        this.voters = List.copyOf(ids);
        reserve(ids);
    }

    /**
     * Starts brokers 1 to {@code count}, all of them metadata voters, with much patience ({@code sampo.cluster.relaxed}).
     * Returns when all serve.
     */
    public static LocalCluster start(Path folder, int count) {
        return start(folder, count, settings -> settings);
    }

    /** The same with other settings, for each broker. */
    public static LocalCluster start(Path folder, int count, UnaryOperator<BrokerSettings> change) {
        var cluster = new LocalCluster(folder, count, change);
        try {
            cluster.startAll(cluster.voters);
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** A running broker. */
    public synchronized SampoBroker broker(int id) {
        SampoBroker broker = brokers.get(id);
        if (broker == null) {
            throw new IllegalArgumentException("broker " + id + " does not run; these do: " + brokers.keySet());
        }
        return broker;
    }

    /** Those that run, by id. */
    public synchronized List<SampoBroker> brokers() {
        return List.copyOf(brokers.values());
    }

    /** {@code host:port} of all that were ever started, comma-separated. */
    public synchronized String bootstrapServers() {
        return String.join(",", ports.values().stream().map(ports -> "127.0.0.1:" + ports.kafka()).toList());
    }

    /** Starts one that does not run: again, or a new one, which is no voter. Returns when it serves. */
    public SampoBroker start(int id) {
        synchronized (this) {
            if (!ports.containsKey(id)) {
                reserve(List.of(id));
            }
        }
        startAll(List.of(id));
        return broker(id);
    }

    /** Stops all cleanly and starts all that ever ran. Returns when all serve. */
    public void restart() {
        close();
        List<Integer> all;
        synchronized (this) {
            all = List.copyOf(ports.keySet());
        }
        startAll(all);
    }

    /** Stops one cleanly. */
    public void stop(int id) {
        remove(id).close();
    }

    /** Ends one as a crash would, as far as one JVM can: see {@link SampoBroker#kill}. */
    public void kill(int id) {
        remove(id).kill();
    }

    private synchronized SampoBroker remove(int id) {
        SampoBroker broker = broker(id);
        brokers.remove(id);
        return broker;
    }

    /** What broker {@code id} is started with. */
    public synchronized BrokerSettings settings(int id) {
        Ports own = portsOf(id);
        return change.apply(BrokerSettings.embedded(folder.resolve("node-" + id))
                .with(Map.of(
                        "node.id", String.valueOf(id), "log.dirs", folder.resolve("node-" + id).toString(),
                        "listeners", "PLAINTEXT://127.0.0.1:" + own.kafka(),
                        "offsets.topic.replication.factor", String.valueOf(Math.min(3, voters.size()))))
                .with("sampo.remoting.port", own.remoting())
                .with("sampo.raft.port", own.raft())
                .with("sampo.replication.port", own.replication())
                .with("sampo.cluster.relaxed", true)
                .with("sampo.cluster.voters", voters.stream()
                        .map(voter -> voter + "@127.0.0.1:" + portsOf(voter).raft()).toList())
                .with("sampo.cluster.seeds", voters.stream()
                        .map(voter -> "127.0.0.1:" + portsOf(voter).remoting()).toList()));
    }

    private synchronized Ports portsOf(int id) {
        Ports own = ports.get(id);
        if (own == null) {
            throw new IllegalArgumentException("no broker " + id);
        }
        return own;
    }

    private void startAll(List<Integer> ids) {
        List<CompletableFuture<SampoBroker>> starting = ids.stream()
                .map(this::settings)
                .map(settings -> CompletableFuture.supplyAsync(
                        () -> SampoBroker.start(settings),
                        task -> Thread.ofPlatform().name("start-broker-" + settings.nodeId()).start(task)))
                .toList();
        RuntimeException failure = null;
        for (CompletableFuture<SampoBroker> start : starting) {
            try {
                SampoBroker broker = start.join();
                synchronized (this) {
                    brokers.put(broker.nodeId(), broker);
                }
            } catch (CompletionException e) {
                failure = e.getCause() instanceof StartException told ? told : e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized void reserve(List<Integer> ids) {
        List<Integer> free = freePorts(4 * ids.size());
        for (int i = 0; i < ids.size(); i++) {
            ports.put(ids.get(i), new Ports(free.get(4 * i), free.get(4 * i + 1), free.get(4 * i + 2), free.get(4 * i + 3)));
        }
    }

    private static List<Integer> freePorts(int count) {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return ports;
        } catch (IOException e) {
            throw new StartException("there are no free ports: " + e.getMessage(), e);
        }
    }

    /** Stops those that run, all at once. */
    @Override
    public void close() {
        List<SampoBroker> left;
        synchronized (this) {
            left = List.copyOf(brokers.values());
            brokers.clear();
        }
        List<Thread> stopping = left.stream()
                .map(broker -> Thread.ofPlatform().name("stop-broker-" + broker.nodeId()).start(broker::close))
                .toList();
        for (Thread thread : stopping) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
