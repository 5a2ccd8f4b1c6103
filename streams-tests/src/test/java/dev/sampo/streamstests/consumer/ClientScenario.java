package dev.sampo.streamstests.consumer;

import com.typesafe.config.ConfigFactory;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.streamstests.broker.Await;
import dev.sampo.streamstests.broker.Records;
import dev.sampo.streamstests.broker.SharedBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An actor system, settings with short times, names of its own, and a judge; on Sampo or, as {@code TestBroker} says, on Kafka. */
abstract class ClientScenario {
    static final Duration LIMIT = Duration.ofSeconds(60);
    private static final AtomicInteger NAMES = new AtomicInteger();

    ActorSystem system;
    Records records;

    @BeforeEach
    void startSystem() {
        system = newSystem();
        records = SharedBroker.steadyRecords();
    }

    @AfterEach
    void stopSystem() {
        system.terminate();
        await(system.getWhenTerminated());
    }

    static ActorSystem newSystem() {
        return ActorSystem.create("scenario", ConfigFactory.parseMap(Map.of(
                        "pekko.loggers", List.of("org.apache.pekko.event.slf4j.Slf4jLogger"),
                        "pekko.logging-filter", "org.apache.pekko.event.slf4j.Slf4jLoggingFilter",
                        "pekko.log-dead-letters", "off"))
                .withFallback(ConfigFactory.load()));
    }

    String topic(int partitions) {
        String name = name("topic");
        records.createTopic(name, partitions);
        return name;
    }

    static String name(String what) {
        return what + "-client-" + NAMES.incrementAndGet();
    }

    ConsumerSettings<String, String> settings() {
        return settings(system);
    }

    static ConsumerSettings<String, String> settings(ActorSystem of) {
        return ConsumerSettings.create(of, new StringDeserializer(), new StringDeserializer())
                .withBootstrapServers(SharedBroker.steady().bootstrapServers())
                .withProperty("auto.offset.reset", "earliest")
                .withProperty("metadata.max.age.ms", "500")
                .withProperty("reconnect.backoff.ms", "20")
                .withProperty("reconnect.backoff.max.ms", "200")
                .withProperty("retry.backoff.ms", "50")
                .withStopTimeout(Duration.ZERO)
                .withCloseTimeout(Duration.ofSeconds(5));
    }

    /** A member by the classic protocol with an assignor, "eager" or "cooperative", or by the new one, "consumer". */
    static ConsumerSettings<String, String> member(ActorSystem of, String group, String kind) {
        var settings = settings(of).withGroupId(group);
        var classic = settings.withProperty("heartbeat.interval.ms", "200").withProperty("session.timeout.ms", "2000");
        return switch (kind) {
            case "eager" -> classic.withProperty("partition.assignment.strategy", RangeAssignor.class.getName());
            case "cooperative" -> classic.withProperty("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
            case "consumer" -> settings.withProperty("group.protocol", "consumer");
            default -> throw new IllegalArgumentException(kind);
        };
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("not completed within " + LIMIT, e);
        }
    }

    static void until(String condition, BooleanSupplier isTrue) {
        Await.until(condition, LIMIT, isTrue);
    }
}
