package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.CreateTopicsReply;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.TopicResult;
import dev.sampo.kafka.handler.ClusterView.Node;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.LeaderCandidates;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Metadata, versions 0 to 13. A topic that may be created on the way is created before the answer, so that the answer
 * already holds it; its partitions say LEADER_NOT_AVAILABLE until they have a leader. When the controller is late the
 * topic itself says so, and the client asks again.
 *
 * <p>While leaders are being elected the answer waits for them, up to {@value #ELECTION_LIMIT_MS} ms: a client that is
 * told of none asks again after a pause that it doubles each time, so that it would learn late of who leads.
 *
 * @see "KIP-4, KIP-430, KIP-516, KIP-700"
 */
public final class MetadataHandler implements ApiHandler {
    private static final Logger log = LoggerFactory.getLogger(MetadataHandler.class);
    private static final int FIRST_VERSION_WITH_EMPTY_FOR_NONE = 1;
    private static final int FIRST_VERSION_WITH_TOPIC_IDS = 12;
    private static final int LAST_VERSION_WITH_CLUSTER_OPERATIONS = 10;

    /** What the client has in flight behind this request waits as long. */
    private static final int ELECTION_LIMIT_MS = 300;

    private final ClusterView cluster;
    private final ControllerClient controller;
    private final TopicReadiness readiness;
    private final BooleanSupplier autoCreate;

    /** {@code autoCreate} is {@code auto.create.topics.enable} now. */
    public MetadataHandler(
            ClusterView cluster, ControllerClient controller, TopicReadiness readiness, BooleanSupplier autoCreate) {
        this.cluster = cluster;
        this.controller = controller;
        this.readiness = readiness;
        this.autoCreate = autoCreate;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.METADATA;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (MetadataRequestData) exchange.request();
        MetadataImage image = cluster.image();
        List<MetadataRequestTopic> wanted = request.topics();
        boolean all = wanted == null
                || (wanted.isEmpty() && exchange.apiVersion() < FIRST_VERSION_WITH_EMPTY_FOR_NONE);
        if (wanted == null || all) {
            respondWhenLed(
                    exchange, now -> now.topics().values(), now -> answer(exchange, request, now, allTopics(exchange, now)));
            return;
        }
        if (exchange.apiVersion() < FIRST_VERSION_WITH_TOPIC_IDS && usesIds(wanted)) {
            exchange.respond(invalid(wanted));
            return;
        }
        Set<Uuid> ids = ids(wanted);
        if (!ids.isEmpty()) {
            respondWhenLed(
                    exchange, now -> ids.stream().map(now::topic).toList(),
                    now -> answer(exchange, request, now, byId(exchange, now, ids)));
            return;
        }
        Set<String> names = names(wanted);
        List<String> missing = request.allowAutoTopicCreation() && autoCreate.getAsBoolean()
                ? missing(image, names)
                : List.of();
        if (missing.isEmpty()) {
            respondWhenLed(
                    exchange, now -> names.stream().map(now::topic).toList(),
                    now -> answer(exchange, request, now, byName(exchange, now, names, Map.of())));
            return;
        }
        exchange.respondWhen(controller
                .<CreateTopicsReply>ask(replyTo ->
                        new CreateTopics(missing.stream().map(MetadataHandler::defaults).toList(), false, false, replyTo))
                .handle((reply, late) -> {
                    if (late != null) {
                        log.atWarn().addKeyValue("topics", missing).setCause(late).log("could not create topics on the way");
                    }
                    MetadataImage now = cluster.image();
                    return answer(exchange, request, now, byName(exchange, now, names, refusals(missing, reply)));
                }));
    }

    private void respondWhenLed(
            Exchange exchange, Function<MetadataImage, Collection<@Nullable Topic>> wanted,
            Function<MetadataImage, MetadataResponseData> answer) {
        MetadataImage image = cluster.image();
        if (!electionsUnderWay(image, wanted)) {
            exchange.respond(answer.apply(image));
            return;
        }
        exchange.respondWhen(readiness.until(now -> !electionsUnderWay(now, wanted), ELECTION_LIMIT_MS)
                .thenApply(done -> answer.apply(cluster.image())));
    }

    private static boolean electionsUnderWay(
            MetadataImage image, Function<MetadataImage, Collection<@Nullable Topic>> wanted) {
        Set<String> groups = LeaderCandidates.electing(image);
        if (groups.isEmpty()) {
            return false;
        }
        for (Topic topic : wanted.apply(image)) {
            if (topic != null && topic.partitionGroups().stream().anyMatch(groups::contains)) {
                return true;
            }
        }
        return false;
    }

    private static NewTopic defaults(String name) {
        return new NewTopic(name, -1, (short) -1, Map.of(), Map.of());
    }

    /** Why a topic is not there after it was to be created; without a reply the outcome is not known. */
    private static Map<String, KafkaError> refusals(List<String> missing, @Nullable CreateTopicsReply reply) {
        var refusals = new HashMap<String, KafkaError>();
        if (reply == null) {
            missing.forEach(name -> refusals.put(name, KafkaError.LEADER_NOT_AVAILABLE));
            return refusals;
        }
        for (TopicResult result : reply.results()) {
            boolean there = result.error() == KafkaError.NONE || result.error() == KafkaError.TOPIC_ALREADY_EXISTS;
            refusals.put(result.name(), there ? KafkaError.LEADER_NOT_AVAILABLE : result.error());
        }
        return refusals;
    }

    private static List<String> missing(MetadataImage image, Set<String> names) {
        var missing = new ArrayList<String>(0);
        for (String name : names) {
            if (image.topic(name) == null && TopicNames.valid(name) && !TopicNames.internal(name)) {
                missing.add(name);
            }
        }
        return missing;
    }

    private static boolean usesIds(List<MetadataRequestTopic> wanted) {
        for (MetadataRequestTopic topic : wanted) {
            if (topic.name() == null || !topic.topicId().equals(Uuid.ZERO_UUID)) {
                return true;
            }
        }
        return false;
    }

    private static Set<Uuid> ids(List<MetadataRequestTopic> wanted) {
        var ids = new LinkedHashSet<Uuid>();
        for (MetadataRequestTopic topic : wanted) {
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                ids.add(topic.topicId());
            }
        }
        return ids;
    }

    private static Set<String> names(List<MetadataRequestTopic> wanted) {
        var names = LinkedHashSet.<String>newLinkedHashSet(wanted.size());
        for (MetadataRequestTopic topic : wanted) {
            if (topic.name() != null) {
                names.add(topic.name());
            }
        }
        return names;
    }

    private static List<MetadataResponseTopic> allTopics(Exchange exchange, MetadataImage image) {
        var topics = new ArrayList<MetadataResponseTopic>(image.topics().size());
        for (Topic topic : image.topics().values()) {
            topics.add(TopicMetadata.describe(image, topic, exchange.client().listener(), exchange.apiVersion()));
        }
        return topics;
    }

    /** Ids count alone when there are any, as in Kafka. */
    private static List<MetadataResponseTopic> byId(Exchange exchange, MetadataImage image, Set<Uuid> ids) {
        var topics = new ArrayList<MetadataResponseTopic>(ids.size());
        for (Uuid id : ids) {
            Topic topic = image.topic(id);
            topics.add(topic == null
                    ? new MetadataResponseTopic()
                            .setErrorCode(KafkaError.UNKNOWN_TOPIC_ID.code())
                            .setName(null)
                            .setTopicId(id)
                    : TopicMetadata.describe(image, topic, exchange.client().listener(), exchange.apiVersion()));
        }
        return topics;
    }

    private static List<MetadataResponseTopic> byName(
            Exchange exchange, MetadataImage image, Set<String> names, Map<String, KafkaError> refusals) {
        var topics = new ArrayList<MetadataResponseTopic>(names.size());
        for (String name : names) {
            Topic topic = image.topic(name);
            topics.add(topic == null
                    ? new MetadataResponseTopic()
                            .setErrorCode(refusals.getOrDefault(name, TopicNames.unknown(name)).code())
                            .setName(name)
                            .setIsInternal(TopicNames.internal(name))
                    : TopicMetadata.describe(image, topic, exchange.client().listener(), exchange.apiVersion()));
        }
        return topics;
    }

    private MetadataResponseData answer(
            Exchange exchange, MetadataRequestData request, MetadataImage image, List<MetadataResponseTopic> topics) {
        String listener = exchange.client().listener();
        var response = new MetadataResponseData()
                .setClusterId(cluster.clusterId())
                .setControllerId(cluster.controllerId(image, listener));
        for (Node node : ClusterView.brokers(image, listener, false)) {
            response.brokers()
                    .add(new MetadataResponseBroker()
                            .setNodeId(node.broker().id())
                            .setHost(node.endpoint().host())
                            .setPort(node.endpoint().port())
                            .setRack(node.broker().rack()));
        }
        for (MetadataResponseTopic topic : topics) {
            if (request.includeTopicAuthorizedOperations() && topic.name() != null) {
                topic.setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
            }
            response.topics().add(topic);
        }
        if (request.includeClusterAuthorizedOperations()
                && exchange.apiVersion() <= LAST_VERSION_WITH_CLUSTER_OPERATIONS) {
            response.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        return response;
    }

    /** A name that is missing, or an id in versions 10 and 11: the whole request is invalid, each topic says so. */
    private static MetadataResponseData invalid(List<MetadataRequestTopic> wanted) {
        var response = new MetadataResponseData();
        for (MetadataRequestTopic topic : wanted) {
            response.topics()
                    .add(new MetadataResponseTopic()
                            .setErrorCode(KafkaError.INVALID_REQUEST.code())
                            .setName(topic.name() == null ? "" : topic.name())
                            .setTopicId(topic.topicId()));
        }
        return response;
    }
}
