package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The metadata image as clients are told it: brokers by listener, leaders that can be reached, replicas offline. */
public final class ClusterView {
    /** A broker and where it is reached on one listener. */
    public record Node(Broker broker, Endpoint endpoint) {}

    private final String clusterId;
    private final int brokerId;
    private final MetadataImages images;

    /** {@code brokerId} is this broker. */
    public ClusterView(String clusterId, int brokerId, MetadataImages images) {
        this.clusterId = clusterId;
        this.brokerId = brokerId;
        this.images = images;
    }

    /** Never changes in the life of a cluster. */
    public String clusterId() {
        return clusterId;
    }

    /** This broker. */
    public int brokerId() {
        return brokerId;
    }

    /** The newest image. A handler takes it once per request. */
    public MetadataImage image() {
        return images.current();
    }

    /**
     * The broker that clients send controller requests to: every broker takes them, so it is this one, once it is
     * registered; -1 before.
     */
    public int controllerId(MetadataImage image, String listener) {
        return alive(image, brokerId, listener) == null ? -1 : brokerId;
    }

    /** The broker on this listener, null when it is unknown, fenced or has no such listener. */
    public static @Nullable Node alive(MetadataImage image, int brokerId, String listener) {
        Broker broker = image.brokers().get(brokerId);
        if (broker == null || broker.fenced()) {
            return null;
        }
        Endpoint endpoint = endpoint(broker, listener);
        return endpoint == null ? null : new Node(broker, endpoint);
    }

    /** Brokers with this listener, by id. */
    public static List<Node> brokers(MetadataImage image, String listener, boolean fencedToo) {
        var nodes = new ArrayList<Node>();
        for (Broker broker : image.brokers().values()) {
            Endpoint endpoint = endpoint(broker, listener);
            if (endpoint != null && (fencedToo || !broker.fenced())) {
                nodes.add(new Node(broker, endpoint));
            }
        }
        nodes.sort(Comparator.comparingInt(node -> node.broker().id()));
        return nodes;
    }

    /** The replicas that a client of this listener cannot reach, in replica order. */
    public static List<Integer> offlineReplicas(MetadataImage image, List<Integer> replicas, String listener) {
        var offline = new ArrayList<Integer>(0);
        for (int replica : replicas) {
            if (alive(image, replica, listener) == null) {
                offline.add(replica);
            }
        }
        return offline;
    }

    /** True when the topic has this partition. */
    public static boolean hasPartition(Topic topic, int partition) {
        return partition >= 0 && partition < topic.partitionGroups().size();
    }

    private static @Nullable Endpoint endpoint(Broker broker, String listener) {
        for (Endpoint endpoint : broker.endpoints()) {
            if (endpoint.listener().equals(listener)) {
                return endpoint;
            }
        }
        return null;
    }
}
