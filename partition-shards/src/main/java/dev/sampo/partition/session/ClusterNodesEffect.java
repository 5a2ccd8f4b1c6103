package dev.sampo.partition.session;

/** What {@link ClusterNodesState} asks for, in list order. */
sealed interface ClusterNodesEffect {
    /** Watch the process of a node that only runs streams. */
    record Watch(String node) implements ClusterNodesEffect {}

    /** End the watch. */
    record Unwatch(String node) implements ClusterNodesEffect {}

    /** Tell everybody that the node is gone. */
    record Gone(String node) implements ClusterNodesEffect {}

    /** Take the node out of the cluster. */
    record Down(String node, String reason) implements ClusterNodesEffect {}
}
