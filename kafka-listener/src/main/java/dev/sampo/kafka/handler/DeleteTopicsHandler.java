package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** DeleteTopics (20), versions 1-6: by name, from version 6 on by id too. The name is free again with the answer. */
public final class DeleteTopicsHandler implements ApiHandler {
    private final MetadataImages images;
    private final BrokerDefaults file;
    private final ControllerClient controller;

    /** {@code file} says whether topics may be deleted at all. */
    public DeleteTopicsHandler(MetadataImages images, BrokerDefaults file, ControllerClient controller) {
        this.images = images;
        this.file = file;
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DELETE_TOPICS;
    }

    /** One item of the answer; a result now, or null when the controller decides about {@code id}. */
    private record Item(@Nullable String name, Uuid id, @Nullable ItemResult result) {}

    @Override
    public void handle(Exchange exchange) {
        var request = (DeleteTopicsRequestData) exchange.request();
        List<DeleteTopicState> states = states(request);
        List<Item> items = file.deleteTopicEnable()
                ? judge(states, images.current())
                : disabled(states, exchange.apiVersion());
        exchange.respondWhen(delete(items));
    }

    private static List<DeleteTopicState> states(DeleteTopicsRequestData request) {
        var states = new ArrayList<>(request.topics());
        request.topicNames().forEach(name -> states.add(new DeleteTopicState().setName(name)));
        return states;
    }

    private static List<Item> disabled(List<DeleteTopicState> states, short version) {
        var result = version < 3
                ? new ItemResult(KafkaError.INVALID_REQUEST, "This version does not support topic deletion.")
                : new ItemResult(KafkaError.TOPIC_DELETION_DISABLED, null);
        return states.stream().map(state -> new Item(state.name(), state.topicId(), result)).toList();
    }

    /** One item per topic, in request order; a name or an id given twice is answered once. */
    private static List<Item> judge(List<DeleteTopicState> states, MetadataImage image) {
        Map<String, Integer> names = new HashMap<>();
        Map<Uuid, Integer> ids = new HashMap<>();
        for (DeleteTopicState state : states) {
            if (state.name() != null && state.topicId().equals(Uuid.ZERO_UUID)) {
                names.merge(state.name(), 1, Integer::sum);
            } else if (state.name() == null && !state.topicId().equals(Uuid.ZERO_UUID)) {
                ids.merge(state.topicId(), 1, Integer::sum);
            }
        }
        var items = new ArrayList<Item>();
        Set<Object> answered = new HashSet<>();
        for (DeleteTopicState state : states) {
            String name = state.name();
            Uuid id = state.topicId();
            if (name != null && !id.equals(Uuid.ZERO_UUID)) {
                items.add(invalid(name, id, "You may not specify both topic name and topic id."));
            } else if (name != null) {
                if (answered.add(name)) {
                    items.add(byName(name, names.getOrDefault(name, 0), ids, image));
                }
            } else if (id.equals(Uuid.ZERO_UUID)) {
                items.add(invalid(null, id, "Neither topic name nor id were specified."));
            } else if (answered.add(id)) {
                items.add(byId(id, ids.getOrDefault(id, 0), image));
            }
        }
        return items;
    }

    private static Item byName(String name, int times, Map<Uuid, Integer> ids, MetadataImage image) {
        if (times > 1) {
            return invalid(name, Uuid.ZERO_UUID, "Duplicate topic name.");
        }
        MetadataImage.Topic topic = image.topic(name);
        if (topic == null) {
            return new Item(name, Uuid.ZERO_UUID, new ItemResult(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, "There is no topic of this name."));
        }
        return ids.containsKey(topic.id())
                ? invalid(name, topic.id(), "The provided topic name maps to an ID that was already supplied.")
                : new Item(name, topic.id(), null);
    }

    private static Item byId(Uuid id, int times, MetadataImage image) {
        if (times > 1) {
            return invalid(null, id, "Duplicate topic id.");
        }
        MetadataImage.Topic topic = image.topic(id);
        return topic == null
                ? new Item(null, id, new ItemResult(KafkaError.UNKNOWN_TOPIC_ID, "There is no topic with this id."))
                : new Item(topic.name(), id, null);
    }

    private static Item invalid(@Nullable String name, Uuid id, String message) {
        return new Item(name, id, new ItemResult(KafkaError.INVALID_REQUEST, message));
    }

    private CompletionStage<DeleteTopicsResponseData> delete(List<Item> items) {
        List<Uuid> wanted =
                items.stream().filter(item -> item.result() == null).map(Item::id).toList();
        if (wanted.isEmpty()) {
            return CompletableFuture.completedFuture(response(items, List.of()));
        }
        CompletionStage<ItemsReply> answer =
                controller.ask(replyTo -> new Controller.DeleteTopics(wanted, replyTo));
        return answer.thenApply(reply -> response(items, reply.results()));
    }

    private static DeleteTopicsResponseData response(List<Item> items, List<ItemResult> decided) {
        var response = new DeleteTopicsResponseData();
        int next = 0;
        for (Item item : items) {
            ItemResult result = item.result() != null ? item.result() : decided.get(next++);
            response.responses()
                    .add(new DeletableTopicResult()
                            .setName(item.name())
                            .setTopicId(item.id())
                            .setErrorCode(result.error().code())
                            .setErrorMessage(ErrorMessages.fitting(result.errorMessage())));
        }
        return response;
    }
}
