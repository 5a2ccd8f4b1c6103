package dev.sampo.tests.churn;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Produces all records of a workload, at an even rate. */
final class PacedProducer implements AutoCloseable {
    private final Workload workload;
    private final int perSecond;
    private final KafkaProducer<String, String> producer;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private volatile boolean stopped;

    private PacedProducer(String bootstrap, Workload workload, int perSecond) {
        this.workload = workload;
        this.perSecond = perSecond;
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", 50, "batch.size", 16_384), new StringSerializer(), new StringSerializer());
    }

    static PacedProducer start(String bootstrap, Workload workload, int perSecond) {
        var paced = new PacedProducer(bootstrap, workload, perSecond);
        Thread.ofPlatform().name("paced producer").daemon(true).start(paced::run);
        return paced;
    }

    /** Completed when all is acknowledged. */
    CompletableFuture<Void> done() {
        return done;
    }

    private void run() {
        try {
            long begin = System.nanoTime();
            long sent = 0;
            for (int offset = 0; offset < workload.records() && !stopped; offset++) {
                for (int partition = 0; partition < workload.partitions(); partition++) {
                    producer.send(
                            new ProducerRecord<>(workload.topic(), partition, workload.key(partition, offset), workload.value(offset)),
                            (metadata, error) -> failure.compareAndSet(null, error));
                }
                sent += workload.partitions();
                long aheadNanos = begin + sent * 1_000_000_000L / perSecond - System.nanoTime();
                if (aheadNanos > 0) {
                    LockSupport.parkNanos(aheadNanos);
                }
            }
            producer.flush();
            Exception failed = failure.get();
            if (failed == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(failed);
            }
        } catch (RuntimeException e) {
            done.completeExceptionally(e);
        }
    }

    @Override
    public void close() {
        stopped = true;
        producer.close(java.time.Duration.ofSeconds(5));
    }
}
