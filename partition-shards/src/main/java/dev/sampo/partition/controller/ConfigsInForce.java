package dev.sampo.partition.controller;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;

/** The configuration in force on a broker at one metadata image: what its file says under what the image says. Pure. */
public final class ConfigsInForce {
    private static final ConfigResource ALL_BROKERS = new ConfigResource(ConfigResourceType.BROKER, "");

    private ConfigsInForce() {}

    /** The file's values with the dynamic ones of the image. */
    public static BrokerDefaults broker(BrokerDefaults file, MetadataImage image, int brokerId) {
        return file.withDynamic(
                image.configsOf(ALL_BROKERS),
                image.configsOf(new ConfigResource(ConfigResourceType.BROKER, Integer.toString(brokerId))));
    }

    /** A topic's settings on this broker. */
    public static TopicSettings topic(BrokerDefaults file, MetadataImage image, int brokerId, String topic) {
        return TopicConfigs.settings(
                image.configsOf(new ConfigResource(ConfigResourceType.TOPIC, topic)), broker(file, image, brokerId));
    }
}
