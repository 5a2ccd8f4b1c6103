package dev.sampo.streamstests.connector;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Where a source starts, what it reads, and how records come out of it. */
class ReadingIT extends Scenario {
    @Test
    void everyRecordOfEveryPartitionArrivesOnceAndInOrder() {
        // Given
        String topic = topic(3);
        List<String> written = records.write(topic, 3, 600, "a");

        // When
        var received = first(600, Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)));

        // Then
        assertComplete(received, written);
        assertThat(received).extracting(ConsumerRecord::partition).contains(0, 1, 2);
    }

    @Test
    void aNewGroupThatStartsAtLatestSeesOnlyLaterRecords() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "before");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var settings = consumer(group).withProperty("auto.offset.reset", "latest");
        var control = collect(Consumer.plainSource(settings, Subscriptions.topics(topic)), received);

        // When: the position at the end is known to nobody but the client, so markers are written until one arrives
        var markers = new ArrayList<String>();
        until("a marker arrived", () -> {
            markers.addAll(records.write(topic, 1, 1, "marker" + markers.size()));
            return !received.isEmpty();
        });
        List<String> after = records.write(topic, 1, 10, "after");
        until("the last record arrived", () -> values(received).contains(after.get(9)));

        // Then
        drain(control);
        assertThat(values(received)).noneMatch(value -> value.startsWith("before")).containsAll(after);
        assertOrdered(received);
        assertThat(markers).isNotEmpty();
    }

    @Test
    void anAssignedPartitionIsReadFromItsStartWithoutAGroup() {
        // Given
        String topic = topic(2);
        records.write(topic, 2, 40, "a");
        var settings = ConsumerSettings.create(system, new StringDeserializer(), new StringDeserializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withProperty("auto.offset.reset", "earliest");

        // When
        var received = first(20, Consumer.plainSource(settings, Subscriptions.assignment(new TopicPartition(topic, 1))));

        // Then
        assertThat(received).extracting(ConsumerRecord::partition).containsOnly(1);
        assertComplete(received, IntStream.range(0, 20).mapToObj(i -> "a-" + (2 * i + 1)).toList());
    }

    @Test
    void anAssignmentWithAnOffsetStartsExactlyThere() {
        // Given
        String topic = topic(1);
        List<String> written = records.write(topic, 1, 50, "a");

        // When
        var received = first(20, Consumer.plainSource(
                consumer(name("group")), Subscriptions.assignmentWithOffset(new TopicPartition(topic, 0), 30)));

        // Then
        assertComplete(received, written.subList(30, 50));
        assertThat(received.get(0).offset()).isEqualTo(30);
    }

    @Test
    void anAssignmentOfSeveralPartitionsStartsEachAtItsOwnOffset() {
        // Given
        String topic = topic(2);
        records.write(topic, 2, 40, "a");
        var offsets = Map.of(new TopicPartition(topic, 0), 5L, new TopicPartition(topic, 1), 15L);

        // When
        var received = first(20, Consumer.plainSource(consumer(name("group")), Subscriptions.assignmentWithOffset(offsets)));

        // Then
        assertOrdered(received);
        assertThat(received.stream().filter(r -> r.partition() == 0)).hasSize(15).first().extracting(ConsumerRecord::offset).isEqualTo(5L);
        assertThat(received.stream().filter(r -> r.partition() == 1)).hasSize(5).first().extracting(ConsumerRecord::offset).isEqualTo(15L);
    }

    @Test
    void anAssignmentByTimeStartsAtTheFirstRecordThatIsNotOlder() {
        // Given
        String topic = topic(1);
        long startMs = 1_700_000_000_000L;
        records.write(IntStream.range(0, 30).mapToObj(i -> new ProducerRecord<>(topic, 0, startMs + 1_000L * i, "k", "a-" + i)).toList());

        // When
        var received = first(19, Consumer.plainSource(
                consumer(name("group")), Subscriptions.assignmentOffsetsForTimes(new TopicPartition(topic, 0), startMs + 10_500)));

        // Then
        assertComplete(received, IntStream.range(11, 30).mapToObj(i -> "a-" + i).toList());
        assertThat(received.get(0).timestamp()).isEqualTo(startMs + 11_000);
    }

    @Test
    void anAssignmentAtTheEndSeesOnlyWhatIsWrittenLater() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 10, "before");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        var control = collect(Consumer.plainSource(
                consumer(name("group")), Subscriptions.assignmentWithOffset(new TopicPartition(topic, 0), 10)), received);
        List<String> after = records.write(topic, 1, 10, "after");

        // Then
        until("ten records arrived", () -> received.size() >= 10);
        drain(control);
        assertComplete(received, after);
    }

    @Test
    void anOffsetPastTheEndIsResetToTheEarliestWhenTheSettingsSaySo() {
        // Given
        String topic = topic(1);
        List<String> written = records.write(topic, 1, 10, "a");

        // When
        var received = first(10, Consumer.plainSource(
                consumer(name("group")), Subscriptions.assignmentWithOffset(new TopicPartition(topic, 0), 1_000)));

        // Then
        assertComplete(received, written);
    }

    @Test
    void anOffsetPastTheEndFailsTheStreamWhenTheSettingsForbidAReset() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 10, "a");
        var settings = consumer(name("group")).withProperty("auto.offset.reset", "none");

        // When
        var stream = Consumer.plainSource(settings, Subscriptions.assignmentWithOffset(new TopicPartition(topic, 0), 1_000))
                .runWith(Sink.ignore(), system);

        // Then
        assertThat(messages(failure(stream))).contains("OutOfRange").contains(topic + "-0");
    }

    @Test
    void aNewGroupFailsTheStreamWhenTheSettingsForbidAReset() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 10, "a");
        var settings = consumer(name("group")).withProperty("auto.offset.reset", "none");

        // When
        var stream = Consumer.plainSource(settings, Subscriptions.topics(topic)).runWith(Sink.ignore(), system);

        // Then
        assertThat(messages(failure(stream))).contains("NoOffsetForPartition").contains(topic);
    }

    @Test
    void severalTopicsAreReadByOneSubscription() {
        // Given
        String first = topic(2);
        String second = topic(1);
        var written = new ArrayList<>(records.write(first, 2, 50, "first"));
        written.addAll(records.write(second, 1, 50, "second"));

        // When
        var received = first(100, Consumer.plainSource(consumer(name("group")), Subscriptions.topics(Set.of(first, second))));

        // Then
        assertComplete(received, written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void aPatternSubscriptionReadsTheTopicsThatMatchAndNoOther(String kind) {
        // Given
        String family = name("family");
        for (String suffix : List.of("one", "two", "other")) {
            records.createTopic(family + "." + suffix, 1);
        }
        var written = new ArrayList<>(records.write(family + ".one", 1, 20, "one"));
        records.write(family + ".other", 1, 20, "other");
        written.addAll(records.write(family + ".two", 1, 20, "two"));

        // When
        var received = first(40, Consumer.plainSource(member(name("group"), kind), Subscriptions.topicPattern(family + "\\.(one|two)")));

        // Then
        assertComplete(received, written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void aPatternSubscriptionTakesInATopicThatIsCreatedLater(String kind) {
        // Given
        String family = name("family");
        records.createTopic(family + ".one", 1);
        var written = new ArrayList<>(records.write(family + ".one", 1, 10, "one"));
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(member(name("group"), kind), Subscriptions.topicPattern(family + "\\..*")), received);
        until("the first topic is read", () -> received.size() == 10);

        // When
        records.createTopic(family + ".two", 1);
        written.addAll(records.write(family + ".two", 1, 10, "two"));

        // Then
        until("the second topic is read", () -> values(received).containsAll(written));
        drain(control);
        // Nothing is committed, so the rebalance may begin at the first record again: at least once.
        assertThat(Set.copyOf(values(received))).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void nullsHeadersAndTimestampsArriveAsTheyWereWritten() {
        // Given
        String topic = topic(1);
        var headers = List.<org.apache.kafka.common.header.Header>of(
                new RecordHeader("trace", "one".getBytes(UTF_8)), new RecordHeader("trace", "two".getBytes(UTF_8)), new RecordHeader("none", (byte[]) null));
        records.write(List.of(
                new ProducerRecord<>(topic, 0, 1_700_000_000_001L, "key", "value", headers),
                new ProducerRecord<>(topic, 0, 1_700_000_000_002L, null, "no key"),
                new ProducerRecord<>(topic, 0, 1_700_000_000_003L, "tombstone", (String) null),
                new ProducerRecord<>(topic, 0, 1_700_000_000_004L, "", "")));

        // When
        var received = first(4, Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)));

        // Then
        assertThat(received).extracting(ConsumerRecord::key).containsExactly("key", null, "tombstone", "");
        assertThat(received).extracting(ConsumerRecord::value).containsExactly("value", "no key", null, "");
        assertThat(received).extracting(ConsumerRecord::timestamp)
                .containsExactly(1_700_000_000_001L, 1_700_000_000_002L, 1_700_000_000_003L, 1_700_000_000_004L);
        assertThat(received.get(0).headers().toArray()).containsExactlyElementsOf(headers);
        assertThat(received.get(1).headers().toArray()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void batchesOfEveryCodecAreRead(String codec) {
        // Given
        String topic = topic(1);
        var written = IntStream.range(0, 500).mapToObj(i -> "text that repeats, text that repeats, " + i).toList();
        records.writeBytes(Map.of("compression.type", codec, "linger.ms", 20, "batch.size", 8_000),
                written.stream().map(value -> new ProducerRecord<>(topic, 0, "k".getBytes(UTF_8), value.getBytes(UTF_8))).toList());

        // When
        var received = first(500, Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)));

        // Then
        assertComplete(received, written);
    }

    @Test
    void recordsLargerThanTheFetchLimitsArriveWhole() {
        // Given
        String topic = topic(1);
        var written = new ArrayList<byte[]>();
        for (int i = 0; i < 6; i++) {
            byte[] value = new byte[900_000];
            ThreadLocalRandom.current().nextBytes(value);
            written.add(value);
        }
        records.writeBytes(Map.of(), written.stream().map(value -> new ProducerRecord<byte[], byte[]>(topic, 0, null, value)).toList());
        var settings = ConsumerSettings.create(system, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withGroupId(name("group"))
                .withProperty("auto.offset.reset", "earliest")
                .withProperty("max.partition.fetch.bytes", "10000")
                .withProperty("fetch.max.bytes", "20000");

        // When
        var received = first(6, Consumer.plainSource(settings, Subscriptions.topics(topic)));

        // Then
        assertThat(received).extracting(ConsumerRecord::value).containsExactlyElementsOf(written);
    }

    @Test
    void manyTinyRecordsArriveOnceAndInOrder() {
        // Given
        String topic = topic(2);
        int count = 30_000;
        records.writeBytes(Map.of("linger.ms", 5, "batch.size", 100_000), IntStream.range(0, count)
                .mapToObj(i -> new ProducerRecord<byte[], byte[]>(topic, i % 2, null, Integer.toString(i, 36).getBytes(UTF_8)))
                .toList());

        // When
        var received = first(count, Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)));

        // Then
        assertComplete(received, IntStream.range(0, count).mapToObj(i -> Integer.toString(i, 36)).toList());
    }

    @Test
    void aStreamOnAnEmptyTopicWaitsForItsFirstRecord() {
        // Given
        String topic = topic(1);
        String group = name("group");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(consumer(group), Subscriptions.topics(topic)), received);
        until("the member has joined", () -> records.members(group) == 1);

        // When
        List<String> written = records.write(topic, 1, 1, "a");

        // Then
        until("it arrived", () -> !received.isEmpty());
        drain(control);
        assertComplete(received, written);
    }

    @Test
    void twoStreamsWithoutACommonGroupEachReadEverything() {
        // Given
        String topic = topic(2);
        List<String> written = records.write(topic, 2, 100, "a");
        var one = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var two = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        var first = collect(Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)), one);
        var second = collect(Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)), two);
        until("both have all", () -> one.size() >= 100 && two.size() >= 100);

        // Then
        drain(first);
        drain(second);
        assertComplete(one, written);
        assertComplete(two, written);
    }

    @Test
    void aValueThatCannotBeDeserializedFailsTheStreamNamingItsPlace() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 1, "no integer");
        var settings = ConsumerSettings.create(system, new StringDeserializer(), new IntegerDeserializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withGroupId(name("group"))
                .withProperty("auto.offset.reset", "earliest");

        // When
        var stream = Consumer.plainSource(settings, Subscriptions.topics(topic)).runWith(Sink.ignore(), system);

        // Then
        assertThat(messages(failure(stream))).containsIgnoringCase("deserializ").contains(topic + "-0");
    }
}
