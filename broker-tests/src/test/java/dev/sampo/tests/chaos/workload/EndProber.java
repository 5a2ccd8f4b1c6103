package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.chaos.history.Event.EndSeen;
import dev.sampo.tests.chaos.history.History;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Asks for the end of each partition again and again: one client, so that what it is told must never go back. */
final class EndProber implements Runnable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);
    private static final long PAUSE_NANOS = 50_000_000L;

    private final String topic;
    private final int partitions;
    private final Map<String, Object> settings;
    private final History history;
    private final AtomicBoolean stop = new AtomicBoolean();

    EndProber(String topic, int partitions, Map<String, Object> settings, History history) {
        this.topic = topic;
        this.partitions = partitions;
        this.settings = settings;
        this.history = history;
    }

    void stop() {
        stop.set(true);
    }

    @Override
    public void run() {
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            for (int turn = 0; !stop.get(); turn++) {
                var partition = new TopicPartition(topic, turn % partitions);
                try {
                    long end = consumer.endOffsets(List.of(partition), ANSWER_LIMIT).get(partition);
                    history.add(new EndSeen(System.nanoTime(), partition.partition(), end));
                } catch (InterruptException e) {
                    return;
                } catch (KafkaException noAnswer) {
                    // not now; availability is judged by the writers
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
