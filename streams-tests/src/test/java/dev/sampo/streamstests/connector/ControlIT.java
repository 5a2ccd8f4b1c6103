package dev.sampo.streamstests.connector;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Stopping, draining, shutting down. */
class ControlIT extends Scenario {
    @Test
    void drainingDeliversAndCommitsEverythingInFlight() {
        // Given: a slow stage holds elements when the drain begins
        String topic = topic(2);
        String group = name("group");
        records.write(topic, 2, 200, "a");
        var begun = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var ended = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = Consumer.committableSource(consumer(group), Subscriptions.topics(topic))
                .mapAsync(8, message -> {
                    begun.add(message.record());
                    return Patterns.after(Duration.ofMillis(20), system, () -> CompletableFuture.completedFuture(message));
                })
                .map(message -> {
                    ended.add(message.record());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(committer()), Consumer::createDrainingControl)
                .run(system);
        until("some are through", () -> ended.size() >= 20);

        // When
        drain(control);

        // Then: each that went in came out and is committed, no more
        assertThat(values(ended)).containsExactlyInAnyOrderElementsOf(values(begun));
        var last = new java.util.TreeMap<Integer, Long>();
        ended.forEach(record -> last.put(record.partition(), record.offset() + 1));
        assertThat(records.committed(group, topic)).isEqualTo(last);
    }

    @Test
    void drainingAnIdleStreamEndsAtOnce() {
        // Given
        String topic = topic(1);
        String group = name("group");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(consumer(group), Subscriptions.topics(topic)), received);
        until("the member has joined", () -> records.members(group) == 1);

        // When
        drain(control);

        // Then
        await(control.isShutdown());
        assertThat(received).isEmpty();
    }

    @Test
    void drainingReportsTheFailureOfTheStream() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 10, "a");
        var control = Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic))
                .map(record -> {
                    if (record.offset() == 5) {
                        throw new IllegalStateException("the fifth is not liked");
                    }
                    return record;
                })
                .toMat(Sink.ignore(), Consumer::createDrainingControl)
                .run(system);
        assertThat(failure(control.streamCompletion())).hasMessage("the fifth is not liked");

        // When
        var drained = control.drainAndShutdown(system.dispatcher());

        // Then
        assertThat(messages(failure(drained))).contains("the fifth is not liked");
        await(control.isShutdown());
    }

    @Test
    void aStoppedStreamCompletesAndWhatItHadDeliveredCanStillBeCommitted() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "a");
        var running = Consumer.committableSource(consumer(group), Subscriptions.topics(topic))
                .toMat(Sink.queue(), Keep.both())
                .run(system);
        var first = await(running.second().pull()).orElseThrow();

        // When
        running.first().stop();
        var commit = org.apache.pekko.stream.javadsl.Source.single(first.committableOffset()).runWith(Committer.sink(committer()), system);

        // Then
        await(commit);
        assertThat(records.committed(group, topic)).isEqualTo(Map.of(0, 1L));
        await(running.first().shutdown());
        await(running.first().isShutdown());
    }

    @Test
    void shutdownCompletesTheStreamAndLeavesTheGroup() {
        // Given
        String topic = topic(1);
        String group = name("group");
        var control = collect(Consumer.plainSource(consumer(group), Subscriptions.topics(topic)), new CopyOnWriteArrayList<>());
        until("the member has joined", () -> records.members(group) == 1);
        assertThat(control.isShutdown().toCompletableFuture()).isNotDone();

        // When
        await(control.shutdown());

        // Then
        await(control.isShutdown());
        await(control.streamCompletion());
        until("the member has left", () -> records.members(group) == 0);
    }

    @Test
    void aStreamThatIsCancelledByItsDownstreamShutsDown() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 10, "a");

        // When
        var running = Consumer.plainSource(consumer(group), Subscriptions.topics(topic)).take(3).toMat(Sink.seq(), Keep.both()).run(system);

        // Then
        assertThat(values(await(running.second()))).isEqualTo(List.of("a-0", "a-1", "a-2"));
        await(running.first().isShutdown());
        until("the member has left", () -> records.members(group) == 0);
    }

    @Test
    void aStreamThatFailsShutsDown() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 1, "a");

        // When
        var running = Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic))
                .<String>map(record -> {
                    throw new IllegalStateException("not liked");
                })
                .toMat(Sink.ignore(), Keep.both())
                .run(system);

        // Then
        assertThat(failure(running.second())).hasMessage("not liked");
        await(running.first().isShutdown());
    }

    @Test
    void theSameBlueprintRunsTwice() {
        // Given
        String topic = topic(1);
        String group = name("group");
        List<String> written = records.write(topic, 1, 10, "a");
        var source = Consumer.plainSource(consumer(group), Subscriptions.topics(topic));

        // When
        var one = first(10, source);
        var two = first(10, source);

        // Then
        assertComplete(one, written);
        assertComplete(two, written);
    }

    @Test
    void theClientsMetricsCanBeRead() {
        // Given
        String topic = topic(1);
        records.write(topic, 1, 10, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = collect(Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic)), received);
        until("all arrived", () -> received.size() >= 10);

        // When
        var metrics = await(control.getMetrics());

        // Then
        assertThat(metrics.keySet()).extracting(metric -> metric.name()).contains("bytes-consumed-total");
        drain(control);
    }

    @Test
    void endingTheActorSystemEndsTheStreamAndTheMembership() {
        // Given
        String topic = topic(1);
        String group = name("group");
        ActorSystem other = newSystem();
        var control = Consumer.plainSource(consumer(other, group).withProperty("session.timeout.ms", "2000"), Subscriptions.topics(topic))
                .toMat(Sink.ignore(), Consumer::createDrainingControl)
                .run(other);
        until("the member has joined", () -> records.members(group) == 1);

        // When
        other.terminate();

        // Then
        await(other.getWhenTerminated());
        assertThat(control.streamCompletion().handle((done, failure) -> true).toCompletableFuture().join()).isTrue();
        until("the member is gone", () -> records.members(group) == 0);
    }

    @Test
    void anEmptyControlRefusesEveryCall() {
        // Given
        var control = Consumer.createNoopControl();

        // When
        var shutdown = control.shutdown();

        // Then
        assertThat(messages(failure(shutdown))).containsIgnoringCase("not");
    }
}
