package dev.sampo.tests.chaos.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A network of its own: a namespace for each node, one for the clients, and one that holds the bridge between them. The
 * machine's own namespace is left as it is. What is cut vanishes without a reset, as with a pulled cable.
 */
public final class Network implements AutoCloseable {
    private static final String SUBNET = "10.81.0.";
    private static final int CLIENTS = 200;
    private static final Pattern OURS = Pattern.compile("^(smpct(\\d+)-\\S+)");

    private final String prefix = "smpct" + ProcessHandle.current().pid() + "-";
    private final NetworkNamespace bridge = new NetworkNamespace(prefix + "bridge");
    private final NetworkNamespace clients = new NetworkNamespace(prefix + "clients");
    private final Map<Integer, NetworkNamespace> nodes = new TreeMap<>();
    private final Thread atExit = new Thread(this::delete, "delete the test's network namespaces");

    private Network() {}

    /** Why there can be none here; empty when there can. */
    public static String missing() {
        if (!Shell.isRoot()) {
            return "network namespaces take root";
        }
        if (!Shell.has("ip", "iproute2")) {
            return "ip (Debian's iproute2) is missing";
        }
        if (!Shell.has("nft", "nftables")) {
            return "nft (Debian's nftables) is missing";
        }
        return "";
    }

    /** Nodes 1 to {@code count}, whole. */
    public static Network create(int count) {
        deleteLeftOvers();
        var network = new Network();
        Runtime.getRuntime().addShutdownHook(network.atExit);
        try {
            network.bridge.create();
            Shell.must("ip", "-n", network.bridge.name(), "link", "add", "br0", "type", "bridge");
            Shell.must("ip", "-n", network.bridge.name(), "link", "set", "br0", "up");
            network.join(network.clients, CLIENTS);
            IntStream.rangeClosed(1, count).forEach(network::addNode);
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** Namespaces of test runs that were killed before they could delete them. */
    private static void deleteLeftOvers() {
        Shell.run("ip", "netns", "list").output().lines().map(OURS::matcher).filter(Matcher::find)
                .filter(found -> ProcessHandle.of(Long.parseLong(found.group(2))).isEmpty())
                .forEach(found -> new NetworkNamespace(found.group(1)).delete());
    }

    public void addNode(int id) {
        var node = new NetworkNamespace(prefix + "node" + id);
        nodes.put(id, node);
        join(node, id);
    }

    private void join(NetworkNamespace namespace, int number) {
        namespace.create();
        String port = "port" + number;
        Shell.must("ip", "-n", bridge.name(), "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace.name());
        Shell.must("ip", "-n", bridge.name(), "link", "set", port, "master", "br0");
        Shell.must("ip", "-n", bridge.name(), "link", "set", port, "up");
        Shell.must("ip", "-n", namespace.name(), "address", "add", SUBNET + number + "/24", "dev", "eth0");
        Shell.must("ip", "-n", namespace.name(), "link", "set", "eth0", "up");
    }

    public String host(int id) {
        return SUBNET + id;
    }

    public ClientSide clients() {
        return clients;
    }

    /** What comes before a command that is to run on the node. */
    List<String> prefix(int id) {
        return List.of("ip", "netns", "exec", node(id).name());
    }

    private NetworkNamespace node(int id) {
        NetworkNamespace node = nodes.get(id);
        if (node == null) {
            throw new IllegalArgumentException("no node " + id);
        }
        return node;
    }

    /** Nothing comes or goes any more: neither peers nor clients. */
    public void unplug(int id) {
        cut(id, List.of(SUBNET + "0/24"), true, true);
    }

    /** Clients still reach the node, its peers do not. */
    public void isolate(int id) {
        cut(id, peers(id), true, true);
    }

    /** The node's words to its peers arrive, theirs do not. */
    public void deafen(int id) {
        cut(id, peers(id), true, false);
    }

    /** The peers' words arrive at the node, its own do not. */
    public void mute(int id) {
        cut(id, peers(id), false, true);
    }

    /** These two do not see each other, all others see both. */
    public void separate(int one, int other) {
        cut(one, List.of(host(other)), true, true);
    }

    /** All that was cut is whole again. */
    public void heal() {
        nodes.keySet().forEach(this::heal);
    }

    public void heal(int id) {
        Shell.run("ip", "netns", "exec", node(id).name(), "nft", "delete", "table", "ip", "faults");
    }

    private List<String> peers(int id) {
        return nodes.keySet().stream().filter(peer -> peer != id).map(this::host).toList();
    }

    private void cut(int id, Collection<String> addresses, boolean in, boolean out) {
        String set = addresses.stream().collect(Collectors.joining(", ", "{ ", " }"));
        var rules = new ArrayList<String>();
        rules.add("table ip faults {");
        if (in) {
            rules.add("  chain in { type filter hook input priority 0; policy accept; iifname eth0 ip saddr " + set + " drop; }");
        }
        if (out) {
            rules.add("  chain out { type filter hook output priority 0; policy accept; oifname eth0 ip daddr " + set + " drop; }");
        }
        rules.add("}");
        heal(id);
        Shell.mustWithInput(String.join("\n", rules) + "\n", "ip", "netns", "exec", node(id).name(), "nft", "-f", "-");
    }

    private void delete() {
        nodes.values().forEach(NetworkNamespace::delete);
        clients.delete();
        bridge.delete();
    }

    @Override
    public void close() {
        delete();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
