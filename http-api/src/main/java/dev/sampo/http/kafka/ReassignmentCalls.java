package dev.sampo.http.kafka;

import dev.sampo.http.body.MoveBodies.CancelledMove;
import dev.sampo.http.body.MoveBodies.CancelledMoves;
import dev.sampo.http.body.MoveBodies.MoveResult;
import dev.sampo.http.body.MoveBodies.MoveResults;
import dev.sampo.http.body.MoveBodies.NewReassignments;
import dev.sampo.http.body.MoveBodies.Reassignment;
import dev.sampo.http.body.MoveBodies.Reassignments;
import dev.sampo.http.body.MoveBodies.WantedReplicas;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Partitions that move to other brokers. */
public final class ReassignmentCalls {
    /** What became of one partition; {@code error} is null when it was not refused. */
    record Result(@Nullable String error, @Nullable String message) {
        static final Result DONE = new Result(null, null);
    }

    private final BrokerCalls broker;
    private final ThrottleCalls throttle;
    private final MetadataImages images;

    /** {@code images} say where partitions are. */
    public ReassignmentCalls(BrokerCalls broker, ThrottleCalls throttle, MetadataImages images) {
        this.broker = broker;
        this.throttle = throttle;
        this.images = images;
    }

    /** Those under way, by topic and partition. */
    public CompletionStage<Reassignments> underWay() {
        var request = new ListPartitionReassignmentsRequestData().setTimeoutMs(broker.timeoutMs()).setTopics(null);
        return broker.call(ApiKeys.LIST_PARTITION_REASSIGNMENTS, 0, request, ListPartitionReassignmentsResponseData.class)
                .thenApply(response -> {
                    KafkaProblems.check(response.errorCode(), response.errorMessage());
                    var all = new ArrayList<Reassignment>();
                    response.topics().forEach(topic -> topic.partitions().forEach(partition -> all.add(new Reassignment(
                            topic.name(), partition.partitionIndex(), partition.replicas(), partition.addingReplicas(),
                            partition.removingReplicas()))));
                    all.sort(Comparator.comparing(Reassignment::topic).thenComparingInt(Reassignment::partition));
                    return new Reassignments(all);
                });
    }

    /** Begins moves; a dry run says from where, and refuses topics and partitions that are not there. */
    public CompletionStage<MoveResults> start(NewReassignments wanted, boolean dryRun) {
        if (wanted.reassignments() == null || wanted.reassignments().isEmpty()) {
            throw Problem.invalid("reassignments", "Name at least one partition.");
        }
        Map<TopicPartition, @Nullable List<Integer>> lists = new LinkedHashMap<>();
        var moves = new ArrayList<MoveResult>();
        for (int i = 0; i < wanted.reassignments().size(); i++) {
            WantedReplicas each = wanted.reassignments().get(i);
            String field = "reassignments.[" + i + "]";
            if (each == null || each.topic() == null || each.replicas() == null || each.replicas().contains(null)) {
                throw Problem.invalid(field, "A topic, a partition and a list of broker ids are expected.");
            }
            var id = new TopicPartition(each.topic(), each.partition());
            List<Integer> from = replicas(images.current(), id);
            if (lists.put(id, each.replicas()) != null) {
                throw Problem.invalid(field, "The partition is named twice.");
            }
            moves.add(new MoveResult(
                    each.topic(), each.partition(), from == null ? List.of() : from, each.replicas(), null,
                    dryRun && from == null ? Errors.UNKNOWN_TOPIC_OR_PARTITION.name() : null, null));
        }
        if (dryRun) {
            ThrottleCalls.check(wanted.throttleBytesPerSecond());
            return CompletableFuture.completedFuture(new MoveResults(moves, true));
        }
        return begin(moves, wanted.throttleBytesPerSecond()).thenApply(done -> new MoveResults(done, false));
    }

