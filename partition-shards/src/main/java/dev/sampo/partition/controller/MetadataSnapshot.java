package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.serialization.SampoMessage;
import java.util.List;
import java.util.Map;

/**
 * A {@link MetadataImage} as it is persisted: plain lists, no derived indexes. Components are only ever appended.
 *
 * @param offset of the last event in it
 * @param brokerRegistrations how many there were, the newest incarnation
 */
public record MetadataSnapshot(
        long offset, long controllerEpoch, long brokerRegistrations, long nextProducerId,
        List<MetadataImage.Broker> brokers, List<MetadataImage.Topic> topics,
        List<MetadataImage.PlacementGroup> groups, Map<ConfigResource, Map<String, String>> configs)
        implements SampoMessage {
    /** The persisted form of an image. */
    public static MetadataSnapshot of(MetadataImage image) {
        return new MetadataSnapshot(image.offset(), image.controllerEpoch(), image.brokerRegistrations(),
                image.nextProducerId(), List.copyOf(image.brokers().values()), List.copyOf(image.topics().values()),
                List.copyOf(image.groups().values()), Map.copyOf(image.configs()));
    }

    /** The image again, equal to the one it was made of. */
    public MetadataImage toImage() {
        MetadataImage image = MetadataImage.EMPTY;
        var brokersById = image.brokers();
        for (MetadataImage.Broker broker : brokers) {
            brokersById = brokersById.plus(broker.id(), broker);
        }
        var groupsById = image.groups();
        for (MetadataImage.PlacementGroup group : groups) {
            groupsById = groupsById.plus(group.id(), group);
        }
        var topicsById = image.topics();
        var topicIds = image.topicIds();
        for (MetadataImage.Topic topic : topics) {
            topicsById = topicsById.plus(topic.id(), topic);
            topicIds = topicIds.plus(topic.name(), topic.id());
        }
        return new MetadataImage(offset, brokersById, topicsById, topicIds, groupsById,
                image.configs().plusAll(configs), nextProducerId, controllerEpoch, brokerRegistrations);
    }
}
