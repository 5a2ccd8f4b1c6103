package dev.sampo.streamstests.connector;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Topics change while a stream reads them. */
class TopicChangesIT extends Scenario {
    @Test
    void partitionsAddedToATopicAreReadByTheRunningStream() {
        // Given
        String topic = topic(1);
        var written = new ArrayList<>(records.write(topic, 1, 20, "a"));
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)), received);
        until("the first partition is read", () -> received.size() >= 20);

        // When
        records.addPartitions(topic, 3);
        List<String> after = records.write(topic, 3, 30, "b");
        written.addAll(after);

        // Then: without a commit a rebalance begins at the first record again, so each came at least once
        until("all arrived", () -> values(received).containsAll(after));
        drain(control);
        assertThat(Set.copyOf(values(received))).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void theOtherTopicsOfASubscriptionAreReadOnWhenOneIsDeleted() {
        // Given
        String stays = topic(1);
        String goes = topic(1);
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(consumer(name("group")), Subscriptions.topicPattern(stays + "|" + goes)), received);
        List<String> before = new ArrayList<>(records.write(stays, 1, 10, "a"));
        before.addAll(records.write(goes, 1, 10, "b"));
        until("both are read", () -> values(received).containsAll(before));

        // When
        records.deleteTopic(goes);
        List<String> after = records.write(stays, 1, 10, "after");

        // Then
        until("the other is read", () -> values(received).containsAll(after));
        drain(control);
    }

    @Test
    void aTopicThatIsCreatedAfterTheSubscriptionIsRead() {
        // Given
        String topic = name("late");
        var settings = consumer(name("group")).withProperty("allow.auto.create.topics", "false");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(settings, Subscriptions.topics(topic)), received);

        // When
        records.createTopic(topic, 2);
        List<String> written = records.write(topic, 2, 20, "a");

        // Then
        until("all arrived", () -> received.size() >= 20);
        drain(control);
        assertComplete(received, written);
    }

    @Test
    void aReaderWhoseNextRecordsWereDeletedGoesOnAtTheFirstOneKept() {
        // Given: small fetches and no demand, so that the deleted records are not here yet
        String topic = topic(1);
        String padding = "x".repeat(10_000);
        records.write(IntStream.range(0, 200)
                .mapToObj(i -> new org.apache.kafka.clients.producer.ProducerRecord<String, String>(topic, 0, "k", i + padding)).toList());
        var settings = consumer(name("group")).withProperty("max.partition.fetch.bytes", "20000").withProperty("fetch.max.bytes", "20000");
        var running = Consumer.plainSource(settings, Subscriptions.topics(topic))
                .toMat(Sink.<ConsumerRecord<String, String>>queue().withAttributes(Attributes.inputBuffer(1, 1)), Keep.both())
                .run(system);
        var received = new ArrayList<ConsumerRecord<String, String>>();
        received.add(await(running.second().pull()).orElseThrow());

        // When
        records.deleteRecordsBefore(new TopicPartition(topic, 0), 190);
        while (received.get(received.size() - 1).offset() < 199) {
            received.add(await(running.second().pull()).orElseThrow());
        }

        // Then: each of the kept ones once, and no offset twice
        assertThat(received).extracting(ConsumerRecord::offset).isSorted().doesNotHaveDuplicates();
        assertThat(received.stream().filter(r -> r.offset() >= 190)).hasSize(10);
        assertThat(received).hasSizeLessThan(100);
        await(running.first().shutdown());
    }
}
