package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImages;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * ListConfigResources (74), versions 0-1. Version 0 lists client metrics subscriptions, of which there are none.
 *
 * @see "KIP-1142"
 */
public final class ListConfigResourcesHandler implements ApiHandler {
    private static final List<ConfigResource.Type> LISTED =
            List.of(
                    ConfigResource.Type.TOPIC, ConfigResource.Type.BROKER, ConfigResource.Type.BROKER_LOGGER,
                    ConfigResource.Type.CLIENT_METRICS, ConfigResource.Type.GROUP);

    private final MetadataImages images;

    /** Lists what the newest image holds. */
    public ListConfigResourcesHandler(MetadataImages images) {
        this.images = images;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_CONFIG_RESOURCES;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ListConfigResourcesRequestData) exchange.request();
        var response = new ListConfigResourcesResponseData();
        if (exchange.apiVersion() == 0) {
            exchange.respond(response);
            return;
        }
        Set<Byte> types = new LinkedHashSet<>(request.resourceTypes());
        if (types.isEmpty()) {
            LISTED.forEach(type -> types.add(type.id()));
        }
        MetadataImage image = images.current();
        for (byte type : types) {
            if (!LISTED.contains(ConfigResource.Type.forId(type))) {
                exchange.respond(
                        new ListConfigResourcesResponseData().setErrorCode(KafkaError.UNSUPPORTED_VERSION.code()));
                return;
            }
            list(ConfigResource.Type.forId(type), image, response);
        }
        exchange.respond(response);
    }

    private static void list(ConfigResource.Type type, MetadataImage image, ListConfigResourcesResponseData response) {
        switch (type) {
            case TOPIC -> image.topicIds().keySet().forEach(name -> add(response, type, name));
            case BROKER, BROKER_LOGGER -> image.brokers().values().stream()
                    .filter(broker -> !broker.fenced())
                    .map(Broker::id)
                    .sorted()
                    .forEach(id -> add(response, type, Integer.toString(id)));
            case GROUP -> image.configs().keySet().stream()
                    .filter(resource -> resource.type() == ConfigResourceType.GROUP)
                    .map(Controller.ConfigResource::name)
                    .forEach(name -> add(response, type, name));
            case CLIENT_METRICS, UNKNOWN -> {}
        }
    }

    private static void add(ListConfigResourcesResponseData response, ConfigResource.Type type, String name) {
        response.configResources()
                .add(new ListConfigResourcesResponseData.ConfigResource()
                        .setResourceType(type.id())
                        .setResourceName(name));
    }
}
