package dev.sampo.streamstests.connector;

import dev.sampo.streamstests.broker.Await;
import dev.sampo.streamstests.broker.Records;
import dev.sampo.streamstests.broker.SharedBroker;
import dev.sampo.streamstests.broker.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.pekko.Done;
import org.apache.pekko.kafka.ConsumerMessage.Committable;
import org.apache.pekko.kafka.ProducerMessage;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.kafka.javadsl.Producer;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;

/** The broker goes and comes back under running streams. */
class FaultsIT extends Scenario {
    /** Longer than a restart takes on a busy machine. */
    private static final Duration COMMIT_LIMIT = Duration.ofSeconds(60);

    enum Fault {
        CLEAN_RESTART,
        KILL_9,
        PAUSE;

        void happenTo(TestBroker broker) {
            switch (this) {
                case CLEAN_RESTART -> {
                    broker.stop();
                    broker.restart();
                }
                case KILL_9 -> {
                    broker.kill9();
                    broker.restart();
                }
                case PAUSE -> {
                    broker.pause();
                    Await.holds(Duration.ofSeconds(2), () -> false);
                    broker.resume();
                }
            }
        }
    }

    @Override
    TestBroker broker() {
        return SharedBroker.mortal();
    }

    @Override
    Records judge() {
        return SharedBroker.mortalRecords();
    }

    @TestFactory
    List<DynamicTest> runningStreamsGoOnAfterACleanRestart() {
        return runningStreamsGoOnAfter(Fault.CLEAN_RESTART);
    }

    @TestFactory
    List<DynamicTest> runningStreamsGoOnAfterAKill() {
        return runningStreamsGoOnAfter(Fault.KILL_9);
    }

    @TestFactory
    List<DynamicTest> runningStreamsGoOnAfterAPause() {
        return runningStreamsGoOnAfter(Fault.PAUSE);
    }

    /** One fault for three streams, each judged by itself. */
    private List<DynamicTest> runningStreamsGoOnAfter(Fault fault) {
        var reader = new Reader();
        var writer = new Writer();
        var copy = new Copy();
        fault.happenTo(broker());
        return List.of(
                DynamicTest.dynamicTest("the reader commits and misses nothing", reader::judge),
                DynamicTest.dynamicTest("the writer has no loss, no duplicate and its order", writer::judge),
                DynamicTest.dynamicTest("the copy loses nothing", copy::judge));
    }

