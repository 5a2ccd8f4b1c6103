package dev.sampo.streamstests.connector;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.kafka.ProducerMessage;
import org.apache.pekko.kafka.ProducerSettings;
import org.apache.pekko.kafka.javadsl.Producer;
import org.apache.pekko.kafka.javadsl.SendProducer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What a stream writes, and what it hears back. */
class ProducingIT extends Scenario {
    private static Source<Integer, org.apache.pekko.NotUsed> numbers(int count) {
        return Source.range(0, count - 1);
    }

    private static List<String> expected(int count) {
        return IntStream.range(0, count).mapToObj(i -> "v-" + i).toList();
    }

    @Test
    void thePlainSinkWritesEverythingInOrder() {
        // Given
        String topic = topic(1);

        // When
        await(numbers(2_000).map(i -> new ProducerRecord<String, String>(topic, "v-" + i)).runWith(Producer.plainSink(producer()), system));

        // Then
        assertThat(values(records.read(topic))).isEqualTo(expected(2_000));
    }

    @Test
    void manyRecordsOverManyPartitionsAreWrittenOnceAndInOrderOfEachPartition() {
        // Given
        String topic = topic(4);

        // When
        await(numbers(20_000).map(i -> new ProducerRecord<>(topic, i % 4, "k", "v-" + i)).runWith(Producer.plainSink(producer()), system));

        // Then
        var read = records.read(topic);
        assertComplete(read, expected(20_000));
        for (int partition = 0; partition < 4; partition++) {
            int p = partition;
            assertThat(read.stream().filter(r -> r.partition() == p).map(ConsumerRecord::value))
                    .containsExactlyElementsOf(IntStream.range(0, 20_000).filter(i -> i % 4 == p).mapToObj(i -> "v-" + i).toList());
        }
    }

    @Test
    void eachElementComesBackWithItsOffsetInTheOrderOfTheStream() {
        // Given
        String topic = topic(1);

        // When
        var results = await(numbers(500)
                .map(i -> ProducerMessage.single(new ProducerRecord<String, String>(topic, "v-" + i), i))
                .via(Producer.<String, String, Integer>flexiFlow(producer()))
                .map(result -> (ProducerMessage.Result<String, String, Integer>) result)
                .runWith(Sink.seq(), system));

        // Then
        assertThat(results).extracting(ProducerMessage.Result::passThrough).isEqualTo(IntStream.range(0, 500).boxed().toList());
        assertThat(results).extracting(result -> result.metadata().offset()).isEqualTo(IntStream.range(0, 500).mapToObj(i -> (long) i).toList());
        assertThat(results).allSatisfy(result -> {
            assertThat(result.metadata().topic()).isEqualTo(topic);
            assertThat(result.metadata().partition()).isZero();
            assertThat(result.message().record().value()).isEqualTo("v-" + result.passThrough());
        });
    }

    @Test
    void resultsOfSeveralPartitionsKeepTheOrderOfTheStream() {
        // Given
        String topic = topic(5);

        // When
        var results = await(numbers(1_000)
                .map(i -> ProducerMessage.single(new ProducerRecord<>(topic, i % 5, "k", "v-" + i), i))
                .via(Producer.<String, String, Integer>flexiFlow(producer()))
                .map(ProducerMessage.Results::passThrough)
                .runWith(Sink.seq(), system));

        // Then
        assertThat(results).isEqualTo(IntStream.range(0, 1_000).boxed().toList());
        assertThat(values(records.read(topic))).containsExactlyInAnyOrderElementsOf(expected(1_000));
    }

    @Test
    void aMultiMessageComesBackWhenAllItsRecordsAreWritten() {
        // Given
        String first = topic(1);
        String second = topic(1);

        // When
        var result = await(Source.single(ProducerMessage.multi(List.of(
                                new ProducerRecord<String, String>(first, "one"), new ProducerRecord<String, String>(second, "two"), new ProducerRecord<String, String>(first, "three")),
                        "through"))
                .via(Producer.<String, String, String>flexiFlow(producer()))
                .runWith(Sink.head(), system));

        // Then
        var multi = (ProducerMessage.MultiResult<String, String, String>) result;
        assertThat(multi.passThrough()).isEqualTo("through");
        assertThat(multi.getParts()).extracting(part -> part.record().value()).containsExactly("one", "two", "three");
        assertThat(multi.getParts()).extracting(part -> part.metadata().offset()).containsExactly(0L, 0L, 1L);
        assertThat(values(records.read(first))).containsExactly("one", "three");
        assertThat(values(records.read(second))).containsExactly("two");
    }

