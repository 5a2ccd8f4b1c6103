package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.MorePartitions;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** CreatePartitions (37), versions 0-3. Answers once the new partitions can be used, or the request's time is over. */
public final class CreatePartitionsHandler implements ApiHandler {
    private final MetadataImages images;
    private final ControllerClient controller;
    private final TopicReadiness readiness;

    /** Asks the controller; {@code readiness} waits for leaders. */
    public CreatePartitionsHandler(MetadataImages images, ControllerClient controller, TopicReadiness readiness) {
        this.images = images;
        this.controller = controller;
        this.readiness = readiness;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.CREATE_PARTITIONS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (CreatePartitionsRequestData) exchange.request();
        var results = new LinkedHashMap<String, @Nullable ItemResult>(); // null: the controller decides
        var wanted = new ArrayList<MorePartitions>();
        for (CreatePartitionsTopic topic : request.topics()) {
            if (request.topics().findAll(topic.name()).size() > 1) {
                results.put(topic.name(), new ItemResult(KafkaError.INVALID_REQUEST, "Duplicate topic name."));
            } else {
                ItemResult problem = emptyAssignmentProblem(topic);
                results.put(topic.name(), problem);
                if (problem == null) {
                    wanted.add(morePartitions(topic));
                }
            }
        }
        exchange.respondWhen(create(wanted, request).thenApply(decided -> {
            for (int i = 0; i < decided.size(); i++) {
                results.put(wanted.get(i).topic(), decided.get(i));
            }
            return response(results);
        }));
    }

    /** A list of assignments without an entry is not the same as no list: Kafka counts it. */
    private @Nullable ItemResult emptyAssignmentProblem(CreatePartitionsTopic topic) {
        MetadataImage.Topic existing = images.current().topic(topic.name());
        if (topic.assignments() == null || !topic.assignments().isEmpty() || existing == null) {
            return null;
        }
        int additional = topic.count() - existing.partitionGroups().size();
        return additional <= 0
                ? null
                : new ItemResult(
                        KafkaError.INVALID_REPLICA_ASSIGNMENT,
                        "Attempted to add " + additional
                                + " additional partitions, but only 0 assignments were specified.");
    }

    private static MorePartitions morePartitions(CreatePartitionsTopic topic) {
        var assignments = new ArrayList<List<Integer>>();
        if (topic.assignments() != null) {
            for (CreatePartitionsAssignment assignment : topic.assignments()) {
                assignments.add(List.copyOf(assignment.brokerIds()));
            }
        }
        return new MorePartitions(topic.name(), topic.count(), assignments);
    }

    private CompletionStage<List<ItemResult>> create(
            List<MorePartitions> wanted, CreatePartitionsRequestData request) {
        if (wanted.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        CompletionStage<ItemsReply> answer = controller.ask(
                replyTo -> new Controller.CreatePartitions(wanted, request.validateOnly(), replyTo));
        return answer.thenCompose(reply -> {
            MetadataImage image = images.current();
            var changed = new ArrayList<Uuid>();
            for (int i = 0; i < wanted.size() && !request.validateOnly(); i++) {
                MetadataImage.Topic topic = image.topic(wanted.get(i).topic());
                if (topic != null && reply.results().get(i).error() == KafkaError.NONE) {
                    changed.add(topic.id());
                }
            }
            return readiness.usable(changed, request.timeoutMs()).thenApply(usable -> reply.results());
        });
    }

    private static CreatePartitionsResponseData response(Map<String, @Nullable ItemResult> results) {
        var response = new CreatePartitionsResponseData();
        for (Map.Entry<String, @Nullable ItemResult> entry : results.entrySet()) {
            ItemResult result = Objects.requireNonNull(entry.getValue(), "a topic without a result");
            response.results()
                    .add(new CreatePartitionsTopicResult()
                            .setName(entry.getKey())
                            .setErrorCode(result.error().code())
                            .setErrorMessage(ErrorMessages.fitting(result.errorMessage())));
        }
        return response;
    }
}
