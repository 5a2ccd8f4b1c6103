package dev.sampo.http.kafka;

import dev.sampo.http.body.MoveBodies.BrokerChange;
import dev.sampo.http.body.MoveBodies.DrainRequest;
import dev.sampo.http.body.MoveBodies.Drained;
import dev.sampo.http.body.MoveBodies.MoveResult;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.balance.DrainMoves;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Brokers that are taken out of use, put to use again and forgotten. */
public final class NodeCalls {
    private static final String CORDONED = "cordoned.log.dirs";

    private final BrokerCalls broker;
    private final ClusterCalls cluster;
    private final ReassignmentCalls reassignments;
    private final ThrottleCalls configs;
    private final MetadataImages images;
    private final Executor blocking;

    /** {@code blocking} goes through all partitions. */
    public NodeCalls(
            BrokerCalls broker, ClusterCalls cluster, ReassignmentCalls reassignments, ThrottleCalls configs,
            MetadataImages images, Executor blocking) {
        this.blocking = blocking;
        this.broker = broker;
        this.cluster = cluster;
        this.reassignments = reassignments;
        this.configs = configs;
        this.images = images;
    }

    /** As {@code sampo node drain}, without waiting: answers when the moves have begun, with what is left to wait for. */
    public CompletionStage<Drained> drain(int id, DrainRequest wanted, boolean dryRun) {
        ThrottleCalls.check(wanted.throttleBytesPerSecond());
        return cluster.broker(id).thenComposeAsync(found -> {
            List<MoveResult> moves = Boolean.TRUE.equals(wanted.leadersOnly()) ? List.of() : moves(images.current(), id);
            if (dryRun) {
                return CompletableFuture.completedFuture(new Drained(
                        id, found.state(), found.leads(), found.replicas(), moves, true));
            }
            if (found.fenced()) {
                throw notThere(id);
            }
            return configs.alter(ConfigCalls.Resource.BROKER, Integer.toString(id), CORDONED, "*")
                    .thenCompose(cordoned -> moves.isEmpty()
                            ? CompletableFuture.completedFuture(moves)
                            : reassignments.begin(moves, wanted.throttleBytesPerSecond()))
                    .thenCompose(begun -> cluster.broker(id).thenApply(now -> new Drained(
                            id, "drained", now.leads(), now.replicas(), begun, false)));
        }, blocking);
    }

    /** Those that do not move already. */
    private static List<MoveResult> moves(MetadataImage image, int id) {
        var held = new ArrayList<DrainMoves.Held>();
        image.topics().values().forEach(topic -> {
            for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
                if (!topic.moves().containsKey(partition)) {
                    held.add(new DrainMoves.Held(topic.name(), partition, image.groupOf(topic, partition).replicas()));
                }
            }
        });
        held.sort(Comparator.comparing(DrainMoves.Held::topic).thenComparingInt(DrainMoves.Held::partition));
        List<DrainMoves.Target> targets = image.brokers().values().stream()
                .filter(each -> each.id() != id && ClusterCalls.state(each).equals("live"))
                .map(each -> new DrainMoves.Target(each.id(), each.rack()))
                .toList();
        try {
            return DrainMoves.off(id, held, targets).stream()
                    .map(move -> new MoveResult(
                            move.topic(), move.partition(), move.from(), move.to(), move.why(), null, null))
                    .toList();
        } catch (DrainMoves.NoTargetException e) {
            throw Problem.of(
                            409, "no-broker-left", "No broker is left for the replicas",
                            e.getMessage() + "; add a broker, or ask with leaders_only.")
                    .exception();
        }
    }

    private static RuntimeException notThere(int id) {
        return Problem.of(
                        503, "broker-not-available", "The broker is not there",
                        "Broker " + id + " is down, and only it can change its settings: start it, or move its replicas "
                                + "with POST /v1/reassignments.")
                .exception();
    }

    /** Puts a drained broker to use again. */
    public CompletionStage<BrokerChange> undrain(int id, boolean dryRun) {
        return cluster.broker(id).thenCompose(found -> {
            if (dryRun) {
                return CompletableFuture.completedFuture(new BrokerChange(id, found.fenced() ? "down" : "live", true));
            }
            if (found.fenced()) {
                throw notThere(id);
            }
            return configs.alter(ConfigCalls.Resource.BROKER, Integer.toString(id), CORDONED, null)
                    .thenApply(done -> new BrokerChange(id, "live", false));
        });
    }

    /** Forgets a broker that is stopped and holds nothing. */
    public CompletionStage<BrokerChange> remove(int id, boolean dryRun) {
        return cluster.broker(id).thenCompose(found -> {
            if (dryRun) {
                if (!found.fenced() || found.replicas() > 0) {
                    throw Problem.of(
                                    409, "broker-in-use", "The broker is in use",
                                    "Broker " + id + " is " + found.state() + " and holds " + found.replicas()
                                            + " replicas: drain and stop it first.")
                            .exception();
                }
                return CompletableFuture.completedFuture(new BrokerChange(id, "removed", true));
            }
            var request = new UnregisterBrokerRequestData().setBrokerId(id);
            return broker.call(ApiKeys.UNREGISTER_BROKER, 0, request, UnregisterBrokerResponseData.class)
                    .thenApply(response -> {
                        KafkaProblems.check(response.errorCode(), response.errorMessage());
                        return new BrokerChange(id, "removed", false);
                    });
        });
    }
}
