package dev.sampo.cluster;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.kafka.connection.KafkaListener;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/**
 * Things that happen to a broker now and then, made to happen: for tests of clients. Each is an ordinary event of the
 * broker's life, so that what follows is what follows in production too.
 */
public final class BrokerFaults {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final int brokerId;
    private final long incarnation;
    private final ActorSystem<?> system;
    private final MetadataImages images;
    private final ActorRef<Controller.Command> controller;
    private final List<KafkaListener> listeners;

    BrokerFaults(
            int brokerId, long incarnation, ActorSystem<?> system, MetadataImages images,
            ActorRef<Controller.Command> controller, List<KafkaListener> listeners) {
        this.brokerId = brokerId;
        this.incarnation = incarnation;
        this.system = system;
        this.images = images;
        this.controller = controller;
        this.listeners = listeners;
    }

    /**
     * Closes the connections of clients at once, with requests in flight unanswered.
     *
     * @param clientId those whose last request bore this {@code client.id}; null for all
     * @return how many were closed
     */
    public CompletionStage<Integer> dropConnections(@Nullable String clientId) {
        CompletableFuture<Integer> dropped = CompletableFuture.completedFuture(0);
        for (KafkaListener listener : listeners) {
            dropped = dropped.thenCombine(listener.closeConnections(clientId), Integer::sum);
        }
        return dropped;
    }

    /** While true, every new connection is closed as soon as it is accepted. Completes when that is in force. */
    public CompletionStage<Void> refuseConnections(boolean refuse) {
        return CompletableFuture.allOf(listeners.stream()
                .map(listener -> listener.refuseConnections(refuse).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    }

    /**
     * Has the controller grant a new leader epoch for the placement group of a partition, as after a failover: the
     * leader steps down, clients that know the old epoch are told so, and the group is led again within about a second.
     *
     * @return the new leader epoch; fails with {@link IllegalArgumentException} when there is no such partition
     */
    public CompletionStage<Integer> fenceEpoch(String topic, int partition) {
        MetadataImage image = images.current();
        Topic found = image.topic(topic);
        if (found == null || partition < 0 || partition >= found.partitionGroups().size()) {
            return CompletableFuture.failedFuture(new IllegalArgumentException(
                    "there is no partition " + topic + "-" + partition + ": create the topic first"));
        }
        String group = image.groupOf(found, partition).id();
        CompletionStage<BecomeLeaderReply> reply = AskPattern.ask(
                controller,
                (ActorRef<BecomeLeaderReply> replyTo) ->
                        new BecomeLeader(group, brokerId, incarnation, image.offset(), replyTo),
                TIMEOUT, system.scheduler());
        return reply.thenApply(granted -> {
            if (granted.error() != KafkaError.NONE) {
                throw new IllegalStateException("the controller grants no new epoch for " + topic + "-" + partition
                        + ": " + granted.error());
            }
            return granted.leaderEpoch();
        });
    }
}