    /** All that is written is read once, since all that was read is committed before the fault. */
    private final class Reader {
        private final String topic = topic(2);
        private final String group = name("group");
        private final List<String> written = new ArrayList<>(records.write(topic, 2, 100, "before"));
        private final List<ConsumerRecord<String, String>> received = new CopyOnWriteArrayList<>();
        private final Consumer.DrainingControl<Done> control = Consumer
                .committableSource(consumer(group).withCommitTimeout(COMMIT_LIMIT), Subscriptions.topics(topic))
                .map(message -> {
                    received.add(message.record());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(committer()), Consumer::createDrainingControl)
                .run(system);

        Reader() {
            until("all before are committed", () -> records.committed(group, topic).equals(Map.of(0, 50L, 1, 50L)));
        }

        void judge() {
            written.addAll(records.write(topic, 2, 100, "after"));
            until("all arrived", () -> received.size() >= 200);
            drain(control);
            assertComplete(received, written);
            assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 100L, 1, 100L));
        }
    }

    /** An endless stream of numbers; what the producer repeats, the broker knows by its sequence numbers. */
    private final class Writer {
        private final String topic = topic(1);
        private final AtomicInteger acknowledged = new AtomicInteger();
        private final AtomicBoolean enough = new AtomicBoolean();
        private final CompletionStage<Done> stream = Source.range(0, Integer.MAX_VALUE - 1)
                .throttle(500, Duration.ofSeconds(1))
                .takeWhile(i -> !enough.get())
                .map(i -> ProducerMessage.single(new ProducerRecord<String, String>(topic, "v-" + i), i))
                .via(Producer.<String, String, Integer>flexiFlow(
                        producer().withProperty("request.timeout.ms", "1000").withProperty("delivery.timeout.ms", "60000")))
                .runForeach(result -> acknowledged.incrementAndGet(), system);

        Writer() {
            until("it writes", () -> acknowledged.get() > 100);
        }

        void judge() {
            int before = acknowledged.get();
            until("it writes on", () -> acknowledged.get() > before + 100);
            enough.set(true);
            await(stream);
            assertThat(values(records.read(topic))).isEqualTo(IntStream.range(0, acknowledged.get()).mapToObj(i -> "v-" + i).toList());
        }
    }

    /** From topic to topic at least once; the first copies come in the order of the source. */
    private final class Copy {
        private final String source = topic(2);
        private final String target = topic(1);
        private final String group = name("group");
        private final List<String> written = records.write(source, 2, 2_000, "a");
        private final Consumer.DrainingControl<Done> control = Consumer
                .committableSource(consumer(group).withCommitTimeout(COMMIT_LIMIT), Subscriptions.topics(source))
                .throttle(1_000, Duration.ofSeconds(1))
                .map(message -> ProducerMessage.<String, String, Committable>single(
                        new ProducerRecord<>(target, message.record().key(), message.record().value()), message.committableOffset()))
                .toMat(Producer.committableSink(producer(), committer()), Consumer::createDrainingControl)
                .run(system);

        Copy() {
            until("it copies", () -> !records.committed(group, source).isEmpty());
        }

        void judge() {
            until("all are committed", () -> records.committed(group, source).equals(Map.of(0, 1_000L, 1, 1_000L)));
            drain(control);
            var copied = values(records.read(target));
            assertThat(new HashSet<>(copied)).containsExactlyInAnyOrderElementsOf(written);
            assertThat(copied.stream().distinct().filter(v -> Integer.parseInt(v.substring(2)) % 2 == 0))
                    .containsExactlyElementsOf(IntStream.range(0, 1_000).mapToObj(i -> "a-" + 2 * i).toList());
        }
    }

    @Test
    void recordsWhoseCommitWasLostWithTheBrokerAreDeliveredAgain() {
        // Given: read, but nothing committed when the broker is killed
        String topic = topic(1);
        String group = name("group");
        List<String> written = records.write(topic, 1, 30, "a");
        var settings = committer().withMaxBatch(1_000).withMaxInterval(Duration.ofHours(1));
        var first = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var mortal = consumer(group).withCommitTimeout(Duration.ofSeconds(2)).withProperty("session.timeout.ms", "6000");
        var control = Consumer.committableSource(mortal, Subscriptions.topics(topic))
                .map(message -> {
                    first.add(message.record());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(settings), Consumer::createDrainingControl)
                .run(system);
        until("all arrived", () -> first.size() >= 30);
        broker().kill9();

        // When: the drain's commit finds no broker
        var drained = control.drainAndShutdown(system.dispatcher());

        // Then
        try {
            assertThat(failure(drained)).isNotNull();
        } finally {
            broker().restart();
        }
        assertThat(records.committed(group, topic)).isEmpty();
        var again = first(30, Consumer.plainSource(consumer(group), Subscriptions.topics(topic)));
        assertComplete(again, written);
    }

    @Test
    void aWriterFailsWithinItsDeliveryTimeWhenTheBrokerStaysAway() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 1, "a");
        var settings = producer()
                .withProperty("request.timeout.ms", "500")
                .withProperty("delivery.timeout.ms", "1500")
                .withProperty("max.block.ms", "1500");
        broker().pause();

        // When
        var stream = Source.single(new ProducerRecord<String, String>(topic, "lost")).runWith(Producer.plainSink(settings), system);

        // Then
        try {
            assertThat(messages(failure(stream))).contains("Timeout");
        } finally {
            broker().resume();
        }
    }

    @Test
    void aReaderStartedBeforeTheBrokerReadsWhenItIsThere() {
        // Given
        String topic = topic(1);
        List<String> written = records.write(topic, 1, 10, "a");
        broker().stop();
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)), received);

        // When
        broker().restart();

        // Then
        until("all arrived", () -> received.size() >= 10);
        drain(control);
        assertComplete(received, written);
    }
}
