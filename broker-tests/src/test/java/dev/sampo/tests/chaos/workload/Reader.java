package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.chaos.history.Event.ClientFailed;
import dev.sampo.tests.chaos.history.Event.PositionGone;
import dev.sampo.tests.chaos.history.Event.Read;
import dev.sampo.tests.chaos.history.History;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads all partitions from their beginning, without a group, and never resets: a position that is gone is a violation. */
final class Reader implements Runnable {
    private final String name;
    private final String topic;
    private final int partitions;
    private final Map<String, Object> settings;
    private final History history;
    private final Map<Integer, Long> positions = new ConcurrentHashMap<>();
    private final AtomicBoolean stop = new AtomicBoolean();

    Reader(String name, String topic, int partitions, Map<String, Object> settings, History history) {
        this.name = name;
        this.topic = topic;
        this.partitions = partitions;
        this.settings = new HashMap<>(settings);
        this.settings.put("auto.offset.reset", "none");
        this.settings.put("enable.auto.commit", false);
        this.history = history;
    }

    void stop() {
        stop.set(true);
    }

    /** The next offset of each partition that it has read from. */
    Map<Integer, Long> positions() {
        return positions;
    }

    @Override
    public void run() {
        List<TopicPartition> all = IntStream.range(0, partitions).mapToObj(partition -> new TopicPartition(topic, partition)).toList();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(all);
            all.forEach(partition -> consumer.seek(partition, 0));
            while (!stop.get()) {
                try {
                    for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                        history.add(new Read(System.nanoTime(), name, 1, record.partition(), record.offset(), record.value()));
                        positions.put(record.partition(), record.offset() + 1);
                    }
                } catch (OffsetOutOfRangeException gone) { // LogTruncationException is one
                    for (TopicPartition partition : gone.partitions()) {
                        history.add(new PositionGone(System.nanoTime(), name, partition.partition(), gone.toString()));
                    }
                    consumer.pause(gone.partitions());
                    consumer.seekToEnd(gone.partitions()); // only so that the others go on
                } catch (InterruptException e) {
                    return;
                } catch (KafkaException e) {
                    history.add(new ClientFailed(System.nanoTime(), name, e.toString()));
                }
            }
        }
    }
}