    @Test
    void aPassThroughMessageWritesNothingAndKeepsItsPlace() {
        // Given
        String topic = topic(1);

        // When
        var through = await(numbers(100)
                .map(i -> i % 2 == 0
                        ? ProducerMessage.single(new ProducerRecord<String, String>(topic, "v-" + i), i)
                        : ProducerMessage.<String, String, Integer>passThrough(i))
                .via(Producer.<String, String, Integer>flexiFlow(producer()))
                .map(ProducerMessage.Results::passThrough)
                .runWith(Sink.seq(), system));

        // Then
        assertThat(through).isEqualTo(IntStream.range(0, 100).boxed().toList());
        assertThat(values(records.read(topic))).isEqualTo(IntStream.range(0, 50).mapToObj(i -> "v-" + 2 * i).toList());
    }

    @Test
    void contextTravelsWithEachElement() {
        // Given
        String topic = topic(1);

        // When
        var contexts = await(numbers(50)
                .asSourceWithContext(i -> "context-" + i)
                .map(i -> ProducerMessage.single(new ProducerRecord<String, String>(topic, "v-" + i)))
                .via(Producer.flowWithContext(producer()))
                .asSource()
                .map(pair -> pair.second())
                .runWith(Sink.seq(), system));

        // Then
        assertThat(contexts).isEqualTo(IntStream.range(0, 50).mapToObj(i -> "context-" + i).toList());
        assertThat(values(records.read(topic))).isEqualTo(expected(50));
    }

    /** Refuses one value. */
    static final class Picky implements Serializer<String> {
        @Override
        public byte[] serialize(String topic, String value) {
            if ("v-3".equals(value)) {
                throw new SerializationException("v-3 is not liked");
            }
            return value.getBytes(UTF_8);
        }
    }

    private ProducerSettings<String, String> picky() {
        return ProducerSettings.create(system, new StringSerializer(), new Picky()).withBootstrapServers(broker().bootstrapServers());
    }

    @Test
    void aRecordThatCannotBeSerializedFailsTheStream() {
        // Given
        String topic = topic(1);

        // When
        var stream = numbers(10).map(i -> new ProducerRecord<String, String>(topic, "v-" + i)).runWith(Producer.plainSink(picky()), system);

        // Then
        assertThat(messages(failure(stream))).contains("v-3 is not liked");
        assertThat(values(records.read(topic))).isSubsetOf("v-0", "v-1", "v-2");
    }

    @Test
    void aRecordThatIsTooLargeFailsTheStreamSayingSo() {
        // Given
        String topic = topic(1);
        var settings = ProducerSettings.create(system, new StringSerializer(), new ByteArraySerializer()).withBootstrapServers(broker().bootstrapServers());

        // When
        var stream = Source.single(new ProducerRecord<String, byte[]>(topic, new byte[2_000_000])).runWith(Producer.plainSink(settings), system);

        // Then
        assertThat(messages(failure(stream))).contains("RecordTooLarge").contains("max.request.size");
        assertThat(records.read(topic)).isEmpty();
    }

    @Test
    void aRecordThatTheBrokerFindsTooLargeFailsTheStreamSayingSo() {
        // Given
        String topic = name("topic");
        records.createTopic(topic, 1, java.util.Map.of("max.message.bytes", "1000"));
        byte[] noise = new byte[5_000];
        ThreadLocalRandom.current().nextBytes(noise);
        var settings = ProducerSettings.create(system, new StringSerializer(), new ByteArraySerializer()).withBootstrapServers(broker().bootstrapServers());

        // When
        var stream = Source.single(new ProducerRecord<String, byte[]>(topic, noise)).runWith(Producer.plainSink(settings), system);

        // Then
        assertThat(messages(failure(stream))).contains("RecordTooLarge");
    }

    @Test
    void aTopicNameThatIsNoneFailsTheStream() {
        // Given
        var record = new ProducerRecord<String, String>("no topic!", "v");

        // When
        var stream = Source.single(record).runWith(Producer.plainSink(producer().withProperty("max.block.ms", "3000")), system);

        // Then
        assertThat(messages(failure(stream))).contains("no topic!");
    }