    /** Begins moves that are known to be wanted, with a throttle that ends when nothing moves any more. */
    CompletionStage<List<MoveResult>> begin(List<MoveResult> moves, @Nullable Long bytesPerSecond) {
        ThrottleCalls.check(bytesPerSecond);
        Map<TopicPartition, @Nullable List<Integer>> lists = new LinkedHashMap<>();
        moves.forEach(move -> lists.put(new TopicPartition(move.topic(), move.partition()), move.to()));
        CompletionStage<Map<TopicPartition, Result>> begun = bytesPerSecond == null
                ? alter(lists)
                : throttle.set(moves, bytesPerSecond)
                        .thenCompose(set -> alter(lists))
                        .whenComplete((results, failure) -> throttle.begun());
        return begun
                .thenApply(results -> moves.stream()
                        .map(move -> {
                            Result result = results.getOrDefault(
                                    new TopicPartition(move.topic(), move.partition()), Result.DONE);
                            return new MoveResult(
                                    move.topic(), move.partition(), move.from(), move.to(), move.reason(), result.error(),
                                    result.message());
                        })
                        .toList());
    }

    /**
     * Ends moves where they began.
     *
     * @param topic null for all moves under way
     * @param partition null for all of the topic that are under way
     */
    public CompletionStage<CancelledMoves> cancel(@Nullable String topic, @Nullable Integer partition, boolean dryRun) {
        return underWay().thenCompose(under -> {
            Map<TopicPartition, @Nullable List<Integer>> lists = new LinkedHashMap<>();
            under.reassignments().stream()
                    .filter(each -> topic == null || each.topic().equals(topic))
                    .filter(each -> partition == null || each.partition() == partition)
                    .forEach(each -> lists.put(new TopicPartition(each.topic(), each.partition()), null));
            if (lists.isEmpty() && topic != null) {
                throw Problem.notFound(
                        "no-reassignment-in-progress", "Nothing moves there",
                        "No partition of topic \"" + topic + "\" that was asked for moves.");
            }
            CompletionStage<Map<TopicPartition, Result>> done = dryRun || lists.isEmpty()
                    ? CompletableFuture.completedFuture(Map.of())
                    : alter(lists);
            return done.thenApply(results -> new CancelledMoves(
                    lists.keySet().stream()
                            .map(id -> {
                                Result result = results.getOrDefault(id, Result.DONE);
                                return new CancelledMove(id.topic(), id.partition(), result.error(), result.message());
                            })
                            .toList(),
                    dryRun));
        });
    }

    /** A null list cancels. */
    private CompletionStage<Map<TopicPartition, Result>> alter(Map<TopicPartition, @Nullable List<Integer>> lists) {
        var topics = new LinkedHashMap<String, ReassignableTopic>();
        lists.forEach((id, replicas) -> topics.computeIfAbsent(id.topic(), name -> new ReassignableTopic().setName(name))
                .partitions()
                .add(new ReassignablePartition().setPartitionIndex(id.partition()).setReplicas(replicas)));
        var request = new AlterPartitionReassignmentsRequestData()
                .setTimeoutMs(broker.timeoutMs())
                .setAllowReplicationFactorChange(true)
                .setTopics(new ArrayList<>(topics.values()));
        return broker.call(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 1, request, AlterPartitionReassignmentsResponseData.class)
                .thenApply(response -> {
                    KafkaProblems.check(response.errorCode(), response.errorMessage());
                    Map<TopicPartition, Result> results = new HashMap<>();
                    response.responses().forEach(topic -> topic.partitions().forEach(partition -> {
                        Errors error = Errors.forCode(partition.errorCode());
                        if (error != Errors.NONE) {
                            String message = partition.errorMessage();
                            results.put(
                                    new TopicPartition(topic.name(), partition.partitionIndex()),
                                    new Result(error.name(), message == null ? error.message() : message));
                        }
                    }));
                    return results;
                });
    }

    /** Null when there is no such partition. */
    static @Nullable List<Integer> replicas(MetadataImage image, TopicPartition id) {
        MetadataImage.Topic topic = image.topic(id.topic());
        return topic == null || id.partition() < 0 || id.partition() >= topic.partitionGroups().size()
                ? null
                : image.groupOf(topic, id.partition()).replicas();
    }
}
