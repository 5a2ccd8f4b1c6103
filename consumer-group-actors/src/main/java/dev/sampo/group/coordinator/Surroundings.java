package dev.sampo.group.coordinator;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.group.consumer.Topics;
import dev.sampo.partition.controller.MetadataImage;
import java.util.Map;

/** What groups see of the cluster at one moment: its topics, and their own configurations. Immutable. */
record Surroundings(Topics topics, Map<ConfigResource, Map<String, String>> configs) {
    static final Surroundings NONE = new Surroundings(Topics.NONE, Map.of());

    /** Those of the next image: the same object when nothing in them may have changed. */
    @SuppressWarnings("ReferenceEquality") // immutable: the same object means no change
    static Surroundings of(Surroundings now, MetadataImage before, MetadataImage next) {
        Topics topics = ImageTopics.of(now.topics, before, next);
        return topics == now.topics && next.configs() == now.configs ? now : new Surroundings(topics, next.configs());
    }

    /** What was set for a group, under Kafka's names. */
    Map<String, String> configsOf(String groupId) {
        return configs.getOrDefault(new ConfigResource(ConfigResourceType.GROUP, groupId), Map.of());
    }
}
