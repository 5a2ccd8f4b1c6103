package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.UnregisterBroker;
import dev.sampo.partition.controller.ControllerEvent.BrokerChanged;
import dev.sampo.partition.controller.ControllerEvent.BrokerUnregistered;
import dev.sampo.partition.controller.ControllerEvent.ConfigsChanged;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.Holders;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an administrator does to a broker: drain it, forget it. Pure. */
final class BrokerOperations {
    /**
     * Kafka's name for "receives no new partitions" (KIP-1066). Sampo's brokers have one log folder, so a value means all;
     * a broker that has it also leads nothing that another broker can lead.
     */
    static final String CORDONED = "cordoned.log.dirs";

    private BrokerOperations() {}

    /** Forgets a broker that is dead and holds nothing, its configs too. */
    static Decision<ItemsReply> unregister(MetadataImage image, UnregisterBroker command) {
        int id = command.brokerId();
        Broker broker = image.brokers().get(id);
        if (broker == null) {
            return refused(KafkaError.BROKER_ID_NOT_REGISTERED, "Broker ID " + id + " is not currently registered");
        }
        if (!broker.fenced()) {
            return refused(KafkaError.INVALID_REQUEST, "Broker " + id + " is alive: stop it first.");
        }
        String held = holding(image, id);
        if (held != null) {
            return refused(KafkaError.INVALID_REQUEST, "Broker " + id + " has a replica of partition " + held
                    + ": reassign all of its partitions first.");
        }
        var draft = new Draft(image);
        draft.add(new BrokerUnregistered(id));
        var resource = new ConfigResource(ConfigResourceType.BROKER, Integer.toString(id));
        if (!image.configsOf(resource).isEmpty()) {
            draft.add(new ConfigsChanged(resource, Map.of()));
        }
        return new Decision<>(
                draft.events(), new ItemsReply(List.of(new ItemResult(KafkaError.NONE, null)), draft.metadataOffset()));
    }

    /** A partition that this broker holds or is to hold, null when there is none. */
    private static @Nullable String holding(MetadataImage image, int brokerId) {
        for (PlacementGroup group : image.groups().values()) {
            if (group.replicas().contains(brokerId)) {
                for (TopicIdPartition id : image.partitionsOf(group.id())) {
                    Topic topic = image.topic(id.topicId());
                    return (topic == null ? id.topicId().toString() : topic.name()) + "-" + id.partition();
                }
            }
        }
        for (Topic topic : image.topics().values()) {
            for (Integer partition : topic.moves().keySet()) {
                if (Holders.of(image, topic, partition).contains(brokerId)) {
                    return topic.name() + "-" + partition;
                }
            }
        }
        return null;
    }

    /** After a change of a resource's values: a broker whose log folder was cordoned, or is not any more, is told apart. */
    static void onConfigs(Draft draft, ConfigResource resource, Map<String, String> values) {
        if (resource.type() != ConfigResourceType.BROKER || resource.name().isEmpty()) {
            return;
        }
        Broker broker = draft.image().brokers().get(Integer.parseInt(resource.name()));
        boolean drained = !values.getOrDefault(CORDONED, "").isBlank();
        if (broker != null && broker.drained() != drained) {
            draft.add(new BrokerChanged(broker.id(), broker.shuttingDown(), drained));
        }
    }

    private static Decision<ItemsReply> refused(KafkaError error, String message) {
        return new Decision<>(List.of(), new ItemsReply(List.of(new ItemResult(error, message)), -1));
    }
}
