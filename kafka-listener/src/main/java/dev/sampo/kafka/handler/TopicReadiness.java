package dev.sampo.kafka.handler;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.Scheduler;
import scala.concurrent.ExecutionContext;

/**
 * Waits until new topics can be used: every partition has a leader in the image, and those led by this broker serve.
 * A leader enters the registry on its own thread and tells nobody, so this looks again, at growing intervals.
 */
public final class TopicReadiness {
    private static final long FIRST_LOOK_MS = 1;
    private static final long LONGEST_PAUSE_MS = 32;

    private final int brokerId;
    private final MetadataImages images;
    private final PartitionRegistry registry;
    private final Scheduler scheduler;
    private final ExecutionContext executor;

    /** Looks on {@code executor}. */
    public TopicReadiness(
            int brokerId, MetadataImages images, PartitionRegistry registry, Scheduler scheduler,
            ExecutionContext executor) {
        this.brokerId = brokerId;
        this.images = images;
        this.registry = registry;
        this.scheduler = scheduler;
        this.executor = executor;
    }

    /** Completes when the topics can be used (or are gone again), and in any case after {@code limitMs}. */
    public CompletionStage<Void> usable(Collection<Uuid> topicIds, long limitMs) {
        var done = new CompletableFuture<Void>();
        look(image -> areUsable(image, topicIds), deadline(limitMs), FIRST_LOOK_MS, done);
        return done;
    }

    /** Completes when the image is as wanted, and in any case after {@code limitMs}. */
    public CompletionStage<Void> until(Predicate<MetadataImage> wanted, long limitMs) {
        var done = new CompletableFuture<Void>();
        look(wanted, deadline(limitMs), FIRST_LOOK_MS, done);
        return done;
    }

    private static long deadline(long limitMs) {
        return System.nanoTime() + Duration.ofMillis(limitMs).toNanos();
    }

    /** By the clock: each pause takes longer than it was asked to, and many of them would add up. */
    private void look(Predicate<MetadataImage> wanted, long deadlineNanos, long pauseMs, CompletableFuture<Void> done) {
        long leftNanos = deadlineNanos - System.nanoTime();
        if (leftNanos <= 0 || wanted.test(images.current())) {
            done.complete(null);
            return;
        }
        scheduler.scheduleOnce(
                Duration.ofNanos(Math.min(leftNanos, Duration.ofMillis(pauseMs).toNanos())),
                () -> look(wanted, deadlineNanos, Math.min(2 * pauseMs, LONGEST_PAUSE_MS), done),
                executor);
    }

    private boolean areUsable(MetadataImage image, Collection<Uuid> topicIds) {
        for (Uuid id : topicIds) {
            MetadataImage.Topic topic = image.topic(id);
            int partitions = topic == null ? 0 : topic.partitionGroups().size();
            for (int partition = 0; topic != null && partition < partitions; partition++) {
                int leader = image.groupOf(topic, partition).leader();
                if (leader < 0 || (leader == brokerId && registry.find(new TopicIdPartition(id, partition)) == null)) {
                    return false;
                }
            }
        }
        return true;
    }
}
