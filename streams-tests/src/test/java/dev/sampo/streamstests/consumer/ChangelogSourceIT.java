package dev.sampo.streamstests.consumer;

import dev.sampo.client.ChangelogMessage;
import dev.sampo.client.ChangelogMessage.Change;
import dev.sampo.client.ChangelogMessage.Entry;
import dev.sampo.client.ChangelogMessage.SnapshotEnd;
import dev.sampo.client.javadsl.Consumer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** A compacted topic as a table and its changes. */
class ChangelogSourceIT extends ClientScenario {
    private static String text(ChangelogMessage<String, String> message) {
        return switch (message) {
            case Entry<String, String> entry -> entry.record().key() + "=" + entry.record().value();
            case SnapshotEnd<String, String> end -> "end " + end.offsets();
            case Change<String, String> change -> change.isRemoval()
                    ? "-" + change.record().key()
                    : "+" + change.record().key() + "=" + change.record().value();
        };
    }

    private void put(String topic, int partition, String key, String value) {
        records.write(List.of(new ProducerRecord<>(topic, partition, key, value == null ? "" : value)));
    }

    private void remove(String topic, int partition, String key) {
        var tombstone = new ArrayList<ProducerRecord<byte[], byte[]>>();
        tombstone.add(new ProducerRecord<>(topic, partition, key.getBytes(java.nio.charset.StandardCharsets.UTF_8), null));
        records.writeBytes(Map.of(), tombstone);
    }

    @Test
    void theSnapshotComesFirstThenItsEndThenEachChange() {
        // Given
        String topic = name("table");
        records.createTopic(topic, 2, Map.of("cleanup.policy", "compact"));
        put(topic, 0, "a", "1");
        put(topic, 0, "b", "1");
        put(topic, 0, "a", "2");
        put(topic, 1, "c", "1");
        remove(topic, 0, "b");
        var received = new CopyOnWriteArrayList<String>();

        // When
        var control = Consumer.changelogSource(settings(), topic).map(ChangelogSourceIT::text)
                .toMat(Sink.foreach(received::add), Consumer::createDrainingControl).run(system);
        until("the snapshot is here", () -> received.size() == 3);
        put(topic, 0, "b", "2");
        remove(topic, 0, "a");

        // Then
        until("the changes are here", () -> received.size() == 5);
        await(control.drainAndShutdown(system.dispatcher()));
        assertThat(received.subList(0, 2)).containsExactlyInAnyOrder("a=2", "c=1");
        assertThat(received.get(2)).isEqualTo("end " + Map.copyOf(Map.of(new TopicPartition(topic, 0), 4L, new TopicPartition(topic, 1), 1L)));
        assertThat(received.subList(3, 5)).containsExactly("+b=2", "-a");
    }

    @Test
    void theSnapshotOfAnEmptyTopicEndsAtOnce() {
        // Given
        String topic = name("table");
        records.createTopic(topic, 2, Map.of("cleanup.policy", "compact"));

        // When
        var first = await(Consumer.changelogSource(settings(), topic).runWith(Sink.head(), system));

        // Then
        assertThat(first).isEqualTo(new SnapshotEnd<>(Map.of()));
    }

    @Test
    void aSnapshotOfManyChunksWhileRecordsKeepComingIsWhole() {
        // Given: 2,000 keys, five times each; small fetches
        String topic = name("table");
        records.createTopic(topic, 1, Map.of("cleanup.policy", "compact"));
        var written = new ArrayList<ProducerRecord<String, String>>();
        for (int round = 0; round < 5; round++) {
            for (int key = 0; key < 2_000; key++) {
                written.add(new ProducerRecord<>(topic, 0, "k-" + key, round + "-" + key));
            }
        }
        records.write(written);
        var small = settings().withProperty("max.partition.fetch.bytes", "20000").withProperty("fetch.max.bytes", "20000");
        var received = new CopyOnWriteArrayList<ChangelogMessage<String, String>>();

        // When
        var control = Consumer.changelogSource(small, topic)
                .toMat(Sink.foreach(received::add), Consumer::createDrainingControl).run(system);
        put(topic, 0, "late", "1");
        until("the snapshot is here", () -> received.stream().anyMatch(SnapshotEnd.class::isInstance));
        put(topic, 0, "later", "1");
        until("the last change is here", () -> text(received.get(received.size() - 1)).equals("+later=1"));
        await(control.drainAndShutdown(system.dispatcher()));

        // Then: what came while it was read is in it or behind it
        var end = received.stream().filter(SnapshotEnd.class::isInstance).findFirst().orElseThrow();
        var entries = received.subList(0, received.indexOf(end)).stream().map(ChangelogSourceIT::text).toList();
        assertThat(entries.stream().filter(entry -> !entry.startsWith("late"))).hasSize(2_000).allMatch(entry -> entry.contains("=4-"));
        assertThat(received).hasSize(2_003);
    }
}
