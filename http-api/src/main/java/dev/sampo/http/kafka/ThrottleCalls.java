package dev.sampo.http.kafka;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.http.body.MoveBodies.MoveResult;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Throttles of moves, in the settings that {@code kafka-reassign-partitions} uses (KIP-73), on the side of the brokers that copy.
 * This broker takes those that it set away when nothing moves any more; when it ends before, they stay until
 * {@code kafka-reassign-partitions --verify} or {@code sampo balance cancel} is asked.
 */
public final class ThrottleCalls {
    private static final Logger log = LoggerFactory.getLogger(ThrottleCalls.class);
    private static final String REPLICAS = "follower.replication.throttled.replicas";
    private static final String RATE = "follower.replication.throttled.rate";
    /** Brokers hear of moves one after the other: only after so long nothing moves any more. */
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final byte SET = 0;
    private static final byte DELETE = 1;

    private final BrokerCalls broker;
    private final MetadataImages images;
    private final Set<String> topics = new TreeSet<>();
    private final Set<Integer> brokers = new TreeSet<>();
    private boolean looking;

    /** {@code images} say what moves. */
    public ThrottleCalls(BrokerCalls broker, MetadataImages images) {
        this.broker = broker;
        this.images = images;
    }

    /** Refuses a rate at which nothing would be copied. */
    static void check(@Nullable Long bytesPerSecond) {
        if (bytesPerSecond != null && bytesPerSecond < 1) {
            throw Problem.invalid("throttle_bytes_per_second", "It must be 1 or more.");
        }
    }

    /** Holds these moves to a rate into each broker. */
    CompletionStage<Void> set(List<MoveResult> moves, long bytesPerSecond) {
        var perTopic = new TreeMap<String, Set<String>>();
        var receiving = new TreeSet<Integer>();
        for (MoveResult move : moves) {
            move.to().stream().filter(id -> !move.from().contains(id)).forEach(id -> {
                receiving.add(id);
                perTopic.computeIfAbsent(move.topic(), name -> throttled(images.current(), name))
                        .add(move.partition() + ":" + id);
            });
        }
        synchronized (this) {
            topics.addAll(perTopic.keySet());
            brokers.addAll(receiving);
        }
        CompletionStage<?> done = CompletableFuture.completedFuture(null);
        for (int id : receiving) { // the rates first: a throttled replica without a rate is not throttled
            done = done.thenCompose(before -> alter(ConfigCalls.Resource.BROKER, Integer.toString(id), RATE, Long.toString(bytesPerSecond)));
        }
        for (Map.Entry<String, Set<String>> each : perTopic.entrySet()) {
            done = done.thenCompose(before ->
                    alter(ConfigCalls.Resource.TOPIC, each.getKey(), REPLICAS, String.join(",", each.getValue())));
        }
        return done.thenApply(last -> null);
    }

    private static Set<String> throttled(MetadataImage image, String topic) {
        String value = image.configsOf(new ConfigResource(ConfigResourceType.TOPIC, topic)).get(REPLICAS);
        return value == null || value.isBlank() || value.trim().equals("*")
                ? new TreeSet<>()
                : new TreeSet<>(List.of(value.trim().split(",", -1)));
    }

    /** Looks now and then; takes away what was set here. */
    void endWhenNothingMoves() {
        synchronized (this) {
            if (looking || (topics.isEmpty() && brokers.isEmpty())) {
                return;
            }
            looking = true;
        }
        look(LOOK);
    }

    private void look(Duration after) {
        broker.pause(after).whenComplete((waited, stopped) -> {
            if (stopped != null) {
                return; // the broker ends
            }
            if (images.current().topics().values().stream().anyMatch(topic -> !topic.moves().isEmpty())) {
                look(LOOK);
                return;
            }
            end().whenComplete((done, failure) -> {
                if (failure != null) {
                    log.atWarn().log("the throttle of moves is still there, it is tried again: {}", failure.toString());
                    Duration doubled = after.multipliedBy(2);
                    look(doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST);
                    return;
                }
                synchronized (this) {
                    looking = false;
                }
                endWhenNothingMoves(); // what was set meanwhile
            });
        });
    }

    private CompletionStage<Void> end() {
        Set<String> ofTopics;
        Set<Integer> ofBrokers;
        synchronized (this) {
            ofTopics = new HashSet<>(topics);
            ofBrokers = new HashSet<>(brokers);
        }
        MetadataImage image = images.current();
        var ends = new ArrayList<CompletableFuture<?>>();
        for (String topic : ofTopics) {
            ends.add(image.topic(topic) == null
                    ? CompletableFuture.completedFuture(null)
                    : alter(ConfigCalls.Resource.TOPIC, topic, REPLICAS, null).toCompletableFuture());
        }
        for (int id : ofBrokers) {
            ends.add(image.isLive(id)
                    ? alter(ConfigCalls.Resource.BROKER, Integer.toString(id), RATE, null).toCompletableFuture()
                    : CompletableFuture.completedFuture(null));
        }
        return CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).thenAccept(done -> {
            synchronized (this) {
                topics.removeAll(ofTopics);
                brokers.removeAll(ofBrokers);
            }
        });
    }

    /** Sets one setting where it belongs, or deletes it; a broker's own are changed by that broker. */
    CompletionStage<Void> alter(ConfigCalls.Resource resource, String name, String setting, @Nullable String value) {
        var altered = new AlterConfigsResource().setResourceType(resource.id()).setResourceName(name);
        altered.configs()
                .add(new AlterableConfig()
                        .setName(setting)
                        .setConfigOperation(value == null ? DELETE : SET)
                        .setValue(value));
        var request = new IncrementalAlterConfigsRequestData();
        request.resources().add(altered);
        CompletableFuture<IncrementalAlterConfigsResponseData> answer = resource == ConfigCalls.Resource.BROKER
                ? broker.callAt(
                        Integer.parseInt(name), ApiKeys.INCREMENTAL_ALTER_CONFIGS, 1, request,
                        IncrementalAlterConfigsResponseData.class)
                : broker.call(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 1, request, IncrementalAlterConfigsResponseData.class);
        return answer.thenAccept(response -> {
            var result = response.responses().getFirst();
            KafkaProblems.check(result.errorCode(), result.errorMessage());
        });
    }
}
