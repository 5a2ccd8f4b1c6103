package dev.sampo.streamstests.broker;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A thread with a KafkaConsumer that reads one partition whose values are {@link System#nanoTime()} at sending. */
public final class PlainReader implements AutoCloseable {
    private final long[] delaysNanos;
    private final Thread thread;
    private volatile int read;
    private volatile boolean stopped;

    private PlainReader(TestBroker broker, TopicPartition partition, int count) {
        delaysNanos = new long[count];
        thread = new Thread(() -> run(broker, partition), "plain-reader");
    }

    /** @param count the number of records to read */
    public static PlainReader start(TestBroker broker, TopicPartition partition, int count) {
        var reader = new PlainReader(broker, partition, count);
        reader.thread.start();
        return reader;
    }

    private void run(TestBroker broker, TopicPartition partition) {
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "auto.offset.reset", "earliest"), new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            int next = 0;
            while (!stopped && next < delaysNanos.length) {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    delaysNanos[next++] = System.nanoTime() - Long.parseLong(record.value());
                }
                read = next;
            }
        }
    }

    /** Records read so far. */
    public int read() {
        return read;
    }

    /** Complete once {@link #read()} is the number asked for. */
    public long[] delaysNanos() {
        return delaysNanos;
    }

    /** The 99th percentile in ms of all but the first {@code warmUp}. */
    public static double p99Ms(long[] nanos, int warmUp) {
        long[] sorted = Arrays.copyOfRange(nanos, warmUp, nanos.length);
        Arrays.sort(sorted);
        return sorted[(int) (sorted.length * 0.99)] / 1e6;
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the reader stopped", e);
        }
    }
}
