package dev.sampo.streamstests.connector;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.kafka.CommitDelivery;
import org.apache.pekko.kafka.CommitWhen;
import org.apache.pekko.kafka.CommitterSettings;
import org.apache.pekko.kafka.ConsumerMessage;
import org.apache.pekko.kafka.ConsumerMessage.CommittableMessage;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What is committed, when, and where the next stream begins. */
class CommitIT extends Scenario {
    /** A stream that its downstream cancels goes on to serve commits for so long. */
    private static final Duration TIME_TO_COMMIT = Duration.ofSeconds(1);

    private Source<CommittableMessage<String, String>, Consumer.Control> committable(String group, String topic) {
        return Consumer.committableSource(consumer(group).withStopTimeout(TIME_TO_COMMIT), Subscriptions.topics(topic));
    }

    /** Reads all that comes into {@code received} and commits it. */
    private Consumer.DrainingControl<org.apache.pekko.Done> committing(
            String group, String topic, CommitterSettings settings, List<ConsumerRecord<String, String>> received) {
        return committable(group, topic)
                .map(message -> {
                    received.add(message.record());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(settings), Consumer::createDrainingControl)
                .run(system);
    }

    @Test
    void aDrainedStreamHasCommittedTheEndOfEveryPartition() {
        // Given
        String topic = topic(3);
        String group = name("group");
        List<String> written = records.write(topic, 3, 300, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        var control = committing(group, topic, committer(), received);
        until("all arrived", () -> received.size() >= 300);
        drain(control);

        // Then
        assertComplete(received, written);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 100L, 1, 100L, 2, 100L));
    }

    @Test
    void theNextStreamBeginsAfterTheLastCommit() {
        // Given
        String topic = topic(2);
        String group = name("group");
        var written = new ArrayList<>(records.write(topic, 2, 100, "a"));
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = committing(group, topic, committer(), received);
        until("all arrived", () -> received.size() >= 100);
        drain(control);
        written.addAll(records.write(topic, 2, 100, "b"));

        // When
        var next = committing(group, topic, committer(), received);
        until("the rest arrived", () -> received.size() >= 200);
        drain(next);

        // Then
        assertComplete(received, written);
    }

    @Test
    void whatWasNotCommittedIsDeliveredAgain() {
        // Given
        String topic = topic(1);
        String group = name("group");
        List<String> written = records.write(topic, 1, 20, "a");
        var first = first(20, committable(group, topic));

        // When
        var again = first(20, committable(group, topic));

        // Then
        assertThat(messageValues(first)).isEqualTo(written);
        assertThat(messageValues(again)).isEqualTo(written);
    }

    @Test
    void aBatchIsCommittedWhenItIsFull() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 25, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var settings = CommitterSettings.create(system).withMaxBatch(10).withMaxInterval(Duration.ofHours(1));

        // When
        var control = committing(group, topic, settings, received);
        until("two batches are committed", () -> Long.valueOf(20).equals(records.committed(group, topic).get(0)));

