package dev.sampo.http.kafka;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.http.body.MoveBodies.MoveResult;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.balance.ThrottledReplicas;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Stream;
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
 * Replicas are added to the lists, and taken off them, by the controller, so that whoever else throttles at the same time loses
 * none. This broker takes those that it added away when nothing moves any more; when it ends before, they stay until
 * {@code kafka-reassign-partitions --verify} is asked, or {@code sampo balance cancel} while they move.
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
    private static final byte APPEND = 2;
    private static final byte SUBTRACT = 3;

    private final BrokerCalls broker;
    private final MetadataImages images;
    private final ThrottledReplicas ours = new ThrottledReplicas();
    private CompletionStage<?> turn = CompletableFuture.completedFuture(null); // one change after the other
    private int beginning; // those whose moves may not have begun
    private boolean touched; // since the last look
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

    /** Holds these moves to a rate into each broker; {@link #begun} is to be called after it in any case. */
    CompletionStage<Void> set(List<MoveResult> moves, long bytesPerSecond) {
        var wanted = new ThrottledReplicas();
        moves.forEach(move -> wanted.addMove(move.topic(), move.partition(), move.from(), move.to()));
        synchronized (this) {
            beginning++;
            touched = true;
        }
        return inTurn(() -> add(wanted, bytesPerSecond));
    }

    private CompletionStage<Void> add(ThrottledReplicas wanted, long bytesPerSecond) {
        Map<String, String> before = lists(images.current());
        synchronized (this) {
            ours.addAll(wanted.notIn(before));
        }
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        // The lists first: who ends a throttle meanwhile sees that the rates are needed.
        for (Map.Entry<String, String> each : wanted.addable(before).entrySet()) {
            done = done.thenCompose(last ->
                    alter(ConfigCalls.Resource.TOPIC, each.getKey(), REPLICAS, APPEND, each.getValue()));
        }
        for (int id : wanted.brokers()) {
            done = done.thenCompose(last -> alter(
                    ConfigCalls.Resource.BROKER, Integer.toString(id), RATE, SET, Long.toString(bytesPerSecond)));
        }
        return done;
    }

    private static Map<String, String> lists(MetadataImage image) {
        Map<String, String> lists = new HashMap<>();
        image.topics().values().forEach(topic -> {
            String list = image.configsOf(new ConfigResource(ConfigResourceType.TOPIC, topic.name())).get(REPLICAS);
            if (list != null) {
                lists.put(topic.name(), list);
            }
        });
        return lists;
    }

    private synchronized <T> CompletionStage<T> inTurn(Supplier<CompletionStage<T>> change) {
        CompletionStage<T> next = turn.handle((last, failure) -> change).thenCompose(Supplier::get);
        turn = next;
        return next;
    }

    /** The moves have begun, or were refused: from now on looks now and then whether what was set here can go. */
    void begun() {
        synchronized (this) {
            beginning--;
            touched = true;
            if (looking) {
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
            inTurn(this::end).whenComplete((ended, failure) -> {
                if (failure != null) {
                    log.atWarn().log("the throttle of moves is still there, it is tried again: {}", failure.toString());
                    Duration doubled = after.multipliedBy(2);
                    look(doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST);
                } else if (!idle()) {
                    look(LOOK);
                }
            });
        });
    }

    private synchronized boolean idle() {
        looking = beginning > 0 || !ours.isEmpty();
        return !looking;
    }

    /** Does nothing while something moves, or is about to. */
    private CompletionStage<Void> end() {
        var ending = new ThrottledReplicas();
        synchronized (this) {
            boolean quiet = beginning == 0 && !touched;
            touched = false;
            if (!quiet || images.current().topics().values().stream().anyMatch(topic -> !topic.moves().isEmpty())) {
                return CompletableFuture.completedFuture(null);
            }
            ending.addAll(ours);
        }
        MetadataImage image = images.current();
        return all(ending.lists().entrySet().stream()
                        .filter(each -> image.topic(each.getKey()) != null)
                        .map(each -> alter(
                                ConfigCalls.Resource.TOPIC, each.getKey(), REPLICAS, SUBTRACT, each.getValue())))
                .thenCompose(off -> all(ending.onlyTheirs(lists(images.current())).stream()
                        .filter(id -> images.current().isLive(id))
                        .map(id -> alter(ConfigCalls.Resource.BROKER, Integer.toString(id), RATE, null))))
                .thenAccept(done -> {
                    synchronized (this) {
                        ours.removeAll(ending);
                    }
                });
    }

    private static CompletableFuture<Void> all(Stream<CompletionStage<Void>> stages) {
        return CompletableFuture.allOf(
                stages.map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
    }

    /** Sets one setting where it belongs, or deletes it; a broker's own are changed by that broker. */
    CompletionStage<Void> alter(ConfigCalls.Resource resource, String name, String setting, @Nullable String value) {
        return alter(resource, name, setting, value == null ? DELETE : SET, value);
    }

    private CompletionStage<Void> alter(
            ConfigCalls.Resource resource, String name, String setting, byte operation, @Nullable String value) {
        var altered = new AlterConfigsResource().setResourceType(resource.id()).setResourceName(name);
        altered.configs()
                .add(new AlterableConfig()
                        .setName(setting)
                        .setConfigOperation(operation)
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
