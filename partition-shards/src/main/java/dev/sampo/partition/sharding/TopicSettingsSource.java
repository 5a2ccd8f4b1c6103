package dev.sampo.partition.sharding;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.partition.controller.MetadataImage;

/** Computes the settings in force for a topic from its values and the brokers' in the image. Pure. */
@FunctionalInterface
public interface TopicSettingsSource {
    /** The settings of {@code topic}, which {@code image} holds. */
    TopicSettings settings(MetadataImage image, MetadataImage.Topic topic);
}