    @Test
    void aPartitionThatDoesNotExistFailsTheStreamWithinTheBlockTime() {
        // Given
        String topic = topic(2);

        // When
        var stream = Source.single(new ProducerRecord<>(topic, 7, "k", "v"))
                .runWith(Producer.plainSink(producer().withProperty("max.block.ms", "1000")), system);

        // Then
        assertThat(messages(failure(stream))).contains("Timeout").contains(topic).contains("7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void batchesOfEveryCodecAreWritten(String codec) {
        // Given
        String topic = topic(1);
        var settings = producer().withProperty("compression.type", codec).withProperty("linger.ms", "20");

        // When
        await(numbers(1_000).map(i -> new ProducerRecord<>(topic, "key " + i, "v-" + i)).runWith(Producer.plainSink(settings), system));

        // Then
        assertThat(values(records.read(topic))).isEqualTo(expected(1_000));
    }

    @Test
    void nullsHeadersAndTimestampsAreWrittenAsGiven() {
        // Given
        String topic = topic(1);
        var headers = List.<org.apache.kafka.common.header.Header>of(new RecordHeader("h", new byte[] {1, 2}), new RecordHeader("none", (byte[]) null));

        // When
        await(Source.from(List.of(
                        new ProducerRecord<>(topic, 0, 1_700_000_000_001L, "k", "v", headers),
                        new ProducerRecord<String, String>(topic, 0, 1_700_000_000_002L, null, null)))
                .runWith(Producer.plainSink(producer()), system));

        // Then
        var read = records.read(topic);
        assertThat(read).extracting(ConsumerRecord::timestamp).containsExactly(1_700_000_000_001L, 1_700_000_000_002L);
        assertThat(read).extracting(ConsumerRecord::key).containsExactly("k", null);
        assertThat(read).extracting(ConsumerRecord::value).containsExactly("v", null);
        assertThat(read.get(0).headers().toArray()).containsExactlyElementsOf(headers);
    }

    @Test
    void keysGoToThePartitionsWhereKafkasProducerPutsThem() {
        // Given
        String byStream = topic(7);
        String byProducer = topic(7);

        // When
        await(numbers(200).map(i -> new ProducerRecord<>(byStream, "key-" + i, "v-" + i)).runWith(Producer.plainSink(producer()), system));
        records.write(IntStream.range(0, 200).mapToObj(i -> new ProducerRecord<>(byProducer, "key-" + i, "v-" + i)).toList());

        // Then
        assertThat(records.read(byStream)).extracting(r -> r.partition() + " " + r.value())
                .isEqualTo(records.read(byProducer).stream().map(r -> r.partition() + " " + r.value()).toList());
    }

    @Test
    void recordsCanBeSentWithoutAStream() {
        // Given
        String topic = topic(1);
        ClassicActorSystemProvider provider = system;
        var sender = new SendProducer<>(producer(), provider);

        // When
        var first = await(sender.send(new ProducerRecord<String, String>(topic, "one")));
        var second = await(sender.sendEnvelope(ProducerMessage.multi(
                List.of(new ProducerRecord<String, String>(topic, "two"), new ProducerRecord<String, String>(topic, "three")), "through")));
        await(sender.close());

        // Then
        assertThat(first.offset()).isZero();
        assertThat(second.passThrough()).isEqualTo("through");
        assertThat(values(records.read(topic))).containsExactly("one", "two", "three");
    }

    @Test
    void aStreamThatCompletesHasWrittenWhatItTookEvenWithALongLinger() {
        // Given
        String topic = topic(1);
        var settings = producer().withProperty("linger.ms", "1000").withCloseTimeout(Duration.ofSeconds(10));

        // When
        await(numbers(10).map(i -> new ProducerRecord<String, String>(topic, "v-" + i)).runWith(Producer.plainSink(settings), system));

        // Then
        assertThat(values(records.read(topic))).isEqualTo(expected(10));
    }

    @Test
    void aParallelismOfOneKeepsOneElementInFlight() {
        // Given
        String topic = topic(1);

        // When
        var offsets = await(numbers(50)
                .map(i -> ProducerMessage.single(new ProducerRecord<String, String>(topic, "v-" + i), records.endOffset(new TopicPartition(topic, 0))))
                .via(Producer.<String, String, Long>flexiFlow(producer().withParallelism(1)))
                .map(result -> ((ProducerMessage.Result<String, String, Long>) result).metadata().offset())
                .runWith(Sink.seq(), system));

        // Then
        assertThat(offsets).isEqualTo(IntStream.range(0, 50).mapToObj(i -> (long) i).toList());
    }
}
