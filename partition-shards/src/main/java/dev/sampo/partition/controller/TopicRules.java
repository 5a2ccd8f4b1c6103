package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.CreatePartitions;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.CreateTopicsReply;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.MorePartitions;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.TopicResult;
import dev.sampo.partition.placement.PlacementGroups;
import dev.sampo.partition.placement.PlacementGroups.PlacementException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** Topics: created, deleted, given more partitions. Pure; answers, codes and texts as Kafka 4.4's controller. */
final class TopicRules {
    private static final ItemResult OK = new ItemResult(KafkaError.NONE, null);

    private final ControllerSettings settings;
    private final ConfigRules configs;
    private final Supplier<Uuid> topicIds;
    private final InSyncRules inSync;

    TopicRules(ControllerSettings settings, ConfigRules configs, Supplier<Uuid> topicIds, InSyncRules inSync) {
        this.inSync = inSync;
        this.settings = settings;
        this.configs = configs;
        this.topicIds = topicIds;
    }

    Decision<CreateTopicsReply> create(MetadataImage image, CreateTopics command) {
        long partitions = 0;
        var names = new HashMap<String, Integer>();
        for (NewTopic topic : command.topics()) {
            partitions += requestedPartitions(topic);
            names.merge(topic.name(), 1, Integer::sum);
        }
        var draft = new Draft(image);
        var results = new ArrayList<TopicResult>();
        for (NewTopic topic : command.topics()) {
            TopicResult result;
            try {
                if (names.getOrDefault(topic.name(), 0) > 1) {
                    throw new RefusedException(KafkaError.INVALID_REQUEST, "Duplicate topic name.");
                }
                if (topic.name().equals(TopicNames.CLUSTER_METADATA)) {
                    throw new RefusedException(KafkaError.INVALID_REQUEST,
                            "Creation of internal topic " + TopicNames.CLUSTER_METADATA + " is prohibited.");
                }
                if (partitions > settings.maxPartitionsPerRequest()) {
                    throw new RefusedException(KafkaError.POLICY_VIOLATION,
                            "Excessively large number of partitions per request.");
                }
                result = create(draft, topic);
            } catch (RefusedException e) {
                result = new TopicResult(topic.name(), e.error(), e.text(), Uuid.ZERO_UUID, -1, (short) -1);
            }
            results.add(result);
        }
        inSync.prune(draft);
        return command.validateOnly()
                ? new Decision<>(List.of(), new CreateTopicsReply(results, -1))
                : new Decision<>(draft.events(), new CreateTopicsReply(results, draft.metadataOffset()));
    }

    private long requestedPartitions(NewTopic topic) {
        if (!topic.assignments().isEmpty()) {
            return topic.assignments().size();
        }
        return topic.partitions() == -1 ? settings.defaultPartitions() : Math.max(0, topic.partitions());
    }

    private TopicResult create(Draft draft, NewTopic topic) throws RefusedException {
        MetadataImage image = draft.image();
        requireFreeName(image, topic.name());
        Map<String, String> values = requireConfigs(topic.configs());
        var groups = new PlacementGroups(image);
        List<String> partitionGroups;
        int replicationFactor;
        if (!topic.assignments().isEmpty()) {
            List<List<Integer>> lists = requireAssignments(image, topic);
            partitionGroups = forReplicas(groups, lists);
            replicationFactor = lists.getFirst().size();
        } else {
            if (topic.replicationFactor() < -1 || topic.replicationFactor() == 0) {
                throw new RefusedException(KafkaError.INVALID_REPLICATION_FACTOR,
                        "Replication factor must be larger than 0, or -1 to use the default value.");
            }
            if (topic.partitions() < -1 || topic.partitions() == 0) {
                throw new RefusedException(KafkaError.INVALID_PARTITIONS,
                        "Number of partitions was set to an invalid non-positive value.");
            }
            replicationFactor = topic.replicationFactor() == -1
                    ? settings.defaultReplicationFactor()
                    : topic.replicationFactor();
            int count = topic.partitions() == -1 ? settings.defaultPartitions() : topic.partitions();
            partitionGroups = place(groups, count, replicationFactor, List.of());
        }
        Uuid id = freshId(image);
        draft.addAll(groups.created());
        List<String> fresh = freshen(draft, partitionGroups);
        draft.add(new ControllerEvent.TopicCreated(id, topic.name(), List.copyOf(partitionGroups),
                TopicNames.isInternal(topic.name()), values));
        inSync.begin(draft, fresh);
        return new TopicResult(
                topic.name(), KafkaError.NONE, null, id, partitionGroups.size(), (short) replicationFactor);
    }

