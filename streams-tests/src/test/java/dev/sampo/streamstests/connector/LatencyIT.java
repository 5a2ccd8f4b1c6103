package dev.sampo.streamstests.connector;

import dev.sampo.streamstests.broker.PlainReader;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What a stream adds to the way of a record, beside a plain KafkaConsumer that reads the same records in the same run. */
@Isolated("it measures time")
class LatencyIT extends Scenario {
    private static final int A_SECOND = 500;
    private static final double LIMIT_MS = 2.0;

    /** Delays in ms at the 99th percentile. */
    private record Measured(double streamMs, double plainMs) {
        double addedMs() {
            return streamMs - plainMs;
        }
    }

    @Test
    void theDelayOfEachRecordIsMeasured() {
        // When
        Measured measured = measure(500, 1_500);

        // Then
        assertThat(measured.streamMs()).isPositive();
        assertThat(measured.plainMs()).isPositive();
    }

    @Test
    @Tag("soak")
    @Timeout(120)
    void theStreamAddsAtMostTwoMilliseconds() {
        // Given
        var os = ManagementFactory.getOperatingSystemMXBean();
        assumeTrue(OURS, "the connector is measured for comparison only");
        assumeTrue(os.getSystemLoadAverage() < os.getAvailableProcessors() * 0.75, "the machine is busy: a judgement would mean nothing");

        // When
        Measured measured = measure(2_500, 15_000);

        // Then
        assertThat(measured.addedMs()).isLessThanOrEqualTo(LIMIT_MS);
    }

    private Measured measure(int warmUp, int count) {
        String topic = topic(1);
        String group = name("group");
        long[] streamNanos = new long[warmUp + count];
        var streamed = new AtomicInteger();
        var control = Consumer.committableSource(consumer(group), Subscriptions.topics(topic))
                .map(message -> {
                    long now = System.nanoTime();
                    streamNanos[streamed.getAndIncrement()] = now - Long.parseLong(message.record().value());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(committer().withMaxBatch(500).withMaxInterval(Duration.ofSeconds(1))), Consumer::createDrainingControl)
                .run(system);
        until("the member has joined", () -> records.members(group) == 1);
        try (var plain = PlainReader.start(broker(), new TopicPartition(topic, 0), warmUp + count)) {
            long begin = System.nanoTime();
            for (int i = 0; i < warmUp + count; i++) {
                long due = begin + i * 1_000_000_000L / A_SECOND;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                records.send(topic, Long.toString(System.nanoTime()));
            }
            until("both have read all", () -> streamed.get() == warmUp + count && plain.read() == warmUp + count);
            drain(control);
            var measured = new Measured(PlainReader.p99Ms(streamNanos, warmUp), PlainReader.p99Ms(plain.delaysNanos(), warmUp));
            System.out.printf("%s at %d/s: p99 %.2f ms, KafkaConsumer %.2f ms, added %.2f ms%n",
                    OURS ? "ours" : "connector", A_SECOND, measured.streamMs(), measured.plainMs(), measured.addedMs());
            return measured;
        }
    }
}
