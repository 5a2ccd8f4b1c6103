package dev.sampo.streamstests.connector;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.pekko.Done;
import org.apache.pekko.kafka.ConsumerMessage.Committable;
import org.apache.pekko.kafka.ConsumerMessage.CommittableMessage;
import org.apache.pekko.kafka.ProducerMessage;
import org.apache.pekko.kafka.ProducerMessage.Envelope;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.kafka.javadsl.Producer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** From topic to topic: an offset is committed only when what came of its record is written. */
class CopyingIT extends Scenario {
    private interface Step {
        Envelope<String, String, Committable> apply(CommittableMessage<String, String> message);
    }

    private Consumer.DrainingControl<Done> copy(String group, String source, Step step) {
        return Consumer.committableSource(consumer(group), Subscriptions.topics(source))
                .map(step::apply)
                .toMat(Producer.committableSink(producer(), committer()), Consumer::createDrainingControl)
                .run(system);
    }

    private static Step to(String target) {
        return message -> ProducerMessage.single(new ProducerRecord<>(target, message.record().key(), message.record().value()), message.committableOffset());
    }

    @Test
    void everyRecordIsCopiedOnceAndItsOffsetCommitted() {
        // Given
        String source = topic(3);
        String target = topic(1);
        String group = name("group");
        List<String> written = records.write(source, 3, 600, "a");

        // When
        var control = copy(group, source, to(target));
        until("all are committed", () -> records.committed(group, source).equals(Map.of(0, 200L, 1, 200L, 2, 200L)));
        drain(control);

        // Then
        assertThat(values(records.read(target))).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void copiesGoOnWhereTheyStopped() {
        // Given
        String source = topic(2);
        String target = topic(2);
        String group = name("group");
        var written = new ArrayList<String>();

        // When
        for (long run = 1; run <= 3; run++) {
            written.addAll(records.write(source, 2, 100, "run" + run));
            var control = copy(group, source, to(target));
            var expected = Map.of(0, 50 * run, 1, 50 * run);
            until("all are committed", () -> records.committed(group, source).equals(expected));
            drain(control);
        }

        // Then
        assertThat(values(records.read(target))).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void aMessageOfSeveralRecordsIsCommittedOnceAllAreWritten() {
        // Given
        String source = topic(1);
        String target = topic(1);
        String group = name("group");
        records.write(source, 1, 50, "a");

        // When
        var control = copy(group, source, message -> ProducerMessage.multi(List.of(
                new ProducerRecord<>(target, "k", message.record().value() + "/1"), new ProducerRecord<>(target, "k", message.record().value() + "/2")),
                message.committableOffset()));
        until("all are committed", () -> records.committed(group, source).equals(Map.of(0, 50L)));
        drain(control);

        // Then
        var copied = values(records.read(target));
        assertThat(copied).hasSize(100).doesNotHaveDuplicates();
        assertThat(copied.subList(0, 2)).containsExactly("a-0/1", "a-0/2");
    }

    @Test
    void messagesWithoutARecordAreCommittedThoughNothingIsWritten() {
        // Given
        String source = topic(1);
        String target = topic(1);
        String group = name("group");
        records.write(source, 1, 50, "a");

        // When
        var control = copy(group, source, message -> ProducerMessage.passThrough(message.committableOffset()));
        until("all are committed", () -> records.committed(group, source).equals(Map.of(0, 50L)));
        drain(control);

        // Then
        assertThat(records.read(target)).isEmpty();
    }

    @Test
    void aRecordThatCouldNotBeWrittenIsNotCommitted() {
        // Given: the record at offset 30 goes to a partition that does not exist
        String source = topic(1);
        String target = topic(1);
        String group = name("group");
        records.write(source, 1, 50, "a");

        // When
        var control = Consumer.committableSource(consumer(group), Subscriptions.topics(source))
                .<Envelope<String, String, Committable>>map(message -> ProducerMessage.single(
                        new ProducerRecord<>(target, message.record().offset() == 30 ? 9 : 0, "k", message.record().value()), message.committableOffset()))
                .toMat(Producer.committableSink(producer().withProperty("max.block.ms", "500"), committer()), Consumer::createDrainingControl)
                .run(system);

        // Then
        assertThat(messages(failure(control.streamCompletion()))).contains("Timeout");
        await(control.isShutdown());
        assertThat(records.committed(group, source).getOrDefault(0, 0L)).isLessThanOrEqualTo(30L);
        assertThat(values(records.read(target)).size()).isGreaterThanOrEqualTo(records.committed(group, source).getOrDefault(0, 0L).intValue());
    }

    @Test
    void offsetsAsContextAreCommittedOnceTheRecordsAreWritten() {
        // Given
        String source = topic(2);
        String target = topic(1);
        String group = name("group");
        List<String> written = records.write(source, 2, 100, "a");

        // When
        var control = Consumer.sourceWithOffsetContext(consumer(group), Subscriptions.topics(source))
                .map(record -> ProducerMessage.single(new ProducerRecord<>(target, record.key(), record.value())))
                .toMat(Producer.committableSinkWithOffsetContext(producer(), committer()), Consumer::createDrainingControl)
                .run(system);
        until("all are committed", () -> records.committed(group, source).equals(Map.of(0, 50L, 1, 50L)));
        drain(control);

        // Then
        assertThat(values(records.read(target))).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void drainingACopyLeavesNothingWrittenThatIsNotCommitted() {
        // Given: more than can be done at once
        String source = topic(2);
        String target = topic(1);
        String group = name("group");
        records.write(source, 2, 10_000, "a");
        var control = copy(group, source, to(target));
        until("it runs", () -> !records.committed(group, source).isEmpty());

        // When
        drain(control);

        // Then
        long committed = records.committed(group, source).values().stream().mapToLong(Long::longValue).sum();
        var copied = values(records.read(target));
        assertThat(copied).doesNotHaveDuplicates();
        assertThat((long) copied.size()).isEqualTo(committed);
    }
}
