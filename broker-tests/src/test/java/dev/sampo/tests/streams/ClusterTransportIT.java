package dev.sampo.tests.streams;

import com.typesafe.config.ConfigFactory;
import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.Subscriptions;
import dev.sampo.client.javadsl.Committer;
import dev.sampo.client.javadsl.Consumer;
import dev.sampo.client.javadsl.Producer;
import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import dev.sampo.gate.StreamNode;
import dev.sampo.tests.broker.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Streams in a broker's own actor system, and on nodes of their own in this JVM. */
class ClusterTransportIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    private static Path folder;

    private static SampoBroker broker;
    private static Admin admin;

    @BeforeAll
    static void start() {
        broker = SampoBroker.start(BrokerSettings.embedded(folder).with(Map.of("group.initial.rebalance.delay.ms", "0")));
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    @AfterAll
    static void stop() {
        admin.close();
        broker.close();
    }

    private static String topic(String name, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
        return name;
    }

    private static ConsumerSettings<String, String> consumer(ActorSystem<?> system, String group) {
        return ConsumerSettings.create(system, new StringDeserializer(), new StringDeserializer())
                .withClusterTransport()
                .withGroupId(group)
                .withProperty("auto.offset.reset", "earliest");
    }

    private static void write(ActorSystem<?> system, String topic, int partitions, List<String> values) throws Exception {
        var settings = ProducerSettings.create(system, new StringSerializer(), new StringSerializer()).withClusterTransport();
        Source.range(0, values.size() - 1)
                .map(i -> new ProducerRecord<String, String>(topic, i % partitions, null, values.get(i)))
                .runWith(Producer.plainSink(settings), system)
                .toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private static Consumer.DrainingControl<Done> read(
            ActorSystem<?> system, String group, String topic, List<ConsumerRecord<String, String>> received) {
        return Consumer.committableSource(consumer(system, group), Subscriptions.topics(topic))
                .map(message -> {
                    received.add(message.record());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(CommitterSettings.create(system).withMaxInterval(Duration.ofMillis(50))),
                        Consumer::createDrainingControl)
                .run(system);
    }

    private static List<MemberDescription> members(String group) {
        try {
            return List.copyOf(admin.describeConsumerGroups(List.of(group)).all().get().get(group).members());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return List.of(); // nobody has joined yet
            }
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aStreamInTheBrokersOwnActorSystemWritesAndReadsWithoutASocket() throws Exception {
        // Given: values of all sizes, some far larger than a message between nodes
        String topic = topic("own", 2);
        List<String> values = IntStream.range(0, 60).mapToObj(i -> i + ":" + "x".repeat(i * 15_000)).toList();
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        write(broker.system(), topic, 2, values);
        var control = read(broker.system(), "own", topic, received);

        // Then
        Await.until("all arrived", LIMIT, () -> received.size() >= values.size());
        assertThat(received).extracting(ConsumerRecord::value).containsExactlyInAnyOrderElementsOf(values);
        assertThat(members("own")).singleElement().satisfies(member -> assertThat(member.host())
                .startsWith("pekko://sampo@").contains("#"));
        control.drainAndShutdown(broker.system().executionContext()).toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(members("own")).isEmpty();
    }

    @Test
    void whenANodeLeavesItsPartitionsAreReadByOthersAtOnceAndNothingIsLost() throws Exception {
        // Given: two nodes that only run streams, with a partition each
        String topic = topic("leaves", 2);
        ActorSystem<Void> one = StreamNode.start(broker.nodeAddress());
        ActorSystem<Void> two = StreamNode.start(broker.nodeAddress());
        try {
            var byOne = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
            var byTwo = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
            var _ = read(one, "leaves", topic, byOne);
            Await.until("the first is a member", LIMIT, () -> members("leaves").size() == 1);
            var control = read(two, "leaves", topic, byTwo);
            Await.until("each has a partition", LIMIT, () -> members("leaves").size() == 2 && members("leaves").stream()
                    .allMatch(member -> member.assignment().topicPartitions().size() == 1));
            List<String> first = IntStream.range(0, 100).mapToObj(i -> "a" + i).toList();
            write(two, topic, 2, first);
            Await.until("both read", LIMIT, () -> byOne.size() == 50 && byTwo.size() == 50);

            // When
            long began = System.nanoTime();
            one.terminate();
            List<String> second = IntStream.range(0, 100).mapToObj(i -> "b" + i).toList();
            write(two, topic, 2, second);

            // Then
            Await.until("the other reads both", LIMIT, () -> partitions(byTwo, "b").size() == 2);
            long tookMs = (System.nanoTime() - began) / 1_000_000;
            System.out.println("a node that leaves: its partition is read by the other after " + tookMs + " ms");
            assertThat(tookMs).as("less than a heartbeat interval, let alone a session").isLessThan(2_900);
            Await.until("all arrived", LIMIT, () -> values(byOne, byTwo).containsAll(second));
            assertThat(values(byOne, byTwo)).containsAll(first);
            control.drainAndShutdown(two.executionContext()).toCompletableFuture().get(30, TimeUnit.SECONDS);
        } finally {
            one.terminate();
            two.terminate();
            two.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    private static Set<Integer> partitions(List<ConsumerRecord<String, String>> records, String prefix) {
        return records.stream().filter(record -> record.value().startsWith(prefix)).map(ConsumerRecord::partition)
                .collect(Collectors.toSet());
    }

    private static Set<String> values(List<ConsumerRecord<String, String>> one, List<ConsumerRecord<String, String>> two) {
        return Stream.concat(one.stream(), two.stream()).map(ConsumerRecord::value).collect(Collectors.toSet());
    }

    @Test
    void aStreamOutsideOfTheClusterIsToldWhatIsMissing() throws Exception {
        ActorSystem<Void> outside = ActorSystem.create(
                Behaviors.empty(), "outside", ConfigFactory.parseString("pekko.actor.provider = local")
                        .withFallback(ConfigFactory.defaultReference()));
        try {
            assertThatThrownBy(() -> Consumer.plainSource(consumer(outside, "g"), Subscriptions.topics("t"))
                    .runWith(Sink.ignore(), outside).toCompletableFuture().get(30, TimeUnit.SECONDS))
                    .cause().isInstanceOf(ConfigException.class).hasMessageContaining("StreamNode");
        } finally {
            outside.terminate();
        }
    }
}
