package dev.sampo.http.kafka;

import dev.sampo.http.body.MoveBodies.Balance;
import dev.sampo.http.body.MoveBodies.BalancedBroker;
import dev.sampo.http.body.MoveBodies.BrokerFigures;
import dev.sampo.http.body.MoveBodies.MoveResult;
import dev.sampo.http.body.MoveBodies.PlannedMove;
import dev.sampo.partition.balance.BalancePlan;
import dev.sampo.partition.balance.ClusterPicture;
import dev.sampo.partition.balance.ClusterPicture.State;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.placement.Holders;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Plans that make the cluster even. The rule is {@link BalancePlan}; here is where its picture comes from. */
public final class BalanceCalls {
    private final ClusterCalls cluster;
    private final ReassignmentCalls reassignments;
    private final MetadataImages images;
    private final Executor blocking;
    private @Nullable CompletionStage<BalancePlan> making; // for all who ask meanwhile

    /**
     * Sizes come from {@code cluster}, all else of the picture from {@code images}; a plan is made on {@code blocking}, which it
     * keeps for seconds with ten thousand partitions.
     */
    public BalanceCalls(
            ClusterCalls cluster, ReassignmentCalls reassignments, MetadataImages images, Executor blocking) {
        this.cluster = cluster;
        this.reassignments = reassignments;
        this.images = images;
        this.blocking = blocking;
    }

    /** The plan, of which nothing is begun. */
    public CompletionStage<Balance> plan() {
        return make().thenApply(plan -> body(plan, planned(plan), true));
    }

    /** Plans and begins; answers when the moves have begun. */
    public CompletionStage<Balance> apply(@Nullable Long bytesPerSecond) {
        ThrottleCalls.check(bytesPerSecond);
        return make().thenCompose(plan -> {
            List<MoveResult> moves = planned(plan);
            CompletionStage<List<MoveResult>> begun = moves.isEmpty()
                    ? CompletableFuture.completedFuture(moves)
                    : reassignments.begin(moves, bytesPerSecond);
            return begun.thenApply(results -> body(plan, results, false));
        });
    }

    private static List<MoveResult> planned(BalancePlan plan) {
        return plan.moves().stream()
                .map(move -> new MoveResult(
                        move.topic(), move.partition(), move.from(), move.to(), move.reason(), null, null))
                .toList();
    }

    private synchronized CompletionStage<BalancePlan> make() {
        CompletionStage<BalancePlan> under = making;
        if (under != null) {
            return under;
        }
        CompletionStage<BalancePlan> begun = makeOne();
        making = begun;
        var _ = begun.whenComplete((plan, failure) -> made());
        return begun;
    }

    private synchronized void made() {
        making = null;
    }

    private CompletionStage<BalancePlan> makeOne() {
        List<Integer> live = images.current().brokers().values().stream()
                .filter(broker -> !broker.fenced())
                .map(MetadataImage.Broker::id)
                .sorted()
                .toList();
        return BrokerCalls.each(live, this::sizes).thenApplyAsync(all -> {
            Map<TopicPartition, Long> sizes = new HashMap<>();
            all.forEach(some -> some.forEach((id, bytes) -> sizes.merge(id, bytes, Math::max)));
            return BalancePlan.of(picture(images.current(), sizes));
        }, blocking);
    }

    /** In parts, since an answer must fit a frame between brokers. */
    private CompletionStage<Map<TopicPartition, Long>> sizes(int broker) {
        MetadataImage image = images.current();
        var led = new ArrayList<TopicPartition>();
        image.topics().values().forEach(topic -> {
            for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
                if (image.groupOf(topic, partition).leader() == broker) {
                    led.add(new TopicPartition(topic.name(), partition));
                }
            }
        });
        led.sort(Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition));
        return cluster.sizesOn(broker, led);
    }

    private static ClusterPicture picture(MetadataImage image, Map<TopicPartition, Long> sizes) {
        List<ClusterPicture.Broker> brokers = image.brokers().values().stream()
                .map(broker -> new ClusterPicture.Broker(
                        broker.id(), broker.rack(), State.valueOf(ClusterCalls.state(broker).toUpperCase(Locale.ROOT))))
                .toList();
        var partitions = new ArrayList<ClusterPicture.Partition>();
        image.topics().values().forEach(topic -> {
            for (int partition = 0; partition < topic.partitionGroups().size(); partition++) {
                PlacementGroup target = Holders.target(image, topic, partition);
                PlacementGroup group = target == null ? image.groupOf(topic, partition) : target;
                partitions.add(new ClusterPicture.Partition(
                        topic.name(), partition, group.replicas(),
                        sizes.getOrDefault(new TopicPartition(topic.name(), partition), 0L), target != null));
            }
        });
        return new ClusterPicture(brokers, partitions);
    }

    private static Balance body(BalancePlan plan, List<MoveResult> results, boolean dryRun) {
        var moves = new ArrayList<PlannedMove>();
        for (int i = 0; i < results.size(); i++) {
            MoveResult result = results.get(i);
            BalancePlan.Move move = plan.moves().get(i);
            moves.add(new PlannedMove(
                    move.topic(), move.partition(), move.from(), move.to(), move.bytes(), move.reason(), result.error(),
                    result.errorMessage()));
        }
        List<BalancedBroker> brokers = plan.brokers().stream()
                .map(broker -> new BalancedBroker(
                        broker.broker(), broker.rack(), broker.state().name().toLowerCase(Locale.ROOT),
                        figures(broker.before()), figures(broker.after())))
                .toList();
        return new Balance(
                moves, brokers, plan.bytesToMove(), plan.replicaListsBefore(), plan.replicaListsAfter(), dryRun);
    }

    private static BrokerFigures figures(BalancePlan.Load load) {
        return new BrokerFigures(load.replicas(), load.leaders(), load.bytes());
    }
}
