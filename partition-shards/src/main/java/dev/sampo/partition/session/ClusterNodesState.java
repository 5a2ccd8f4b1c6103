package dev.sampo.partition.session;

import dev.sampo.partition.session.ClusterNodesEffect.Down;
import dev.sampo.partition.session.ClusterNodesEffect.Gone;
import dev.sampo.partition.session.ClusterNodesEffect.Unwatch;
import dev.sampo.partition.session.ClusterNodesEffect.Watch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * When a node is gone with all that lives on it, as one broker sees it. One that leaves is gone when it is on its way out; one
 * that died when that is proven, or the cluster has taken it out. Nodes that only run streams hold nothing that two sides
 * of a split could disagree on, and yet every decision about members waits for them; so they are taken out as soon as they
 * are dead or out of reach, by whoever reaches most brokers. Pure.
 */
final class ClusterNodesState {
    /**
     * A node, by its name, as the cluster lists it.
     *
     * @param broker whether it is one; the others only run streams
     * @param leaving it is about to go, or was taken out
     */
    record Node(boolean broker, boolean leaving, boolean reachable) {}

    private Map<String, Node> nodes = Map.of();
    private final Set<String> gone = new TreeSet<>(); // of those that are still listed
    private final Set<String> downed = new TreeSet<>();

    /** The cluster's list has changed: all nodes but this one. */
    List<ClusterNodesEffect> onNodes(Map<String, Node> now) {
        var effects = new ArrayList<ClusterNodesEffect>();
        Map<String, Node> before = nodes;
        nodes = new TreeMap<>(now);
        nodes.forEach((name, node) -> {
            if (node.leaving()) {
                gone(name, effects);
            } else if (!before.containsKey(name) && !node.broker()) {
                effects.add(new Watch(name));
            }
        });
        before.forEach((name, node) -> {
            if (!nodes.containsKey(name)) {
                gone(name, effects);
                if (!node.broker()) {
                    effects.add(new Unwatch(name));
                }
            }
        });
        gone.retainAll(nodes.keySet());
        downed.retainAll(nodes.keySet());
        if (reachesMostBrokers()) {
            nodes.forEach((name, node) -> {
                if (!node.broker() && !node.leaving() && !node.reachable()) {
                    down(name, "it is out of reach", effects);
                }
            });
        }
        return effects;
    }

    /** The process of a watched node is dead. */
    List<ClusterNodesEffect> onDead(String name) {
        var effects = new ArrayList<ClusterNodesEffect>();
        if (nodes.containsKey(name)) {
            gone(name, effects);
            down(name, "its process is gone", effects);
        }
        return effects;
    }

    private void gone(String name, List<ClusterNodesEffect> effects) {
        if (gone.add(name)) {
            effects.add(new Gone(name));
        }
    }

    private void down(String name, String reason, List<ClusterNodesEffect> effects) {
        if (downed.add(name)) {
            effects.add(new Down(name, reason));
        }
    }

    /** This one and those that it reaches, of all; in a half the split brain resolver decides. */
    private boolean reachesMostBrokers() {
        long others = nodes.values().stream().filter(Node::broker).count();
        long reached = nodes.values().stream().filter(node -> node.broker() && node.reachable()).count();
        return 2 * (reached + 1) > others + 1;
    }
}
