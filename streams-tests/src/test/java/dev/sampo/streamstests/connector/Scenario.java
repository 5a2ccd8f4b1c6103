package dev.sampo.streamstests.connector;

import com.typesafe.config.ConfigFactory;
import dev.sampo.streamstests.broker.Await;
import dev.sampo.streamstests.broker.Records;
import dev.sampo.streamstests.broker.SharedBroker;
import dev.sampo.streamstests.broker.TestBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.kafka.CommitterSettings;
import org.apache.pekko.kafka.ConsumerMessage.CommittableMessage;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.ProducerSettings;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import static org.assertj.core.api.Assertions.assertThat;

/** What every scenario has: an actor system, settings with short times, names of its own, and a judge. */
abstract class Scenario {
    /** True in the variant that runs on our client. */
    static final boolean OURS = ConsumerSettings.class.getName().startsWith("dev.sampo");

    static final Duration LIMIT = Duration.ofSeconds(60);
    private static final AtomicInteger NAMES = new AtomicInteger();

    ActorSystem system;
    Records records;

    @BeforeEach
    void startSystem() {
        system = newSystem();
        records = judge();
    }

    @AfterEach
    void stopSystem() {
        system.terminate();
        await(system.getWhenTerminated());
    }

    TestBroker broker() {
        return SharedBroker.steady();
    }

    Records judge() {
        return SharedBroker.steadyRecords();
    }

    static ActorSystem newSystem() {
        return ActorSystem.create("scenario", ConfigFactory.parseMap(Map.of(
                        "pekko.loggers", List.of("org.apache.pekko.event.slf4j.Slf4jLogger"),
                        "pekko.logging-filter", "org.apache.pekko.event.slf4j.Slf4jLoggingFilter",
                        "pekko.log-dead-letters", "off"))
                .withFallback(ConfigFactory.load()));
    }

    /** A new topic. */
    String topic(int partitions) {
        String name = name("topic");
        records.createTopic(name, partitions);
        return name;
    }

    /** A name no other scenario has, in neither variant. */
    static String name(String what) {
        return what + "-" + (OURS ? "ours" : "connector") + "-" + NAMES.incrementAndGet();
    }

    ConsumerSettings<String, String> consumer(String group) {
        return consumer(system, group);
    }

    ConsumerSettings<String, String> consumer(ActorSystem other, String group) {
        return anyProtocol(other, group).withProperty("heartbeat.interval.ms", "200");
    }

    /** A member of a group of the new protocol (KIP-848); its times are the broker's. */
    ConsumerSettings<String, String> newProtocol(ActorSystem other, String group) {
        return anyProtocol(other, group).withProperty("group.protocol", "consumer");
    }

    /** A member by the classic protocol with an assignor, "eager" or "cooperative", or by the new one, "consumer". */
    ConsumerSettings<String, String> member(String group, String kind) {
        return member(system, group, kind);
    }

    ConsumerSettings<String, String> member(ActorSystem other, String group, String kind) {
        return switch (kind) {
            case "eager" -> consumer(other, group).withProperty("partition.assignment.strategy", RangeAssignor.class.getName());
            case "cooperative" ->
                consumer(other, group).withProperty("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
            case "consumer" -> newProtocol(other, group);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private ConsumerSettings<String, String> anyProtocol(ActorSystem other, String group) {
        return ConsumerSettings.create(other, new StringDeserializer(), new StringDeserializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withGroupId(group)
                .withProperty("auto.offset.reset", "earliest")
                .withProperty("metadata.max.age.ms", "500")
                .withProperty("reconnect.backoff.ms", "20")
                .withProperty("reconnect.backoff.max.ms", "200")
                .withProperty("retry.backoff.ms", "50")
                .withStopTimeout(Duration.ZERO)
                .withCloseTimeout(Duration.ofSeconds(5));
    }

    ProducerSettings<String, String> producer() {
        return ProducerSettings.create(system, new StringSerializer(), new StringSerializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withProperty("linger.ms", "1")
                .withProperty("reconnect.backoff.ms", "20")
                .withProperty("reconnect.backoff.max.ms", "200")
                .withProperty("retry.backoff.ms", "50");
    }

    /** Commits each 20 records or 50 ms. */
    CommitterSettings committer() {
        return CommitterSettings.create(system).withMaxBatch(20).withMaxInterval(Duration.ofMillis(50));
    }

    /** Runs a source until {@code count} elements came, then cancels it. */
    <T> List<T> first(int count, Source<T, ?> source) {
        return await(source.take(count).runWith(Sink.seq(), system));
    }

    /** Runs a source that puts what comes into {@code into}. */
    <T, M> Consumer.DrainingControl<Done> collect(Source<T, Consumer.Control> source, java.util.Collection<T> into) {
        return source.toMat(Sink.foreach(into::add), Consumer::createDrainingControl).run(system);
    }

    <T> T drain(Consumer.DrainingControl<T> control) {
        return await(control.drainAndShutdown(system.dispatcher()));
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

    /** The failure a stage completes with: not the wrappers around it. */
    static Throwable failure(CompletionStage<?> stage) {
        try {
            var value = stage.toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            throw new AssertionError("completed with " + value + ", a failure was expected");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (TimeoutException e) {
            throw new AssertionError("neither completed nor failed within " + LIMIT, e);
        }
    }

    /** The messages of a failure and of its causes, one a line. */
    static String messages(Throwable failure) {
        var text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage()).append('\n');
        }
        return text.toString();
    }

    static void until(String condition, java.util.function.BooleanSupplier isTrue) {
        Await.until(condition, LIMIT, isTrue);
    }

    static List<String> values(java.util.Collection<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    static List<String> messageValues(java.util.Collection<CommittableMessage<String, String>> messages) {
        return messages.stream().map(message -> message.record().value()).toList();
    }

    /** No loss, no duplicate, and each partition in the order of its offsets, without a gap in the middle. */
    static void assertComplete(java.util.Collection<ConsumerRecord<String, String>> received, List<String> written) {
        assertThat(values(received)).containsExactlyInAnyOrderElementsOf(written);
        assertOrdered(received);
    }

    /** Each partition's offsets follow one another by one, in the order received. */
    static void assertOrdered(java.util.Collection<ConsumerRecord<String, String>> received) {
        var next = new java.util.HashMap<TopicPartition, Long>();
        for (ConsumerRecord<String, String> record : received) {
            var partition = new TopicPartition(record.topic(), record.partition());
            Long expected = next.put(partition, record.offset() + 1);
            if (expected != null) {
                assertThat(record.offset()).as("offset after %d in %s", expected - 1, partition).isEqualTo(expected);
            }
        }
    }

    static <A, B> Pair<A, B> pair(A first, B second) {
        return Pair.create(first, second);
    }
}
