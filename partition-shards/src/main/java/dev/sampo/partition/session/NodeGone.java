package dev.sampo.partition.session;

/**
 * A node has left the cluster for good, or its process is dead; told once for each node on the actor system's event stream,
 * on every broker.
 *
 * @param node its name, see {@link dev.sampo.gate.ClusterNode}
 */
public record NodeGone(String node) {}
