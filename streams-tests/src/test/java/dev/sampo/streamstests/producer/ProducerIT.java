package dev.sampo.streamstests.producer;

import dev.sampo.client.ProducerMessage;
import dev.sampo.client.ProducerMessage.MultiResult;
import dev.sampo.client.ProducerMessage.Result;
import dev.sampo.client.ProducerMessage.Results;
import dev.sampo.client.ProducerSettings;
import dev.sampo.client.javadsl.Producer;
import dev.sampo.streamstests.broker.TestBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Supervision;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ProducerIT {
    private static TestBroker broker;
    private static TopicReader topics;
    private static ActorSystem system;

    @BeforeAll
    static void startBroker(@TempDir Path folder) {
        broker = TestBroker.start(folder);
        topics = new TopicReader(broker.bootstrapServers());
        system = ActorSystem.create("ProducerIT");
    }

    @AfterAll
    static void stopBroker() {
        system.terminate();
        topics.close();
        broker.close();
    }

    @Test
    void plainSinkWritesEveryRecordOfOnePartitionInOrder() throws Exception {
        // Given
        topics.create("plain", 1);
        List<String> values = IntStream.range(0, 10_000).mapToObj(i -> "value-" + i).toList();

        // When
        await(Source.from(values)
                .map(value -> new ProducerRecord<String, String>("plain", value))
                .runWith(Producer.plainSink(settings()), system));

        // Then
        assertThat(topics.values("plain", 10_000)).containsExactlyElementsOf(values);
    }

    @Test
    void flexiFlowEmitsResultsWithOffsetsInTheOrderOfItsInput() throws Exception {
        // Given
        topics.create("flexi", 3);
        int count = 3_000;

        // When
        List<Results<String, String, Integer>> results = await(Source.range(0, count - 1)
                .map(i -> ProducerMessage.single(new ProducerRecord<>("flexi", i % 3, "k" + i, "v" + i), i))
                .via(Producer.<String, String, Integer>flexiFlow(settings()))
                .runWith(Sink.seq(), system));

        // Then
        assertThat(results).extracting(Results::passThrough).containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
        assertThat(results).allSatisfy(result -> {
            var one = (Result<String, String, Integer>) result;
            assertThat(one.offset()).isEqualTo(one.passThrough() / 3);
            assertThat(one.metadata().partition()).isEqualTo(one.passThrough() % 3);
            assertThat(one.metadata().serializedValueSize()).isEqualTo(("v" + one.passThrough()).length());
        });
    }

    @Test
    void multiMessagesAndPassThroughsKeepTheirPlaceAmongSingleRecords() throws Exception {
        // Given
        topics.create("multi", 1);
        List<ProducerMessage.Envelope<String, String, String>> envelopes = List.of(
                ProducerMessage.passThrough("first"),
                ProducerMessage.single(new ProducerRecord<>("multi", "a"), "second"),
                ProducerMessage.multi(List.of(new ProducerRecord<>("multi", "b"), new ProducerRecord<>("multi", "c")), "third"),
                ProducerMessage.multi(List.<ProducerRecord<String, String>>of(), "fourth"),
                ProducerMessage.passThrough("fifth"));

        // When
        List<Results<String, String, String>> results = await(Source.from(envelopes)
                .via(Producer.<String, String, String>flexiFlow(settings()))
                .runWith(Sink.seq(), system));

        // Then
        assertThat(results).extracting(Results::passThrough).containsExactly("first", "second", "third", "fourth", "fifth");
        assertThat(((MultiResult<String, String, String>) results.get(2)).getParts())
                .extracting(part -> part.metadata().offset())
                .containsExactly(1L, 2L);
        assertThat(topics.values("multi", 3)).containsExactly("a", "b", "c");
    }

    @Test
    void contextOfAFlowComesOutWithItsResult() throws Exception {
        // Given
        topics.create("context", 1);

        // When
        List<Pair<Results<String, String, Integer>, Integer>> results = await(Source.range(1, 100)
                .map(i -> Pair.create(
                        ProducerMessage.<String, String>single(new ProducerRecord<>("context", "v" + i)), i))
                .via(Producer.<String, String, Integer>flowWithContext(settings()).asFlow())
                .runWith(Sink.seq(), system));

        // Then
        assertThat(results).extracting(Pair::second).containsExactlyElementsOf(IntStream.rangeClosed(1, 100).boxed().toList());
        assertThat(results).extracting(pair -> pair.first().passThrough()).containsExactlyElementsOf(IntStream.rangeClosed(1, 100).boxed().toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "snappy", "lz4", "zstd"})
    void compressedBatchesAreReadByKafkasConsumer(String compression) throws Exception {
        // Given
        topics.create("compressed-" + compression, 2);
        List<String> values = IntStream.range(0, 5_000).mapToObj(i -> "a value that repeats " + i).toList();

        // When
        await(Source.from(values)
                .map(value -> new ProducerRecord<String, String>("compressed-" + compression, value))
                .runWith(Producer.plainSink(settings().withProperty("compression.type", compression)), system));

        // Then
        assertThat(topics.values("compressed-" + compression, 5_000)).containsExactlyInAnyOrderElementsOf(values);
    }

    @Test
    void keysGoToThePartitionThatKafkasProducerChooses() throws Exception {
        // Given
        topics.create("keyed", 7);
        topics.create("keyed-by-kafka", 7);
        List<String> keys = IntStream.range(0, 500).mapToObj(i -> "key-" + i).toList();
        topics.produceWithKafka("keyed-by-kafka", keys);

        // When
        await(Source.from(keys)
                .map(key -> new ProducerRecord<>("keyed", key, "value"))
                .runWith(Producer.plainSink(settings()), system));

        // Then
        assertThat(topics.read("keyed", 500).stream().map(r -> r.key() + "@" + r.partition()))
                .containsExactlyInAnyOrderElementsOf(topics.read("keyed-by-kafka", 500).stream()
                        .map(r -> r.key() + "@" + r.partition())
                        .toList());
    }

    @Test
    void headersAndTimestampsArrive() throws Exception {
        // Given
        topics.create("headers", 1);
        var record = new ProducerRecord<>("headers", 0, 1_700_000_000_000L, "k", "v");
        record.headers().add("trace", new byte[] {1, 2, 3});

        // When
        await(Source.single(record).runWith(Producer.plainSink(settings()), system));

        // Then
        ConsumerRecord<String, String> read = topics.read("headers", 1).get(0);
        assertThat(read.timestamp()).isEqualTo(1_700_000_000_000L);
        assertThat(read.headers().lastHeader("trace").value()).containsExactly(1, 2, 3);
    }

    @Test
    void batchThatTheBrokerFindsTooLargeIsSplitAndArrivesWhole() throws Exception {
        // Given
        topics.create("small-batches", 1, "max.message.bytes", "20000");
        List<String> values = IntStream.range(0, 2_000).mapToObj(i -> "v".repeat(100) + i).toList();

        // When
        await(Source.from(values)
                .map(value -> new ProducerRecord<String, String>("small-batches", value))
                .runWith(Producer.plainSink(settings().withProperty("batch.size", "100000")), system));

        // Then
        assertThat(topics.values("small-batches", 2_000)).containsExactlyElementsOf(values);
    }

    @Test
    void recordThatTheBrokerFindsTooLargeFailsTheStreamWithKafkasException() {
        // Given
        topics.create("small-records", 1, "max.message.bytes", "2000");

        // When
        CompletionStage<?> done = Source.single(new ProducerRecord<String, String>("small-records", "v".repeat(5_000)))
                .runWith(Producer.plainSink(settings()), system);

        // Then
        assertThatThrownBy(() -> await(done)).cause().isInstanceOf(RecordTooLargeException.class);
    }

    @Test
    void resumingStreamLeavesOutWhatCannotBeSerializedAndKeepsTheRest() throws Exception {
        // Given
        topics.create("resume", 1);
        Serializer<String> picky = (topic, value) -> {
            if (value.equals("bad")) {
                throw new SerializationException("refused");
            }
            return value.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        };
        var settings = ProducerSettings.create(system, new StringSerializer(), picky)
                .withBootstrapServers(broker.bootstrapServers());

        // When
        List<Results<String, String, NotUsed>> results = await(Source.from(List.of("a", "bad", "b", "bad", "c"))
                .map(value -> ProducerMessage.single(new ProducerRecord<String, String>("resume", value)))
                .via(Producer.<String, String, NotUsed>flexiFlow(settings)
                        .withAttributes(ActorAttributes.withSupervisionStrategy(Supervision.getResumingDecider())))
                .runWith(Sink.seq(), system));

        // Then
        assertThat(results).hasSize(3);
        assertThat(topics.values("resume", 3)).containsExactly("a", "b", "c");
    }

    @Test
    void resumingStreamGoesOnBehindARecordThatTheBrokerRefused() throws Exception {
        // Given
        topics.create("resume-large", 1, "max.message.bytes", "2000");
        var values = new ArrayList<String>();
        for (int i = 0; i < 300; i++) {
            values.add(i % 50 == 7 ? "x".repeat(3_000) : "v" + i);
        }

        // When
        List<Results<String, String, String>> results = await(Source.from(values)
                .map(value -> ProducerMessage.single(new ProducerRecord<String, String>("resume-large", value), value))
                .via(Producer.<String, String, String>flexiFlow(settings().withProperty("batch.size", "1500"))
                        .withAttributes(ActorAttributes.withSupervisionStrategy(Supervision.getResumingDecider())))
                .runWith(Sink.seq(), system));

        // Then
        List<String> small = values.stream().filter(value -> value.startsWith("v")).toList();
        assertThat(results).extracting(Results::passThrough).containsExactlyElementsOf(small);
        assertThat(topics.values("resume-large", small.size())).containsExactlyElementsOf(small);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1"})
    void producerWithFewerAcksCompletesAndWritesEveryRecord(String acks) throws Exception {
        // Given
        topics.create("acks-" + acks, 1);
        List<String> values = IntStream.range(0, 1_000).mapToObj(i -> "v" + i).toList();

        // When
        await(Source.from(values)
                .map(value -> new ProducerRecord<String, String>("acks-" + acks, value))
                .runWith(Producer.plainSink(settings().withProperty("acks", acks)), system));

        // Then
        assertThat(topics.values("acks-" + acks, 1_000)).containsExactlyElementsOf(values);
    }

    @Test
    void singleElementIsNotHeldBackByBatching() throws Exception {
        // Given
        topics.create("alone", 1);
        var settings = settings().withProperty("delivery.timeout.ms", "20000").withProperty("request.timeout.ms", "5000");

        // When
        Results<String, String, String> result = await(Source.maybe()
                .map(none -> "")
                .prepend(Source.single("one"))
                .map(value -> ProducerMessage.single(new ProducerRecord<String, String>("alone", value), value))
                .via(Producer.<String, String, String>flexiFlow(settings))
                .runWith(Sink.head(), system));

        // Then
        assertThat(result.passThrough()).isEqualTo("one");
        assertThat(topics.values("alone", 1)).containsExactly("one");
    }

    private static ProducerSettings<String, String> settings() {
        return ProducerSettings.create(system, new StringSerializer(), new StringSerializer())
                .withBootstrapServers(broker.bootstrapServers());
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
