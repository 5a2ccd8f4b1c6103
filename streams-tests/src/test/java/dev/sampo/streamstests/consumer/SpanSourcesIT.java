package dev.sampo.streamstests.consumer;

import dev.sampo.client.javadsl.Consumer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Sources without a group: the end of topics, live, and parts of them again. */
class SpanSourcesIT extends ClientScenario {
    private static List<String> values(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    private List<ConsumerRecord<String, String>> all(org.apache.pekko.stream.javadsl.Source<ConsumerRecord<String, String>, ?> source) {
        return await(source.runWith(Sink.seq(), system));
    }

    @Test
    void aTailGivesTheLastRecordsOfEachPartitionAndThenWhatComes() {
        // Given
        String topic = topic(2);
        records.write(topic, 2, 40, "before");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        var control = Consumer.tailSource(settings(), Set.of(topic), 3)
                .toMat(Sink.foreach(received::add), Consumer::createDrainingControl).run(system);
        until("the last three of each are here", () -> received.size() == 6);
        List<String> after = records.write(topic, 2, 10, "after");
        until("what was written after is here", () -> received.size() == 16);
        await(control.drainAndShutdown(system.dispatcher()));

        // Then
        assertThat(values(received).subList(0, 6)).containsExactlyInAnyOrder(
                "before-34", "before-35", "before-36", "before-37", "before-38", "before-39");
        assertThat(values(received).subList(6, 16)).containsExactlyInAnyOrderElementsOf(after);
    }

    @Test
    void aTailFromNowBeginsBehindTheLastRecordAndReadsPartitionsThatAreAdded() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 10, "before");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = Consumer.tailSource(settings(), Set.of(topic))
                .toMat(Sink.foreach(received::add), Consumer::createDrainingControl).run(system);
        var written = new ArrayList<String>();
        until("it has begun", () -> {
            written.addAll(records.write(topic, 1, 1, name("w")));
            return !received.isEmpty();
        });

        // When
        records.addPartitions(topic, 2);
        List<String> after = records.write(List.of(new ProducerRecord<>(topic, 1, "k", "on the new one")));

        // Then
        until("the new partition is read", () -> values(received).containsAll(after));
        await(control.drainAndShutdown(system.dispatcher()));
        written.addAll(after);
        assertThat(written).containsAll(values(received));
    }

    @Test
    void aReplayBetweenOffsetsGivesTheseRecordsInOrderAndCompletes() {
        // Given: offset i of partition p is record 2 * i + p
        String topic = topic(2);
        records.write(topic, 2, 40, "v");
        var zero = new TopicPartition(topic, 0);
        var one = new TopicPartition(topic, 1);

        // When
        var received = all(Consumer.replaySource(settings(), Map.of(zero, 5L), Map.of(zero, 8L, one, 2L)));
        var toTheEnd = all(Consumer.replaySource(settings(), Map.of(zero, 18L), Map.of(zero, 1_000L)));
        var nothing = all(Consumer.replaySource(settings(), Map.of(zero, 20L), Map.of()));

        // Then
        assertThat(values(received.stream().filter(r -> r.partition() == 0).toList())).containsExactly("v-10", "v-12", "v-14");
        assertThat(values(received.stream().filter(r -> r.partition() == 1).toList())).containsExactly("v-1", "v-3");
        assertThat(values(toTheEnd)).containsExactly("v-36", "v-38");
        assertThat(nothing).isEmpty();
    }

    @Test
    void aReplayBeginsWithTheFirstRecordThatIsKept() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 20, "v");
        var zero = new TopicPartition(topic, 0);
        records.deleteRecordsBefore(zero, 15);

        // When
        var received = all(Consumer.replaySource(settings(), Map.of(zero, 0L), Map.of(zero, 18L)));
        var gone = all(Consumer.replaySource(settings(), Map.of(zero, 0L), Map.of(zero, 10L)));

        // Then
        assertThat(values(received)).containsExactly("v-15", "v-16", "v-17");
        assertThat(gone).isEmpty();
    }

    @Test
    void aReplayBetweenTimesGivesTheRecordsOfThatTimeAndCompletes() {
        // Given: a record a second
        String topic = topic(2);
        Instant begin = Instant.parse("2026-01-01T00:00:00Z");
        records.write(IntStream.range(0, 60)
                .mapToObj(i -> new ProducerRecord<>(topic, i % 2, begin.plusSeconds(i).toEpochMilli(), "k", "v-" + i)).toList());

        // When
        var received = all(Consumer.replaySource(settings(), Set.of(topic), begin.plusSeconds(10), begin.plusSeconds(14)));
        var open = all(Consumer.replaySource(settings(), Set.of(topic), begin.plusSeconds(58), begin.plusSeconds(1_000)));
        var later = all(Consumer.replaySource(settings(), Set.of(topic), begin.plusSeconds(900), begin.plusSeconds(1_000)));

        // Then
        assertThat(values(received)).containsExactlyInAnyOrder("v-10", "v-11", "v-12", "v-13");
        assertThat(values(open)).containsExactlyInAnyOrder("v-58", "v-59");
        assertThat(later).isEmpty();
    }

    @Test
    void aReplayOfAPartitionThatDoesNotExistFails() {
        // Given
        var missing = new TopicPartition(topic(1), 7);

        // When, Then
        assertThatThrownBy(() -> all(Consumer.replaySource(settings(), Map.of(missing, 0L), Map.of())))
                .hasCauseInstanceOf(UnknownTopicOrPartitionException.class).hasMessageContaining(missing.toString());
    }
}