        // Then
        until("all arrived", () -> received.size() >= 25);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 20L));
        drain(control);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 25L));
    }

    @Test
    void aBatchThatIsNotFullIsCommittedAfterTheInterval() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 5, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var settings = CommitterSettings.create(system).withMaxBatch(1_000).withMaxInterval(Duration.ofMillis(100));

        // When
        var control = committing(group, topic, settings, received);

        // Then
        until("the five are committed", () -> Long.valueOf(5).equals(records.committed(group, topic).get(0)));
        drain(control);
    }

    @Test
    void offsetsAreCommittedWithoutWaitingWhenDeliveryIsSendAndForget() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 50, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        var control = committing(group, topic, committer().withDelivery(CommitDelivery.sendAndForget()), received);

        // Then
        until("all are committed", () -> Long.valueOf(50).equals(records.committed(group, topic).get(0)));
        drain(control);
    }

    @Test
    void anOffsetIsCommittedOnlyAfterTheNextOneWhenTheSettingsSaySo() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var settings = CommitterSettings.create(system).withMaxBatch(1).withCommitWhen(CommitWhen.nextOffsetObserved());

        // When
        var control = committing(group, topic, settings, received);

        // Then: the tenth record's successor is never seen
        until("nine are committed", () -> Long.valueOf(9).equals(records.committed(group, topic).get(0)));
        until("all arrived", () -> received.size() >= 10);
        drain(control);
        assertThat(records.committed(group, topic).get(0)).isBetween(9L, 10L);
    }

    @Test
    void aCommitCarriesTheMetadataMadeFromTheRecord() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "a");

        // When
        var control = Consumer.commitWithMetadataSource(consumer(group).withStopTimeout(TIME_TO_COMMIT), Subscriptions.topics(topic), record -> "seen " + record.value())
                .take(10)
                .map(CommittableMessage::committableOffset)
                .toMat(Committer.sink(committer()), Consumer::createDrainingControl)
                .run(system);
        await(control.streamCompletion());

        // Then
        var committed = records.committedWithMetadata(group).get(new TopicPartition(topic, 0));
        assertThat(committed.offset()).isEqualTo(10);
        assertThat(committed.metadata()).isEqualTo("seen a-9");
    }

    @Test
    void theCommittingFlowEmitsOneElementForEachOffset() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 30, "a");

        // When
        var done = await(committable(group, topic)
                .take(30)
                .map(CommittableMessage::committableOffset)
                .via(Committer.batchFlow(committer()))
                .map(ConsumerMessage.CommittableOffsetBatch::batchSize)
                .runWith(Sink.seq(), system));

        // Then
        assertThat(done.stream().mapToLong(size -> ((Number) size).longValue()).sum()).isEqualTo(30);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 30L));
    }

    @Test
    void oneBatchHoldsTheOffsetsOfAllItsPartitions() {
        // Given
        String topic = topic(3);
        String group = name("group");
        records.write(topic, 3, 30, "a");

        // When
        var batches = await(committable(group, topic)
                .take(30)
                .map(CommittableMessage::committableOffset)
                .via(Committer.batchFlow(CommitterSettings.create(system).withMaxBatch(30).withMaxInterval(Duration.ofHours(1))))
                .runWith(Sink.seq(), system));

        // Then
        assertThat(batches).hasSize(1);
        assertThat(batches.get(0).getOffsets()).hasSize(3);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 10L, 1, 10L, 2, 10L));
    }

    @Test
    void offsetsTravelAsContextThroughTheStream() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 40, "a");
        var seen = new CopyOnWriteArrayList<String>();

        // When
        var control = Consumer.sourceWithOffsetContext(consumer(group), Subscriptions.topics(topic))
                .map(ConsumerRecord::value)
                .filter(value -> !value.endsWith("9"))
                .map(value -> {
                    seen.add(value);
                    return value;
                })
                .toMat(Committer.sinkWithOffsetContext(committer()), Consumer::createDrainingControl)
                .run(system);
        until("all but each tenth arrived", () -> seen.size() >= 36);
        drain(control);

        // Then: the last element, offset 39, was filtered out with its context
        assertThat(seen).hasSize(36).doesNotHaveDuplicates();
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 39L));
    }

    @Test
    void theAtMostOnceSourceHasCommittedARecordBeforeItEmitsIt() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "a");

        // When
        var committed = await(Consumer.atMostOnceSource(consumer(group), Subscriptions.topics(topic))
                .take(5)
                .map(record -> List.of(record.offset(), records.committed(group, topic).getOrDefault(0, -1L)))
                .runWith(Sink.seq(), system));

        // Then
        assertThat(committed).hasSize(5).allSatisfy(pair -> assertThat(pair.get(1)).isGreaterThan(pair.get(0)));
    }

    @Test
    void theAtMostOnceSourceNeverDeliversARecordTwice() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 20, "a");
        var before = values(first(5, Consumer.atMostOnceSource(consumer(group), Subscriptions.topics(topic))));

        // When: what was committed ahead of the stream's end is lost to it, nothing comes twice
        var after = values(await(Consumer.atMostOnceSource(consumer(group), Subscriptions.topics(topic))
                .takeWhile(record -> !record.value().equals("a-19"), true)
                .runWith(Sink.seq(), system)));

        // Then
        assertThat(before).doesNotContainAnyElementsOf(after).isEqualTo(List.of("a-0", "a-1", "a-2", "a-3", "a-4"));
        assertThat(after).last().isEqualTo("a-19");
    }

    @Test
    void anEmptyBatchCommitsNothingAndDoesNotFail() {
        // Given
        var empty = ConsumerMessage.createCommittableOffsetBatch(List.<ConsumerMessage.CommittableOffset>of());

        // When
        await(Source.single(empty).runWith(Committer.sink(committer()), system));

        // Then
        assertThat(empty.isEmpty()).isTrue();
        assertThat(empty.getOffsets()).isEmpty();
    }

    @Test
    void aBatchMadeByHandIsCommitted() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "a");

        // When
        await(committable(group, topic)
                .map(CommittableMessage::committableOffset)
                .grouped(10)
                .map(ConsumerMessage::createCommittableOffsetBatch)
                .take(1)
                .runWith(Committer.sink(committer()), system));

        // Then
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 10L));
    }

    @Test
    void aBatchKeepsTheOffsetThatWasAddedLast() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "a");
        var running = Consumer.committableSource(consumer(group).withStopTimeout(TIME_TO_COMMIT), Subscriptions.topics(topic))
                .toMat(Sink.queue(), Keep.both())
                .run(system);
        var offsets = IntStream.range(0, 10)
                .mapToObj(i -> await(running.second().pull()).map(CommittableMessage::committableOffset).orElseThrow())
                .toList();

        // When: a lower offset comes after a higher one
        var batch = ConsumerMessage.createCommittableOffsetBatch(List.of(offsets.get(9), offsets.get(3)));
        await(Source.single(batch).runWith(Committer.sink(committer()), system));

        // Then
        assertThat(records.committed(group, topic)).containsEntry(0, 4L);
        await(running.first().shutdown());
    }
}
