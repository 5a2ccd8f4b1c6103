package dev.sampo.cluster;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataFollower;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.sharding.TopicSettingsSource;
import dev.sampo.persistence.reserve.DiskReserve;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the start of a broker waits for. Each wait ends when the cluster shuts the broker out, and says what lasts long. */
record StartWaits(int brokerId, ActorSystem<?> system, MetadataFollower images) {
    private static final Logger log = LoggerFactory.getLogger(StartWaits.class);
    private static final Duration LEADERSHIP_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration MEMBERSHIP_TIMEOUT = Duration.ofSeconds(60);

    /**
     * A broker that cannot write stays away as long as others can do without it: in sync it would hold up producers, and
     * it comes back for good once it can.
     */
    void storage(DataFolder folder, DiskReserve reserve, TopicSettingsSource topicSettings) {
        for (int attempt = 0; ; attempt++) {
            String trouble = reserve.hasRoom() ? null : "its disk is full";
            try {
                folder.probe();
            } catch (IOException e) {
                trouble = "its disk does not take writes: " + e;
            }
            if (trouble == null
                    || !StorageTrouble.othersCanDoWithout(images.current(), brokerId, topicSettings)) {
                return;
            }
            if (system.whenTerminated().isCompleted()) {
                throw new ShutOutException();
            }
            if (attempt % 20 == 0) {
                log.atWarn().addKeyValue("brokerId", brokerId).log("waits with its start: {}", trouble);
            }
            pause(500);
        }
    }

    /**
     * The broker that leads the metadata registers before it is in the cluster; others could not. Begins anew when that
     * takes too long: the cluster that is being joined may have ended before it took this node.
     */
    void membership() {
        Cluster cluster = Cluster.get(system);
        long begin = System.nanoTime();
        for (int attempt = 1; !cluster.selfMember().status().equals(MemberStatus.up()); attempt++) {
            if (system.whenTerminated().isCompleted()) {
                throw new ShutOutException();
            }
            if (attempt % 500 == 0) {
                log.atWarn().addKeyValue("members", cluster.state().getMembers())
                        .log("waits to be a member of the cluster: all its members must reach each other");
            }
            if (System.nanoTime() - begin > MEMBERSHIP_TIMEOUT.toNanos()
                    && !cluster.selfMember().status().equals(MemberStatus.removed())) {
                throw new ShutOutException();
            }
            pause(20);
        }
    }

    /** The log holds this broker's registration; it comes from the voter that leads. */
    void metadata(long offset) {
        CompletableFuture<?> reached = CompletableFuture.anyOf(
                images.reached(offset).toCompletableFuture(), system.getWhenTerminated().toCompletableFuture());
        while (!reached.isDone()) {
            try {
                reached.get(10, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                log.atWarn().addKeyValue("metadataOffset", images.current().offset())
                        .addKeyValue("awaitedOffset", offset)
                        .log("waits for the metadata: the voter that leads must be reached");
            } catch (InterruptedException | ExecutionException e) {
                throw new StartException("the metadata could not be read: " + e, e);
            }
        }
        if (system.whenTerminated().isCompleted()) {
            throw new ShutOutException();
        }
    }

    /** Waits until all that this broker has a part in is led, and served if it is led here: a client that comes now is. */
    void leadership(PartitionRegistry registry) {
        var served = new CompletableFuture<Void>();
        Runnable look = () -> {
            if (unserved(registry) == 0) {
                served.complete(null);
            }
        };
        Runnable stopRegistry = registry.subscribe((entry, entered) -> {
            if (entered) {
                look.run();
            }
        });
        Runnable stopImages = images.subscribe((before, now) -> {
            if (concernsLeadership(before, now)) {
                look.run();
            }
        });
        look.run();
        try {
            CompletableFuture.anyOf(served, system.getWhenTerminated().toCompletableFuture())
                    .get(LEADERSHIP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.atWarn().addKeyValue("partitions", unserved(registry))
                    .log("serves, but not all partitions yet");
        } catch (InterruptedException | ExecutionException e) {
            throw new StartException("interrupted while the partitions start", e);
        } finally {
            stopRegistry.run();
            stopImages.run();
        }
        if (!served.isDone() && system.whenTerminated().isCompleted()) {
            throw new ShutOutException();
        }
    }

    @SuppressWarnings("ReferenceEquality") // what an event did not touch is the same object; equals walks whole maps
    private static boolean concernsLeadership(MetadataImage before, MetadataImage now) {
        return before.groups() != now.groups() || before.brokers() != now.brokers();
    }

    /** Partitions that somebody could serve and nobody does: led nowhere, or led here and not open yet. */
    private int unserved(PartitionRegistry registry) {
        MetadataImage image = images.current();
        int unserved = 0;
        for (var entry : image.groupPartitions().entrySet()) {
            MetadataImage.PlacementGroup group = image.groups().get(entry.getKey());
            if (group == null || !group.replicas().contains(brokerId)
                    || group.inSyncReplicas().stream().noneMatch(image::isLive)) {
                continue;
            }
            for (TopicIdPartition id : entry.getValue()) {
                boolean led = group.leader() == brokerId
                        ? registry.find(id) != null
                        : image.isLive(group.leader());
                unserved += led ? 0 : 1;
            }
        }
        return unserved;
    }

    /** Between two looks. */
    static void pause(int milliseconds) {
        try {
            TimeUnit.MILLISECONDS.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while waiting for the cluster", e);
        }
    }
}
