package dev.sampo.streamstests.connector;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

import static org.assertj.core.api.Assertions.assertThat;

/** Downstream decides the pace. */
@Isolated("it measures the heap")
class BackPressureIT extends Scenario {
    @Test
    void aSlowDownstreamGetsEverythingAndKeepsItsPartitions() {
        // Given: a downstream that is slower than session time-out and poll interval; nothing is committed, so that a
        // rebalance would begin at the first record again
        String topic = topic(2);
        List<String> written = records.write(topic, 2, 40, "a");
        var settings = consumer(name("group"))
                .withProperty("session.timeout.ms", "1000")
                .withProperty("max.poll.interval.ms", "1500");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When: 40 records at 10 a second
        var control = collect(Consumer.plainSource(settings, Subscriptions.topics(topic))
                .throttle(10, Duration.ofSeconds(1)), received);
        until("all arrived", () -> received.size() >= 40);

        // Then
        drain(control);
        assertComplete(received, written);
    }

    @Test
    void aDemandOfOneIsAnsweredByOneRecordAtATime() {
        // Given
        String topic = topic(1);
        List<String> written = records.write(topic, 1, 50, "a");
        var running = Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic))
                .toMat(Sink.<ConsumerRecord<String, String>>queue().withAttributes(Attributes.inputBuffer(1, 1)), Keep.both())
                .run(system);

        // When
        var received = new ArrayList<ConsumerRecord<String, String>>();
        for (int i = 0; i < 50; i++) {
            received.add(await(running.second().pull()).orElseThrow());
        }

        // Then
        assertComplete(received, written);
        await(running.first().shutdown());
    }

    @Test
    void aStalledStreamHoldsABoundedAmountOfMemory() {
        // Given: 48 MB to read, at most 4 MB a fetch
        String topic = topic(2);
        byte[] value = new byte[100_000];
        records.writeBytes(Map.of("batch.size", 500_000, "linger.ms", 5),
                IntStream.range(0, 480).mapToObj(i -> new ProducerRecord<byte[], byte[]>(topic, i % 2, null, value)).toList());
        var settings = ConsumerSettings.create(system, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .withBootstrapServers(broker().bootstrapServers())
                .withGroupId(name("group"))
                .withProperty("auto.offset.reset", "earliest")
                .withProperty("max.partition.fetch.bytes", "2000000")
                .withProperty("fetch.max.bytes", "4000000")
                .withStopTimeout(Duration.ZERO);
        long before = usedHeap();

        // When: the first record is taken, then nothing
        var running = Consumer.plainSource(settings, Subscriptions.topics(topic))
                .toMat(Sink.<ConsumerRecord<byte[], byte[]>>queue().withAttributes(Attributes.inputBuffer(1, 1)), Keep.both())
                .run(system);
        await(running.second().pull());
        var most = new AtomicInteger();
        dev.sampo.streamstests.broker.Await.holds(Duration.ofSeconds(1), () -> {
            most.accumulateAndGet((int) ((usedHeap() - before) >> 20), Math::max);
            return false;
        });

        // Then: far from what the topic holds; two fetches and what a stream buffers
        assertThat(most.get()).as("MB held by a stalled stream").isLessThan(20);
        await(running.first().shutdown());
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void aStalledPartitionDoesNotHoldUpTheOthers() {
        // Given
        String topic = topic(3);
        List<String> written = records.write(topic, 3, 3_000, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var seen = ConcurrentHashMap.<Integer>newKeySet();

        // When: partition 0 is never read
        var control = Consumer.plainPartitionedSource(consumer(name("group")), Subscriptions.topics(topic))
                .toMat(Sink.foreach(part -> {
                    seen.add(part.first().partition());
                    part.second().runWith(part.first().partition() == 0 ? Sink.never() : Sink.foreach(received::add), system);
                }), Keep.left())
                .run(system);
        until("the other partitions are read", () -> received.size() >= 2_000);

        // Then
        assertThat(seen).containsExactlyInAnyOrder(0, 1, 2);
        assertComplete(received, IntStream.range(0, 3_000).filter(i -> i % 3 != 0).mapToObj(written::get).toList());
        await(control.shutdown());
    }

    @Test
    void aStreamThatPausesAndGoesOnMissesNothing() {
        // Given
        String topic = topic(2);
        var written = new ArrayList<>(records.write(topic, 2, 500, "a"));
        var running = Consumer.plainSource(consumer(name("group")), Subscriptions.topics(topic))
                .toMat(Sink.<ConsumerRecord<String, String>>queue().withAttributes(Attributes.inputBuffer(1, 1)), Keep.both())
                .run(system);
        var received = new ArrayList<ConsumerRecord<String, String>>();

        // When: bursts of demand, records written between
        for (int burst = 0; burst < 5; burst++) {
            for (int i = 0; i < 100; i++) {
                received.add(await(running.second().pull()).orElseThrow());
            }
            written.addAll(records.write(topic, 2, 100, "burst" + burst));
        }
        while (received.size() < written.size()) {
            received.add(await(running.second().pull()).orElseThrow());
        }

        // Then
        assertComplete(received, written);
        assertThat(new HashSet<>(values(received))).hasSize(1_000);
        await(running.first().shutdown());
    }
}
