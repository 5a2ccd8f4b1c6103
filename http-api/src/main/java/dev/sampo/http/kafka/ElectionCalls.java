package dev.sampo.http.kafka;

import dev.sampo.http.body.MoveBodies.Election;
import dev.sampo.http.body.MoveBodies.ElectionResult;
import dev.sampo.http.body.MoveBodies.ElectionResults;
import dev.sampo.http.body.MoveBodies.ElectionTopic;
import dev.sampo.http.body.MoveBodies.Quorum;
import dev.sampo.http.body.MoveBodies.QuorumMember;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitionsCollection;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Leaders: of partitions, elected; of the metadata log, shown with its members. */
public final class ElectionCalls {
    private static final byte PREFERRED = 0;
    private static final byte UNCLEAN = 1;

    private final BrokerCalls broker;
    private final MetadataImages images;

    /** {@code images} say which partitions there are. */
    public ElectionCalls(BrokerCalls broker, MetadataImages images) {
        this.broker = broker;
        this.images = images;
    }

    /** Elects, or says which partitions need it. Partitions that need none are left out. */
    public CompletionStage<ElectionResults> elect(Election wanted, boolean dryRun) {
        byte type = switch (wanted.type()) {
            case "preferred" -> PREFERRED;
            case "unclean" -> UNCLEAN;
            case null, default -> throw Problem.invalid("type", "It is preferred or unclean.");
        };
        MetadataImage image = images.current();
        Map<String, List<Integer>> partitions = partitions(image, wanted.topics());
        if (dryRun) {
            return CompletableFuture.completedFuture(new ElectionResults(needed(image, partitions, type), true));
        }
        var topics = new TopicPartitionsCollection();
        partitions.forEach((topic, ids) -> topics.add(new TopicPartitions().setTopic(topic).setPartitions(ids)));
        var request = new ElectLeadersRequestData()
                .setElectionType(type)
                .setTimeoutMs(broker.timeoutMs())
                .setTopicPartitions(topics);
        return broker.call(ApiKeys.ELECT_LEADERS, 2, request, ElectLeadersResponseData.class).thenApply(response -> {
            KafkaProblems.check(response.errorCode(), null);
            var results = new ArrayList<ElectionResult>();
            response.replicaElectionResults().forEach(topic -> topic.partitionResult().forEach(partition -> {
                Errors error = Errors.forCode(partition.errorCode());
                if (error != Errors.ELECTION_NOT_NEEDED) {
                    boolean elected = error == Errors.NONE;
                    results.add(new ElectionResult(
                            topic.topic(), partition.partitionId(), elected ? null : error.name(),
                            elected ? null : text(error, partition.errorMessage())));
                }
            }));
            results.sort(Comparator.comparing(ElectionResult::topic).thenComparingInt(ElectionResult::partition));
            return new ElectionResults(results, false);
        });
    }

    private static String text(Errors error, @Nullable String message) {
        return message == null ? error.message() : message;
    }

    private static Map<String, List<Integer>> partitions(MetadataImage image, @Nullable List<ElectionTopic> wanted) {
        Map<String, List<Integer>> partitions = new TreeMap<>();
        if (wanted == null) {
            image.topics().values().forEach(topic -> partitions.put(topic.name(), all(topic)));
            return partitions;
        }
        for (int i = 0; i < wanted.size(); i++) {
            ElectionTopic each = wanted.get(i);
            String field = "topics.[" + i + "]";
            if (each == null || each.topic() == null) {
                throw Problem.invalid(field, "A topic is expected.");
            }
            MetadataImage.Topic topic = image.topic(each.topic());
            List<Integer> ids = each.partitions();
            if (ids != null && ids.contains(null)) {
                throw Problem.invalid(field + ".partitions", "Numbers are expected.");
            }
            if (ids == null && topic == null) {
                throw Problem.notFound(
                        "unknown-topic-or-partition", "There is no such topic", "There is no topic \"" + each.topic() + "\".");
            }
            List<Integer> chosen = ids != null ? List.copyOf(new TreeSet<>(ids)) : topic == null ? List.of() : all(topic);
            if (partitions.put(each.topic(), chosen) != null) {
                throw Problem.invalid(field, "The topic is named twice.");
            }
        }
        return partitions;
    }

    private static List<Integer> all(MetadataImage.Topic topic) {
        return IntStream.range(0, topic.partitionGroups().size()).boxed().toList();
    }

    /** The same as the controller finds, with the metadata as this broker has them. */
    private static List<ElectionResult> needed(MetadataImage image, Map<String, List<Integer>> partitions, byte type) {
        var needed = new ArrayList<ElectionResult>();
        partitions.forEach((name, ids) -> {
            MetadataImage.Topic topic = image.topic(name);
            for (int id : ids) {
                if (topic == null || id < 0 || id >= topic.partitionGroups().size()) {
                    needed.add(new ElectionResult(
                            name, id, Errors.UNKNOWN_TOPIC_OR_PARTITION.name(), Errors.UNKNOWN_TOPIC_OR_PARTITION.message()));
                    continue;
                }
                PlacementGroup group = image.groupOf(topic, id);
                boolean needs = type == PREFERRED
                        ? group.leader() != group.replicas().getFirst()
                        : group.leader() < 0 || !image.isLive(group.leader());
                if (needs) {
                    needed.add(new ElectionResult(name, id, null, null));
                }
            }
        });
        return needed;
    }

    /** The members of the metadata log, its leader first, then voters, then others, by id. */
    public CompletionStage<Quorum> quorum() {
        var request = new DescribeQuorumRequestData();
        request.topics().add(new DescribeQuorumRequestData.TopicData().setTopicName(Topic.CLUSTER_METADATA_TOPIC_NAME));
        request.topics().getFirst().partitions().add(new DescribeQuorumRequestData.PartitionData().setPartitionIndex(0));
        return broker.call(ApiKeys.DESCRIBE_QUORUM, 2, request, DescribeQuorumResponseData.class).thenApply(response -> {
            KafkaProblems.check(response.errorCode(), response.errorMessage());
            PartitionData log = response.topics().getFirst().partitions().getFirst();
            KafkaProblems.check(log.errorCode(), log.errorMessage());
            Map<Integer, String> endpoints = new HashMap<>();
            response.nodes().forEach(node -> node.listeners().forEach(
                    listener -> endpoints.put(node.nodeId(), listener.host() + ":" + listener.port())));
            long end = log.currentVoters().stream()
                    .filter(voter -> voter.replicaId() == log.leaderId())
                    .mapToLong(ReplicaState::logEndOffset)
                    .findFirst()
                    .orElse(-1);
            var members = new ArrayList<QuorumMember>();
            log.currentVoters().forEach(voter -> members.add(member(
                    voter, voter.replicaId() == log.leaderId() ? "leader" : "voter", end, endpoints.get(voter.replicaId()))));
            log.observers().forEach(observer -> members.add(member(observer, "observer", end, null)));
            members.sort(Comparator.comparing((QuorumMember each) -> each.role().equals("observer"))
                    .thenComparing(each -> !each.role().equals("leader"))
                    .thenComparingInt(QuorumMember::brokerId));
            return new Quorum(log.leaderId(), log.leaderEpoch(), log.highWatermark(), members);
        });
    }

    private static QuorumMember member(ReplicaState state, String role, long end, @Nullable String endpoint) {
        return new QuorumMember(
                state.replicaId(), role, state.logEndOffset(),
                end < 0 || state.logEndOffset() < 0 ? -1 : Math.max(0, end - state.logEndOffset()),
                state.lastFetchTimestamp(), state.lastCaughtUpTimestamp(), endpoint);
    }
}
