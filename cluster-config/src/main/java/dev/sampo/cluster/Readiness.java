package dev.sampo.cluster;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.http.HealthCheck;
import dev.sampo.kafka.connection.KafkaListener;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/** What must hold before this broker should get traffic, for {@code /health/ready}. */
final class Readiness {
    private final int brokerId;
    private final Cluster cluster;
    private final MetadataImages images;
    private final PartitionRegistry registry;
    private final List<KafkaListener> listeners;
    private volatile long registrationOffset = Long.MAX_VALUE;

    Readiness(
            int brokerId, Cluster cluster, MetadataImages images, PartitionRegistry registry,
            List<KafkaListener> listeners) {
        this.brokerId = brokerId;
        this.cluster = cluster;
        this.images = images;
        this.registry = registry;
        this.listeners = listeners;
    }

    /** The controller took the registration; the metadata must show it. */
    void registered(long metadataOffset) {
        registrationOffset = metadataOffset;
    }

    List<HealthCheck> checks() {
        return List.of(
                check("cluster-member", this::membership), check("metadata", this::metadata),
                check("log-recovery", this::recovery), check("kafka-listener", this::listening));
    }

    private static HealthCheck check(String name, Supplier<@Nullable String> reason) {
        Supplier<CompletionStage<@Nullable String>> check = () -> CompletableFuture.completedFuture(reason.get());
        return new HealthCheck(name, check);
    }

    private @Nullable String membership() {
        MemberStatus status = cluster.selfMember().status();
        return status.equals(MemberStatus.up()) ? null : "this node is " + status + " in the cluster, not Up";
    }

    private @Nullable String metadata() {
        MetadataImage image = images.current();
        if (registrationOffset == Long.MAX_VALUE) {
            return "the controller has not registered this broker yet";
        }
        if (image.offset() < registrationOffset) {
            return "the metadata is read up to offset " + image.offset() + " of " + registrationOffset;
        }
        return image.isLive(brokerId) ? null : "the controller has fenced this broker";
    }

    /** A partition is entered in the registry when its log was recovered and it serves. */
    private @Nullable String recovery() {
        MetadataImage image = images.current();
        int led = 0;
        int served = 0;
        for (MetadataImage.Topic topic : image.topics().values()) {
            for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
                if (image.groupOf(topic, partition).leader() == brokerId) {
                    led++;
                    served += registry.find(new TopicIdPartition(topic.id(), partition)) == null ? 0 : 1;
                }
            }
        }
        return served == led ? null : served + " of " + led + " partitions led here are open";
    }

    private @Nullable String listening() {
        return listeners.stream().allMatch(KafkaListener::isOpen) ? null : "a listener for clients is closed";
    }
}
