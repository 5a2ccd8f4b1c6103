package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.chaos.history.Event.ClientFailed;
import dev.sampo.tests.chaos.history.Event.Read;
import dev.sampo.tests.chaos.history.History;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A member of a group: polls, and commits what each poll returned before the next. */
final class Member implements Runnable {
    private final String name;
    private final String topic;
    private final Map<String, Object> settings;
    private final History history;
    private final Set<String> given;
    private final AtomicInteger assignment = new AtomicInteger();
    private final AtomicBoolean stop = new AtomicBoolean();

    /** @param given gets each value that it polls */
    Member(String name, String group, String topic, Map<String, Object> settings, History history, Set<String> given) {
        this.name = name;
        this.topic = topic;
        this.settings = new HashMap<>(settings);
        this.settings.put("group.id", group);
        this.settings.put("auto.offset.reset", "earliest");
        this.settings.put("enable.auto.commit", false);
        this.history = history;
        this.given = given;
    }

    void stop() {
        stop.set(true);
    }

    /** How often it was given partitions. */
    int assignments() {
        return assignment.get();
    }

    @Override
    public void run() {
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                    // all that was polled is committed
                }

                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    assignment.incrementAndGet();
                }
            });
            while (!stop.get()) {
                try {
                    ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                    for (ConsumerRecord<String, String> record : records) {
                        history.add(new Read(System.nanoTime(), name, assignment.get(), record.partition(), record.offset(), record.value()));
                        given.add(record.value());
                    }
                    if (!records.isEmpty()) {
                        consumer.commitSync();
                    }
                } catch (InterruptException e) {
                    return;
                } catch (KafkaException e) {
                    history.add(new ClientFailed(System.nanoTime(), name, e.toString()));
                }
            }
        }
    }
}
