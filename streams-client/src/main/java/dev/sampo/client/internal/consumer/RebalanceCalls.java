package dev.sampo.client.internal.consumer;

import dev.sampo.client.AutoSubscription;
import dev.sampo.client.RestrictedConsumer;
import dev.sampo.client.TopicPartitionsAssigned;
import dev.sampo.client.TopicPartitionsRevoked;
import dev.sampo.client.javadsl.PartitionAssignmentHandler;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.actor.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.CollectionConverters;

/** Tells the application's listener and handler of a rebalance. Handlers may block: one call after the other, elsewhere. */
final class RebalanceCalls {
    private static final Logger log = LoggerFactory.getLogger(RebalanceCalls.class);
    private static final Duration COMMIT_CHECK = Duration.ofMillis(10);
    private static final long COMMIT_WAIT_MS = 5_000;

    private interface Call {
        void on(PartitionAssignmentHandler handler);
    }

    private final Home home;
    private final AutoSubscription subscription;
    private final Executor blocking;
    private final RestrictedConsumer restricted;
    private final Duration warning;
    private CompletionStage<Void> calls = CompletableFuture.completedFuture(null);

    RebalanceCalls(
            Home home, AutoSubscription subscription, Executor blocking, RestrictedConsumer restricted, Duration warning) {
        this.home = home;
        this.subscription = subscription;
        this.blocking = blocking;
        this.restricted = restricted;
        this.warning = warning;
    }

    AutoSubscription subscription() {
        return subscription;
    }

    void tellAssigned(Set<TopicPartition> partitions) {
        tell(new TopicPartitionsAssigned(subscription, CollectionConverters.asScala(partitions).toSet()));
    }

    void tellRevoked(Set<TopicPartition> partitions) {
        tell(new TopicPartitionsRevoked(subscription, CollectionConverters.asScala(partitions).toSet()));
    }

    private void tell(Object event) {
        if (subscription.rebalanceListener().isDefined()) {
            subscription.rebalanceListener().get().tell(event, ActorRef.noSender());
        }
    }

    void onAssign(Set<TopicPartition> partitions, Runnable then) {
        call(partitions, handler -> handler.onAssign(partitions, restricted), then);
    }

    void onRevoke(Set<TopicPartition> partitions, Runnable then) {
        call(partitions, handler -> handler.onRevoke(partitions, restricted), then);
    }

    /** The group took these away unasked. */
    void lost(String groupId, Grouping.Owner owner, Set<TopicPartition> partitions) {
        log.atWarn().addKeyValue("group", groupId).addKeyValue("lost", partitions).log("the group went on without this consumer");
        tellRevoked(partitions);
        owner.revoke(partitions);
        call(partitions, handler -> handler.onLost(partitions, restricted), () -> {});
    }

    /** Completes when the handler has returned. */
    CompletionStage<Void> onStop(Set<TopicPartition> partitions) {
        PartitionAssignmentHandler handler = subscription.partitionAssignmentHandler();
        return PartitionAssignmentHandler.NONE.equals(handler)
                ? calls
                : calls.thenRunAsync(() -> handler.onStop(partitions, restricted), blocking);
    }

    /** Calls the handler behind earlier calls; then goes on at home. */
    private void call(Set<TopicPartition> partitions, Call call, Runnable then) {
        PartitionAssignmentHandler handler = subscription.partitionAssignmentHandler();
        if (!partitions.isEmpty() && !PartitionAssignmentHandler.NONE.equals(handler)) {
            calls = calls.thenRunAsync(() -> timed(handler, call), blocking);
        }
        home.home(calls, done -> then.run(), home::fail);
    }

    private void timed(PartitionAssignmentHandler handler, Call call) {
        long startNanos = System.nanoTime();
        call.on(handler);
        long tookMs = (System.nanoTime() - startNanos) / 1_000_000;
        if (tookMs > warning.toMillis()) {
            log.atWarn().addKeyValue("tookMs", tookMs).log("a partition assignment handler is slow");
        }
    }

    /** Goes on when no commit for these is under way, or after 5 s. */
    void whenCommitted(Grouping.Owner owner, Predicate<TopicPartition> which, Runnable then) {
        whenCommitted(owner, which, home.nowMs() + COMMIT_WAIT_MS, then);
    }

    private void whenCommitted(
            Grouping.Owner owner, Predicate<TopicPartition> which, long deadlineMs, Runnable then) {
        if (owner.commitsAreIdle(which) || home.nowMs() >= deadlineMs) {
            then.run();
        } else {
            home.later(COMMIT_CHECK, () -> whenCommitted(owner, which, deadlineMs, then));
        }
    }
}
