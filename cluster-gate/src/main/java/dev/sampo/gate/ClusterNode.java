package dev.sampo.gate;

import org.apache.pekko.cluster.UniqueAddress;

/**
 * The name of a node of the cluster in one run of its process: {@code pekko://sampo@10.0.0.1:7355#-1234567}, address and uid.
 * Groups store it in the place of the host of a member that lives there, as Kafka's records have it, so that whoever
 * coordinates the group later knows it too. The host of any other client begins with a slash.
 */
public final class ClusterNode {
    private static final String SCHEME = "pekko";

    private ClusterNode() {}

    /** The node's name. */
    public static String of(UniqueAddress node) {
        return node.address() + "#" + node.longUid();
    }

    /** Whether a client's host is a node of the cluster. */
    public static boolean isOne(String host) {
        return host.startsWith(SCHEME) && host.indexOf('#') > 0;
    }
}
