package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.chaos.history.Event.Acknowledged;
import dev.sampo.tests.chaos.history.Event.Failed;
import dev.sampo.tests.chaos.history.Event.Sent;
import dev.sampo.tests.chaos.history.History;
import dev.sampo.tests.chaos.history.Value;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** One producer that sends unique values to each partition in turn at a steady rate, and skips a partition that lags. */
final class Writer implements Runnable {
    private static final int LARGEST_IN_FLIGHT = 200;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(60);

    private final int id;
    private final String topic;
    private final int partitions;
    private final int perSecond;
    private final Map<String, Object> settings;
    private final History history;
    private final AtomicBoolean stop = new AtomicBoolean();

    Writer(int id, String topic, int partitions, int perSecond, Map<String, Object> settings, History history) {
        this.id = id;
        this.topic = topic;
        this.partitions = partitions;
        this.perSecond = perSecond;
        this.settings = settings;
        this.history = history;
    }

    void stop() {
        stop.set(true);
    }

    @Override
    public void run() {
        var inFlight = new AtomicInteger[partitions];
        var sequences = new int[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            inFlight[partition] = new AtomicInteger();
        }
        long step = 1_000_000_000L / perSecond;
        long next = System.nanoTime();
        var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        try {
            for (int turn = 0; !stop.get(); turn++) {
                next += step;
                for (long wait = next - System.nanoTime(); wait > 0 && !stop.get(); wait = next - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
                int partition = turn % partitions;
                if (inFlight[partition].get() < LARGEST_IN_FLIGHT) {
                    inFlight[partition].incrementAndGet();
                    send(producer, new Value(id, partition, sequences[partition]++), inFlight[partition]);
                }
            }
        } finally {
            producer.close(CLOSE_LIMIT); // waits for what is under way
        }
    }

    private void send(KafkaProducer<String, String> producer, Value value, AtomicInteger inFlight) {
        history.add(new Sent(System.nanoTime(), value));
        producer.send(new ProducerRecord<>(topic, value.partition(), null, value.text()), (metadata, error) -> {
            long now = System.nanoTime();
            inFlight.decrementAndGet();
            history.add(error == null ? new Acknowledged(now, value, metadata.offset()) : new Failed(now, value, error.toString()));
        });
    }
}