    private static void requireFreeName(MetadataImage image, String name) throws RefusedException {
        String problem = TopicNames.problem(name);
        if (problem != null) {
            throw new RefusedException(KafkaError.INVALID_TOPIC_EXCEPTION, problem);
        }
        if (image.topicIds().containsKey(name)) {
            throw new RefusedException(KafkaError.TOPIC_ALREADY_EXISTS, "Topic '" + name + "' already exists.");
        }
        String other = TopicNames.mayCollide(name) ? image.collisionNames().get(TopicNames.collisionForm(name)) : null;
        if (other != null) {
            throw new RefusedException(KafkaError.INVALID_TOPIC_EXCEPTION,
                    "Topic '" + name + "' collides with existing topic: " + other);
        }
    }

    private Map<String, String> requireConfigs(Map<String, @Nullable String> wanted) throws RefusedException {
        var values = new HashMap<String, String>();
        var nulls = new TreeSet<String>();
        for (Map.Entry<String, @Nullable String> entry : wanted.entrySet()) {
            String value = entry.getValue();
            if (value == null) {
                nulls.add(entry.getKey());
            } else {
                values.put(entry.getKey(), value);
            }
        }
        if (!nulls.isEmpty()) {
            throw new RefusedException(KafkaError.INVALID_CONFIG,
                    "Null value not supported for topic configs: " + String.join(",", nulls));
        }
        String problem = configs.problem(ConfigResourceType.TOPIC, values);
        if (problem != null) {
            throw new RefusedException(KafkaError.INVALID_CONFIG, problem);
        }
        return Map.copyOf(values);
    }

    private static List<List<Integer>> requireAssignments(MetadataImage image, NewTopic topic)
            throws RefusedException {
        if (topic.replicationFactor() != -1) {
            throw new RefusedException(KafkaError.INVALID_REQUEST,
                    "A manual partition assignment was specified, but replication factor was not set to -1.");
        }
        if (topic.partitions() != -1) {
            throw new RefusedException(KafkaError.INVALID_REQUEST,
                    "A manual partition assignment was specified, but numPartitions was not set to -1.");
        }
        var byPartition = new TreeMap<>(topic.assignments());
        var lists = new ArrayList<List<Integer>>();
        int replicationFactor = -1;
        for (Map.Entry<Integer, List<Integer>> entry : byPartition.entrySet()) {
            requireReplicas(image, entry.getValue(), replicationFactor);
            requireOneLive(image, entry.getValue(), entry.getKey());
            replicationFactor = entry.getValue().size();
            lists.add(entry.getValue());
        }
        if (byPartition.firstKey() != 0 || byPartition.lastKey() != lists.size() - 1) {
            throw new RefusedException(KafkaError.INVALID_REPLICA_ASSIGNMENT,
                    "partitions should be a consecutive 0-based integer sequence");
        }
        return lists;
    }

    private static void requireReplicas(MetadataImage image, List<Integer> replicas, int replicationFactor)
            throws RefusedException {
        requireReplicas(image, replicas, replicationFactor, List.of());
    }

    /**
     * @param replicationFactor of the partitions before, -1 for the first
     * @param already brokers that hold the partition: a drained one may keep it
     */
    static void requireReplicas(
            MetadataImage image, List<Integer> replicas, int replicationFactor, List<Integer> already)
            throws RefusedException {
        if (replicas.isEmpty()) {
            throw badAssignment("The manual partition assignment includes an empty replica list.");
        }
        Set<Integer> seen = new HashSet<>();
        for (Integer broker : replicas.stream().sorted().toList()) {
            MetadataImage.Broker registered = image.brokers().get(broker);
            if (registered == null) {
                throw badAssignment("The manual partition assignment includes broker " + broker
                        + ", but no such broker is registered.");
            }
            if (registered.drained() && !already.contains(broker)) {
                throw badAssignment("The manual partition assignment includes broker " + broker
                        + ", but all its log directories are cordoned.");
            }
            if (!seen.add(broker)) {
                throw badAssignment("The manual partition assignment includes the broker " + broker
                        + " more than once.");
            }
        }
        if (replicationFactor != -1 && replicas.size() != replicationFactor) {
            throw badAssignment("The manual partition assignment includes a partition with " + replicas.size()
                    + " replica(s), but this is not consistent with previous partitions, which have "
                    + replicationFactor + " replica(s).");
        }
    }

    private static void requireOneLive(MetadataImage image, List<Integer> replicas, int partition)
            throws RefusedException {
        if (replicas.stream().noneMatch(image::isLive)) {
            throw badAssignment("All brokers specified in the manual partition assignment for partition " + partition
                    + " are fenced or in controlled shutdown.");
        }
    }

    /**
     * A group that has no partitions has nothing to be out of sync with: its ISR is, for new ones, who lives.
     *
     * @return those groups
     */
    private static List<String> freshen(Draft draft, Collection<String> groupIds) {
        var fresh = new ArrayList<String>();
        for (String groupId : new TreeSet<>(groupIds)) {
            MetadataImage image = draft.image();
            MetadataImage.PlacementGroup group = image.groups().get(groupId);
            if (group != null && image.partitionsOf(groupId).isEmpty()) {
                fresh.add(groupId);
                List<Integer> live = group.replicas().stream().filter(image::isLive).toList();
                if (!live.isEmpty() && !Set.copyOf(live).equals(Set.copyOf(group.inSyncReplicas()))) {
                    draft.add(new ControllerEvent.InSyncReplicasChanged(groupId, live));
                }
            }
        }
        return fresh;
    }

