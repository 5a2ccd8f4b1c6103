package dev.sampo.streamstests.connector;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.kafka.ConsumerMessage.CommittableMessage;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** One substream for each partition that the group gives this member. */
class PartitionedIT extends Scenario {
    @Test
    void eachPartitionIsASubstreamOfItsOwn() {
        // Given
        String topic = topic(3);
        List<String> written = records.write(topic, 3, 300, "a");
        var bySubstream = new ConcurrentSkipListMap<Integer, List<ConsumerRecord<String, String>>>();

        // When
        var control = Consumer.plainPartitionedSource(consumer(name("group")), Subscriptions.topics(topic))
                .toMat(Sink.foreach(part -> {
                    var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
                    assertThat(bySubstream.put(part.first().partition(), received)).isNull();
                    part.second().runWith(Sink.foreach(received::add), system);
                }), Keep.left())
                .run(system);
        until("all arrived", () -> bySubstream.values().stream().mapToInt(List::size).sum() >= 300);

        // Then
        await(control.shutdown());
        assertThat(bySubstream).containsOnlyKeys(0, 1, 2);
        bySubstream.forEach((partition, received) ->
                assertComplete(received, IntStream.range(0, 300).filter(i -> i % 3 == partition).mapToObj(written::get).toList()));
    }

    @Test
    void mergedSubstreamsCarryEverythingAndDrainWithTheirCommits() {
        // Given
        String topic = topic(4);
        String group = name("group");
        List<String> written = records.write(topic, 4, 400, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        var control = Consumer.committablePartitionedSource(consumer(group), Subscriptions.topics(topic))
                .flatMapMerge(4, Pair::second)
                .map(message -> {
                    received.add(message.record());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(committer()), Consumer::createDrainingControl)
                .run(system);
        until("all arrived", () -> received.size() >= 400);
        drain(control);

        // Then
        assertComplete(received, written);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 100L, 1, 100L, 2, 100L, 3, 100L));
    }

    @Test
    void aSubstreamCompletesWhenItsPartitionIsRevoked() {
        // Given
        String topic = topic(2);
        String group = name("group");
        var open = ConcurrentHashMap.<Integer>newKeySet();
        var completed = new CopyOnWriteArrayList<Integer>();
        var control = Consumer.plainPartitionedSource(consumer(group), Subscriptions.topics(topic))
                .toMat(Sink.foreach(part -> {
                    int partition = part.first().partition();
                    open.add(partition);
                    part.second().runWith(Sink.ignore(), system).thenAccept(done -> {
                        open.remove(partition);
                        completed.add(partition);
                    });
                }), Keep.left())
                .run(system);
        until("both substreams run", () -> open.size() == 2);

        // When
        var other = collect(Consumer.plainSource(consumer(group), Subscriptions.topics(topic)), new CopyOnWriteArrayList<>());

        // Then
        until("one substream is left", () -> open.size() == 1 && !completed.isEmpty());
        drain(other);
        until("the partition came back", () -> open.size() == 2);
        await(control.shutdown());
        until("all substreams completed", open::isEmpty);
    }

    @Test
    void aSubstreamBeginsAtTheOffsetThatTheApplicationStored() {
        // Given
        String topic = topic(2);
        List<String> written = records.write(topic, 2, 40, "a");
        var asked = new CopyOnWriteArrayList<Set<org.apache.kafka.common.TopicPartition>>();

        // When
        var received = first(20, Stored.source(consumer(name("group")), topic, 10L, asked).flatMapMerge(2, Pair::second));

        // Then
        assertComplete(received, written.subList(20, 40));
        assertThat(asked.stream().mapToInt(Set::size).sum()).isEqualTo(2);
    }

    @Test
    void committedSubstreamsResumeWhereTheyWere() {
        // Given
        String topic = topic(2);
        String group = name("group");
        var written = new ArrayList<>(records.write(topic, 2, 60, "a"));
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        for (int run = 1; run <= 2; run++) {
            int expected = 60 * run;

            // When
            var control = Consumer.committablePartitionedSource(consumer(group), Subscriptions.topics(topic))
                    .mapAsyncUnordered(8, part -> commitEach(part.second(), received))
                    .toMat(Sink.ignore(), Consumer::createDrainingControl)
                    .run(system);
            until("run " + run + " read all", () -> received.size() >= expected);
            drain(control);
            if (run == 1) {
                written.addAll(records.write(topic, 2, 60, "b"));
            }
        }

        // Then
        assertComplete(received, written);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 60L, 1, 60L));
    }

    private java.util.concurrent.CompletionStage<org.apache.pekko.Done> commitEach(
            org.apache.pekko.stream.javadsl.Source<CommittableMessage<String, String>, NotUsed> substream, List<ConsumerRecord<String, String>> received) {
        return substream
                .map(message -> {
                    received.add(message.record());
                    return message.committableOffset();
                })
                .runWith(Committer.sink(committer()), system);
    }

    @Test
    void substreamsCarryMetadataIntoTheirCommits() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 5, "a");

        // When
        await(Consumer.commitWithMetadataPartitionedSource(consumer(group).withStopTimeout(java.time.Duration.ofSeconds(1)), Subscriptions.topics(topic), record -> "at " + record.offset())
                .flatMapMerge(1, Pair::second)
                .take(5)
                .map(CommittableMessage::committableOffset)
                .runWith(Committer.sink(committer()), system));

        // Then
        var committed = records.committedWithMetadata(group).get(new org.apache.kafka.common.TopicPartition(topic, 0));
        assertThat(committed.offset()).isEqualTo(5);
        assertThat(committed.metadata()).isEqualTo("at 4");
    }

    @Test
    void aPartitionAddedToTheTopicBecomesASubstream() {
        // Given
        String topic = topic(1);
        var seen = ConcurrentHashMap.<Integer>newKeySet();
        var received = new CopyOnWriteArrayList<String>();
        var control = Consumer.plainPartitionedSource(consumer(name("group")), Subscriptions.topics(topic))
                .toMat(Sink.foreach(part -> {
                    seen.add(part.first().partition());
                    part.second().runWith(Sink.foreach(record -> received.add(record.value())), system);
                }), Keep.left())
                .run(system);
        until("the first is there", () -> seen.contains(0));

        // When
        records.addPartitions(topic, 3);
        List<String> written = records.write(topic, 3, 30, "a");

        // Then
        until("all arrived", () -> received.containsAll(written));
        assertThat(seen).containsExactlyInAnyOrder(0, 1, 2);
        await(control.shutdown());
    }
}
