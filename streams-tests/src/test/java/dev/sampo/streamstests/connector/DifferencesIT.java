package dev.sampo.streamstests.connector;

import dev.sampo.streamstests.Difference;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.kafka.ConsumerMessage.Committable;
import org.apache.pekko.kafka.ProducerMessage;
import org.apache.pekko.kafka.ProducerMessage.Envelope;
import org.apache.pekko.kafka.ProducerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.kafka.javadsl.Producer;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Supervision;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

import static org.assertj.core.api.Assertions.assertThat;

/** One scenario for each entry of {@link Difference}: what either client does is asserted. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DifferencesIT extends Scenario {
    private static final Set<Difference> SHOWN = EnumSet.noneOf(Difference.class);

    @Test
    void offsetsAreCommittedInTheOrderOfTheStream() {
        // Given: each second record is written nowhere
        SHOWN.add(Difference.OFFSETS_ARE_COMMITTED_IN_THE_ORDER_OF_THE_STREAM);
        String source = topic(1);
        String target = topic(1);
        String group = name("group");
        records.write(source, 1, 50, "a");

        // When: the records linger, the messages without any are through at once
        var control = Consumer.committableSource(consumer(group), Subscriptions.topics(source))
                .<Envelope<String, String, Committable>>map(message -> message.record().offset() % 2 == 0
                        ? ProducerMessage.single(new ProducerRecord<>(target, message.record().key(), message.record().value()), message.committableOffset())
                        : ProducerMessage.passThrough(message.committableOffset()))
                .toMat(Producer.committableSink(producer().withProperty("linger.ms", "1500"), committer()), Consumer::createDrainingControl)
                .run(system);
        until("something is committed", () -> !records.committed(group, source).isEmpty());
        long writtenByThen = records.endOffset(new TopicPartition(target, 0));
        drain(control);

        // Then
        if (OURS) {
            assertThat(writtenByThen).isPositive();
            assertThat(records.committed(group, source)).containsEntry(0, 50L);
        } else {
            assertThat(writtenByThen).isZero();
        }
        assertThat(values(records.read(target))).hasSize(25);
    }

    @Test
    void aSerializerFailureIsResumedBySupervision() {
        // Given
        SHOWN.add(Difference.A_SERIALIZER_FAILURE_IS_RESUMED_BY_SUPERVISION);
        String topic = topic(1);
        var picky = ProducerSettings.create(system, new org.apache.kafka.common.serialization.StringSerializer(), new ProducingIT.Picky())
                .withBootstrapServers(broker().bootstrapServers());

        // When
        var through = Source.range(0, 9)
                .map(i -> ProducerMessage.single(new ProducerRecord<String, String>(topic, "v-" + i), i))
                .via(Producer.<String, String, Integer>flexiFlow(picky)
                        .withAttributes(ActorAttributes.withSupervisionStrategy(Supervision.getResumingDecider())))
                .map(ProducerMessage.Results::passThrough)
                .runWith(Sink.seq(), system);

        // Then
        if (OURS) {
            assertThat(await(through)).containsExactly(0, 1, 2, 4, 5, 6, 7, 8, 9);
            assertThat(values(records.read(topic))).hasSize(9).doesNotContain("v-3");
        } else {
            assertThat(messages(failure(through))).contains("v-3 is not liked");
        }
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void everyListedDifferenceWasShown() {
        assertThat(SHOWN).containsExactlyInAnyOrder(Difference.values());
    }
}