    private static RefusedException badAssignment(String message) {
        return new RefusedException(KafkaError.INVALID_REPLICA_ASSIGNMENT, message);
    }

    private static List<String> forReplicas(PlacementGroups groups, Collection<List<Integer>> lists)
            throws RefusedException {
        try {
            return lists.stream().map(groups::forReplicas).collect(Collectors.toList());
        } catch (PlacementException e) {
            throw badAssignment(String.valueOf(e.getMessage()));
        }
    }

    private static List<String> place(
            PlacementGroups groups, int count, int replicationFactor, List<String> existing) throws RefusedException {
        try {
            return groups.place(count, replicationFactor, existing);
        } catch (PlacementException e) {
            throw new RefusedException(KafkaError.INVALID_REPLICATION_FACTOR,
                    "Unable to replicate the partition " + replicationFactor + " time(s): " + e.getMessage());
        }
    }

    private Uuid freshId(MetadataImage image) {
        Uuid id = topicIds.get();
        while (image.topics().containsKey(id)) {
            id = topicIds.get();
        }
        return id;
    }

    Decision<ItemsReply> delete(MetadataImage image, DeleteTopics command) {
        var draft = new Draft(image);
        var results = new ArrayList<ItemResult>();
        for (Uuid id : command.topicIds()) {
            if (draft.image().topic(id) == null) {
                results.add(new ItemResult(KafkaError.UNKNOWN_TOPIC_ID, "This server does not host this topic ID."));
            } else {
                draft.add(new ControllerEvent.TopicDeleted(id));
                results.add(OK);
            }
        }
        return new Decision<>(draft.events(), new ItemsReply(results, draft.metadataOffset()));
    }

    Decision<ItemsReply> createPartitions(MetadataImage image, CreatePartitions command) {
        var names = new HashMap<String, Integer>();
        long additional = 0;
        for (MorePartitions wanted : command.topics()) {
            names.merge(wanted.topic(), 1, Integer::sum);
            MetadataImage.Topic topic = image.topic(wanted.topic());
            additional += topic == null ? 0 : Math.max(0L, (long) wanted.count() - topic.partitionGroups().size());
        }
        var draft = new Draft(image);
        var results = new ArrayList<ItemResult>();
        for (MorePartitions wanted : command.topics()) {
            try {
                if (names.getOrDefault(wanted.topic(), 0) > 1) {
                    throw new RefusedException(KafkaError.INVALID_REQUEST, "Duplicate topic name.");
                }
                if (additional > settings.maxPartitionsPerRequest()) {
                    throw new RefusedException(KafkaError.POLICY_VIOLATION,
                            "Excessively large number of additional partitions per request.");
                }
                createPartitions(draft, wanted);
                results.add(OK);
            } catch (RefusedException e) {
                results.add(e.result());
            }
        }
        inSync.prune(draft);
        return command.validateOnly()
                ? new Decision<>(List.of(), new ItemsReply(results, -1))
                : new Decision<>(draft.events(), new ItemsReply(results, draft.metadataOffset()));
    }

    private void createPartitions(Draft draft, MorePartitions wanted) throws RefusedException {
        MetadataImage image = draft.image();
        MetadataImage.Topic topic = image.topic(wanted.topic());
        if (topic == null) {
            throw new RefusedException(KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
                    "This server does not host this topic-partition.");
        }
        int now = topic.partitionGroups().size();
        if (wanted.count() == now) {
            throw new RefusedException(KafkaError.INVALID_PARTITIONS, "Topic already has " + now + " partition(s).");
        }
        if (wanted.count() < now) {
            throw new RefusedException(KafkaError.INVALID_PARTITIONS, "The topic " + topic.name() + " currently has "
                    + now + " partition(s); " + wanted.count() + " would not be an increase.");
        }
        int additional = wanted.count() - now;
        int replicationFactor = image.groupOf(topic, 0).replicas().size();
        var groups = new PlacementGroups(image);
        List<String> added;
        if (wanted.assignments().isEmpty()) {
            added = place(groups, additional, replicationFactor, topic.partitionGroups());
        } else {
            if (wanted.assignments().size() != additional) {
                throw badAssignment("Attempted to add " + additional + " additional partition(s), but only "
                        + wanted.assignments().size() + " assignment(s) were specified.");
            }
            for (int i = 0; i < additional; i++) {
                requireReplicas(image, wanted.assignments().get(i), replicationFactor);
                requireOneLive(image, wanted.assignments().get(i), now + i);
            }
            added = forReplicas(groups, wanted.assignments());
        }
        draft.addAll(groups.created());
        List<String> fresh = freshen(draft, added);
        draft.add(new ControllerEvent.PartitionsAdded(topic.id(), List.copyOf(added)));
        inSync.begin(draft, fresh);
    }
}
