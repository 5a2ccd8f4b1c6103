import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Members of a group, each in a thread, in the API of clients 2.0.1:
 * {@code MemberProgram topic members keys-of-a-partition log-file [name=value ...]}; a value's {@code #} is the number of the member. What
 * was processed is in the log file before it is committed: {@code B partition from to ms}. SIGTERM makes all leave.
 */
public final class MemberProgram implements Runnable {
    private static volatile boolean leaves;

    private final int number;
    private final String topic;
    private final int keys;
    private final Properties settings;
    private final PrintWriter log;

    private MemberProgram(int number, String topic, int keys, Properties settings, PrintWriter log) {
        this.number = number;
        this.topic = topic;
        this.keys = keys;
        this.settings = settings;
        this.log = log;
    }

    public static void main(String[] arguments) throws IOException {
        int members = Integer.parseInt(arguments[1]);
        PrintWriter log = new PrintWriter(Files.newBufferedWriter(
                Paths.get(arguments[3]), StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < members; number++) {
            Properties settings = new Properties();
            for (int i = 4; i < arguments.length; i++) {
                int equals = arguments[i].indexOf('=');
                settings.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1).replace("#", Integer.toString(number)));
            }
            threads.add(new Thread(new MemberProgram(number, arguments[0], Integer.parseInt(arguments[2]), settings, log)));
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            leaves = true;
            for (Thread thread : threads) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    return;
                }
            }
        }));
        threads.forEach(Thread::start);
    }

    @Override
    public void run() {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(Collections.singleton(topic), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                    say("G revoked " + partitions.size());
                }

                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    say("G assigned " + partitions.size());
                }
            });
            while (!leaves) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                if (!records.isEmpty()) {
                    for (TopicPartition partition : records.partitions()) {
                        process(partition.partition(), records.records(partition));
                    }
                    commit(consumer);
                }
            }
        } catch (RuntimeException e) {
            say("E " + e);
        }
    }

    private void process(int partition, List<ConsumerRecord<String, String>> records) {
        long first = records.get(0).offset();
        long next = first;
        for (ConsumerRecord<String, String> record : records) {
            if (record.offset() != next || !record.key().equals(partition + "-" + next % keys) || !record.value().equals(Long.toString(next / keys))) {
                say("E expected offset " + next + " of partition " + partition + ", got " + record);
            }
            next++;
        }
        say("B " + partition + " " + first + " " + (next - 1));
    }

    private void commit(KafkaConsumer<String, String> consumer) {
        try {
            consumer.commitSync();
        } catch (CommitFailedException | RebalanceInProgressException | RetriableException e) {
            say("C " + e.getClass().getSimpleName()); // out of the group, or its rebalance is under way: the next poll joins
        }
    }

    private void say(String what) {
        synchronized (log) {
            log.println(what + " " + System.currentTimeMillis() + " " + number);
            log.flush();
        }
    }
}
