package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.partition.controller.ConfigsInForce;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** DescribeConfigs (32), versions 1-4: answered from this broker's image and file. */
public final class DescribeConfigsHandler implements ApiHandler {
    private final int brokerId;
    private final MetadataImages images;
    private final BrokerDefaults file;
    private final LoggerLevels loggers;

    /** {@code file} holds what this broker's configuration file says. */
    public DescribeConfigsHandler(int brokerId, MetadataImages images, BrokerDefaults file, LoggerLevels loggers) {
        this.brokerId = brokerId;
        this.images = images;
        this.file = file;
        this.loggers = loggers;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_CONFIGS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeConfigsRequestData) exchange.request();
        var response = new DescribeConfigsResponseData();
        var description = new Description(request, images.current());
        for (DescribeConfigsResource resource : request.resources()) {
            DescribeConfigsResult result = describe(resource, description);
            response.results()
                    .add(result.setResourceType(resource.resourceType()).setResourceName(resource.resourceName()));
        }
        exchange.respond(response);
    }

    private DescribeConfigsResult describe(DescribeConfigsResource resource, Description description) {
        BrokerDefaults defaults = description.defaults;
        MetadataImage image = description.image;
        String name = resource.resourceName();
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> {
                try {
                    Topic.validate(name);
                } catch (InvalidTopicException e) {
                    yield refused(KafkaError.INVALID_TOPIC_EXCEPTION, String.valueOf(e.getMessage()));
                }
                if (image.topic(name) == null) {
                    yield new DescribeConfigsResult().setErrorCode(KafkaError.UNKNOWN_TOPIC_OR_PARTITION.code());
                }
                var own = image.configsOf(new Controller.ConfigResource(ConfigResourceType.TOPIC, name));
                yield description.of(ConfigDescriber.topic(own, defaults, description.inherited()), resource);
            }
            case BROKER -> {
                if (name.isEmpty()) {
                    yield description.of(ConfigDescriber.allBrokers(defaults), resource);
                }
                String problem = idProblem(name, "expected " + brokerId + " or empty string, but received ");
                yield problem != null
                        ? refused(KafkaError.INVALID_REQUEST, problem)
                        : description.of(ConfigDescriber.broker(defaults), resource);
            }
            case BROKER_LOGGER -> {
                String problem = name.isEmpty()
                        ? "Broker id must not be empty"
                        : idProblem(name, "expected " + brokerId + " but received ");
                yield problem != null
                        ? refused(KafkaError.INVALID_REQUEST, problem)
                        : description.of(loggerEntries(), resource);
            }
            case CLIENT_METRICS ->
                name.isEmpty()
                        ? refused(KafkaError.INVALID_REQUEST, "Client metrics subscription name must not be empty")
                        : description.of(List.of(), resource);
            case GROUP -> {
                if (name.isEmpty()) {
                    yield refused(KafkaError.INVALID_REQUEST, "Group name must not be empty");
                }
                var own = image.configsOf(new Controller.ConfigResource(ConfigResourceType.GROUP, name));
                yield description.of(ConfigDescriber.group(own, defaults), resource);
            }
            case UNKNOWN ->
                refused(KafkaError.INVALID_REQUEST, "Unsupported resource type: " + ConfigResource.Type.UNKNOWN);
        };
    }

    /** Kafka's text for a broker id that is no number or not this broker's, null when it is this broker's. */
    private @Nullable String idProblem(String name, String expectation) {
        try {
            return Integer.parseInt(name) == brokerId ? null : "Unexpected broker id, " + expectation + name;
        } catch (NumberFormatException e) {
            return "Broker id must be an integer, but it is: " + name;
        }
    }

    private List<ConfigDescriber.Entry> loggerEntries() {
        var entries = new ArrayList<ConfigDescriber.Entry>();
        loggers.levels()
                .forEach((name, level) -> entries.add(new ConfigDescriber.Entry(
                        name, level, ConfigDescriber.BROKER_LOGGER, false, false, (byte) 0, List.of(), "")));
        return entries;
    }

    private static DescribeConfigsResult refused(KafkaError error, String message) {
        return new DescribeConfigsResult().setErrorCode(error.code()).setErrorMessage(ErrorMessages.fitting(message));
    }

    /**
     * One request's answer in the making. A client may ask for thousands of topics at once: what they inherit is looked up
     * once, and its lines are shared by the results.
     */
    private final class Description {
        private final DescribeConfigsRequestData request;
        private final MetadataImage image;
        private final BrokerDefaults defaults;
        private final IdentityHashMap<ConfigDescriber.Entry, DescribeConfigsResourceResult> lines =
                new IdentityHashMap<>();
        private @Nullable Map<String, ConfigDescriber.Entry> inherited;

        Description(DescribeConfigsRequestData request, MetadataImage image) {
            this.request = request;
            this.image = image;
            defaults = ConfigsInForce.broker(file, image, brokerId);
        }

        Map<String, ConfigDescriber.Entry> inherited() {
            Map<String, ConfigDescriber.Entry> known = inherited;
            if (known == null) {
                known = ConfigDescriber.inherited(defaults);
                inherited = known;
            }
            return known;
        }

        DescribeConfigsResult of(List<ConfigDescriber.Entry> entries, DescribeConfigsResource resource) {
            List<String> keys = resource.configurationKeys();
            var result = new DescribeConfigsResult();
            for (ConfigDescriber.Entry entry : entries) {
                if (keys == null || keys.isEmpty() || keys.contains(entry.name())) {
                    result.configs().add(lines.computeIfAbsent(entry, this::line));
                }
            }
            return result;
        }

        private DescribeConfigsResourceResult line(ConfigDescriber.Entry entry) {
            var line = new DescribeConfigsResourceResult()
                    .setName(entry.name())
                    .setValue(entry.value())
                    .setReadOnly(entry.readOnly())
                    .setConfigSource(entry.source())
                    .setIsSensitive(entry.sensitive())
                    .setConfigType(entry.type())
                    .setDocumentation(request.includeDocumentation() ? entry.documentation() : null);
            if (request.includeSynonyms()) {
                for (ConfigDescriber.Synonym synonym : entry.synonyms()) {
                    line.synonyms()
                            .add(new DescribeConfigsSynonym()
                                    .setName(synonym.name())
                                    .setValue(synonym.value())
                                    .setSource(synonym.source()));
                }
            }
            return line;
        }
    }
}
