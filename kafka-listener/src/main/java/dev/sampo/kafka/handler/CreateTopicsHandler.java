package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.CreateTopicsReply;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.TopicResult;
import dev.sampo.partition.controller.ConfigsInForce;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * CreateTopics (19), versions 2-7. Answers once the topics can be used, or the request's time is over: they exist by
 * then, so that is a success too.
 */
public final class CreateTopicsHandler implements ApiHandler {
    private final int brokerId;
    private final MetadataImages images;
    private final BrokerDefaults file;
    private final ControllerClient controller;
    private final TopicReadiness readiness;

    /** {@code file} holds what this broker's configuration file says. */
    public CreateTopicsHandler(
            int brokerId, MetadataImages images, BrokerDefaults file, ControllerClient controller,
            TopicReadiness readiness) {
        this.brokerId = brokerId;
        this.images = images;
        this.file = file;
        this.controller = controller;
        this.readiness = readiness;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.CREATE_TOPICS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (CreateTopicsRequestData) exchange.request();
        var refused = new LinkedHashMap<String, CreatableTopicResult>(); // by name, in request order
        var wanted = new LinkedHashMap<String, NewTopic>();
        for (CreatableTopic topic : request.topics()) {
            if (request.topics().findAll(topic.name()).size() > 1) {
                refused.putIfAbsent(
                        topic.name(), failed(topic.name(), KafkaError.INVALID_REQUEST, "Duplicate topic name."));
            } else if (topic.name().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
                refused.put(topic.name(), failed(topic.name(), KafkaError.TOPIC_AUTHORIZATION_FAILED, null));
            } else {
                CreatableTopicResult problem = assignmentProblem(topic);
                if (problem != null) {
                    refused.put(topic.name(), problem);
                } else {
                    wanted.put(topic.name(), newTopic(topic));
                }
            }
        }
        exchange.respondWhen(create(List.copyOf(wanted.values()), request).thenApply(results -> {
            var response = new CreateTopicsResponseData();
            var done = new HashMap<String, TopicResult>();
            results.forEach(result -> done.put(result.name(), result));
            for (CreatableTopic topic : request.topics()) {
                TopicResult result = done.remove(topic.name());
                NewTopic newTopic = wanted.get(topic.name());
                CreatableTopicResult refusal = refused.remove(topic.name());
                if (result != null && newTopic != null) {
                    response.topics().add(answer(result, newTopic));
                } else if (refusal != null) {
                    response.topics().add(refusal);
                }
            }
            return response;
        }));
    }

    private CompletionStage<List<TopicResult>> create(List<NewTopic> wanted, CreateTopicsRequestData request) {
        if (wanted.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        CompletionStage<CreateTopicsReply> answer = controller.ask(
                replyTo -> new Controller.CreateTopics(wanted, request.validateOnly(), false, replyTo));
        return answer.thenCompose(reply -> {
            List<Uuid> created = reply.results().stream()
                    .filter(result -> !request.validateOnly() && result.error() == KafkaError.NONE)
                    .map(TopicResult::topicId)
                    .toList();
            return readiness.usable(created, request.timeoutMs()).thenApply(usable -> reply.results());
        });
    }

    private static @Nullable CreatableTopicResult assignmentProblem(CreatableTopic topic) {
        for (CreatableReplicaAssignment assignment : topic.assignments()) {
            if (topic.assignments().findAll(assignment.partitionIndex()).size() > 1) {
                return failed(
                        topic.name(), KafkaError.INVALID_REPLICA_ASSIGNMENT,
                        "Found multiple manual partition assignments for partition " + assignment.partitionIndex());
            }
        }
        return null;
    }

    private static NewTopic newTopic(CreatableTopic topic) {
        var assignments = new HashMap<Integer, List<Integer>>();
        topic.assignments().forEach(a -> assignments.put(a.partitionIndex(), List.copyOf(a.brokerIds())));
        var configs = new HashMap<String, @Nullable String>();
        topic.configs().forEach(config -> configs.put(config.name(), config.value()));
        return new NewTopic(topic.name(), topic.numPartitions(), topic.replicationFactor(), assignments, configs);
    }

    private CreatableTopicResult answer(TopicResult result, NewTopic wanted) {
        if (result.error() != KafkaError.NONE) {
            return failed(result.name(), result.error(), result.errorMessage());
        }
        var own = new HashMap<String, String>();
        for (Map.Entry<String, @Nullable String> config : wanted.configs().entrySet()) {
            String value = config.getValue();
            if (value != null) {
                own.put(config.getKey(), value);
            }
        }
        var configs = new ArrayList<CreatableTopicConfigs>();
        BrokerDefaults defaults = ConfigsInForce.broker(file, images.current(), brokerId);
        for (ConfigDescriber.Entry entry : ConfigDescriber.topic(own, defaults)) {
            configs.add(new CreatableTopicConfigs()
                    .setName(entry.name())
                    .setValue(entry.value())
                    .setReadOnly(entry.readOnly())
                    .setConfigSource(entry.source())
                    .setIsSensitive(entry.sensitive()));
        }
        return new CreatableTopicResult()
                .setName(result.name())
                .setTopicId(result.topicId())
                .setNumPartitions(result.partitions())
                .setReplicationFactor(result.replicationFactor())
                .setConfigs(configs);
    }

    /** Kafka's shape of an error: zero id, -1, -1 and no configs. */
    private static CreatableTopicResult failed(String name, KafkaError error, @Nullable String message) {
        return new CreatableTopicResult().setName(name).setErrorCode(error.code()).setErrorMessage(ErrorMessages.fitting(message));
    }
}
