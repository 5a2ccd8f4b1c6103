import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What an ordinary user of the Java clients does, in the API of clients 2.0.1; what was renamed since is called by name. Run from source,
 * so that each client version compiles it itself: {@code java -cp 'jars/*' ClientProgram.java host:port 2.0.1}. Ends with 1 and the
 * reason when something is not as it must be.
 */
public final class ClientProgram {
    private static final int RECORDS = 300;
    private static final int PARTITIONS = 3;

    private final String bootstrap;
    private final String version;
    private final String topic;
    private final long baseTimeMs = System.currentTimeMillis() - 600_000;

    private ClientProgram(String bootstrap, String version) {
        this.bootstrap = bootstrap;
        this.version = version;
        this.topic = "java-client-" + version;
    }

    public static void main(String[] arguments) throws Exception {
        try {
            new ClientProgram(arguments[0], arguments[1]).run();
            System.exit(0);
        } catch (Throwable e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private void run() throws Exception {
        try (AdminClient admin = AdminClient.create(common())) {
            createTopics(admin);
            configs(admin);
            int produced = 0;
            List<String> codecs = new ArrayList<>(Arrays.asList("none", "gzip", "snappy", "lz4"));
            if (!version.startsWith("2.0")) {
                codecs.add("zstd");
            }
            for (String codec : codecs) {
                for (boolean idempotent : new boolean[] {false, true}) {
                    produce(produced, codec, idempotent);
                    produced += RECORDS;
                    say("produced with " + codec + (idempotent ? ", idempotent" : ""));
                }
            }
            consumeAssigned(produced);
            offsets(produced);
            consumeAsGroup(produced);
            groups(admin);
            deleteRecords(admin);
            morePartitions(admin);
            deleteTopic(admin);
        }
    }

    private void createTopics(AdminClient admin) throws Exception {
        admin.createTopics(Collections.singleton(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        try {
            admin.createTopics(Collections.singleton(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
            throw new AssertionError("a topic was created twice");
        } catch (ExecutionException e) {
            check(e.getCause() instanceof TopicExistsException, "creating twice gave " + e.getCause());
        }
        await("topic is listed", () -> admin.listTopics().names().get().contains(topic));
        await("topic is described", () -> describe(admin).partitions().size() == PARTITIONS
                && describe(admin).partitions().stream().allMatch(p -> p.leader() != null && p.isr().size() == 1));
        check(admin.describeCluster().nodes().get().size() == 1, "cluster of one node");
        check(!admin.describeCluster().clusterId().get().isEmpty(), "cluster id");
        say("topic created, listed, described");
    }

    private TopicDescription describe(AdminClient admin) throws Exception {
        Object result = admin.describeTopics(Collections.singleton(topic));
        Map<?, ?> all = (Map<?, ?>) ((KafkaFuture<?>) firstMethod(result.getClass(), "allTopicNames", "all").invoke(result)).get();
        return (TopicDescription) all.get(topic);
    }

    private void configs(AdminClient admin) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config before = admin.describeConfigs(Collections.singleton(resource)).all().get().get(resource);
        check("604800000".equals(before.get("retention.ms").value()), "default of retention.ms is " + before.get("retention.ms").value());
        check(before.get("retention.ms").isDefault(), "retention.ms is a default");
        alter(admin, resource, "retention.ms", "86400000");
        await("the changed config is described", () -> "86400000".equals(
                admin.describeConfigs(Collections.singleton(resource)).all().get().get(resource).get("retention.ms").value()));
        say("configs described and altered");
    }

    /** alterConfigs up to 3.x, incrementalAlterConfigs where it is the only one. */
    private static void alter(AdminClient admin, ConfigResource resource, String name, String value) throws Exception {
        ConfigEntry entry = new ConfigEntry(name, value);
        Object result;
        try {
            Class<?> change = Class.forName("org.apache.kafka.clients.admin.AlterConfigOp");
            Class<?> type = Class.forName("org.apache.kafka.clients.admin.AlterConfigOp$OpType");
            Object set = change.getConstructor(ConfigEntry.class, type).newInstance(entry, type.getField("SET").get(null));
            result = AdminClient.class.getMethod("incrementalAlterConfigs", Map.class)
                    .invoke(admin, Collections.singletonMap(resource, Collections.singleton(set)));
        } catch (ClassNotFoundException e) {
            result = AdminClient.class.getMethod("alterConfigs", Map.class)
                    .invoke(admin, Collections.singletonMap(resource, new Config(Collections.singleton(entry))));
        }
        ((KafkaFuture<?>) firstMethod(result.getClass(), "all").invoke(result)).get();
    }

    private void produce(int from, String codec, boolean idempotent) throws Exception {
        Properties properties = common();
        properties.put("compression.type", codec);
        properties.put("enable.idempotence", Boolean.toString(idempotent));
        properties.put("acks", "all");
        properties.put("linger.ms", "5");
        properties.put("retries", "10");
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = from; i < from + RECORDS; i++) {
                ProducerRecord<String, String> record = new ProducerRecord<>(topic, i % PARTITIONS, baseTimeMs + i, key(i), value(i));
                record.headers().add("number", Integer.toString(i).getBytes(StandardCharsets.UTF_8));
                sent.add(producer.send(record));
            }
            for (int i = 0; i < sent.size(); i++) {
                RecordMetadata metadata = sent.get(i).get();
                check(metadata.offset() == (from + i) / PARTITIONS, "record " + (from + i) + " got offset " + metadata.offset());
            }
        }
    }

    private static String key(int i) {
        return i % 7 == 0 ? null : "key " + i % 11;
    }

    private static String value(int i) {
        return i % 13 == 0 ? null : "value " + i + " some text that a codec can make shorter, some text that a codec can make shorter";
    }

    private void consumeAssigned(int count) {
        try (KafkaConsumer<String, String> consumer = consumer(null)) {
            consumer.assign(partitions());
            consumer.seekToBeginning(partitions());
            Set<Integer> seen = new HashSet<>();
            long deadline = System.currentTimeMillis() + 30_000;
            while (seen.size() < count && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
                    int i = checkRecord(record);
                    check(seen.add(i), "record " + i + " twice");
                }
            }
            check(seen.size() == count, "consumed " + seen.size() + " of " + count);
        }
        say("consumed " + count + " by assignment");
    }

    private int checkRecord(ConsumerRecord<String, String> record) {
        Header header = record.headers().lastHeader("number");
        int i = Integer.parseInt(new String(header.value(), StandardCharsets.UTF_8));
        check(record.partition() == i % PARTITIONS && record.offset() == i / PARTITIONS, "record " + i + " at " + record.partition() + "/" + record.offset());
        check(record.timestamp() == baseTimeMs + i, "timestamp of record " + i);
        check(String.valueOf(key(i)).equals(String.valueOf(record.key())), "key of record " + i);
        check(String.valueOf(value(i)).equals(String.valueOf(record.value())), "value of record " + i);
        return i;
    }

    private void offsets(int count) {
        try (KafkaConsumer<String, String> consumer = consumer(null)) {
            TopicPartition first = new TopicPartition(topic, 0);
            Map<TopicPartition, Long> asked = new HashMap<>();
            asked.put(first, baseTimeMs + 100);
            asked.put(new TopicPartition(topic, 1), baseTimeMs + count + 1_000);
            Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked);
            check(found.get(first).offset() == 34 && found.get(first).timestamp() == baseTimeMs + 102, "offset for a time: " + found.get(first));
            check(found.get(new TopicPartition(topic, 1)) == null, "no offset for a time after all");
            check(consumer.beginningOffsets(partitions()).values().stream().allMatch(offset -> offset == 0), "beginning offsets");
            check(consumer.endOffsets(partitions()).values().stream().allMatch(offset -> offset == count / PARTITIONS), "end offsets");
        }
        say("offsets for times, beginning and end");
    }

    private void consumeAsGroup(int count) throws Exception {
        Map<String, String> seen = new ConcurrentHashMap<>();
        Map<Integer, Set<Integer>> partitionsOf = new ConcurrentHashMap<>();
        AtomicInteger assigned = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        List<Future<?>> members = new ArrayList<>();
        long deadline = System.currentTimeMillis() + 60_000;
        for (int m = 0; m < 2; m++) {
            int member = m;
            members.add(threads.submit(() -> {
                try (KafkaConsumer<String, String> consumer = consumer("group-" + version)) {
                    consumer.subscribe(Collections.singleton(topic));
                    boolean counted = false;
                    // Both stay until all is read and each has had partitions, so that a rebalance with two takes place.
                    while ((seen.size() < count || assigned.get() < 2) && System.currentTimeMillis() < deadline) {
                        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
                        for (ConsumerRecord<String, String> record : records) {
                            seen.put(record.partition() + "/" + record.offset(), "" + checkRecord(record));
                        }
                        partitionsOf.put(member, new HashSet<>(consumer.assignment().stream().map(TopicPartition::partition).collect(java.util.stream.Collectors.toSet())));
                        if (!counted && !consumer.assignment().isEmpty() && consumer.assignment().size() < PARTITIONS) {
                            counted = true;
                            assigned.incrementAndGet();
                        }
                        consumer.commitSync();
                    }
                }
                return null;
            }));
        }
        for (Future<?> member : members) {
            member.get();
        }
        threads.shutdown();
        check(seen.size() == count, "the group consumed " + seen.size() + " of " + count);
        check(assigned.get() == 2, "partitions of the members: " + partitionsOf);
        try (KafkaConsumer<String, String> consumer = consumer("group-" + version)) {
            consumer.assign(partitions());
            for (TopicPartition partition : partitions()) {
                check(consumer.position(partition) == count / PARTITIONS, "committed offset of " + partition + " is " + consumer.position(partition));
            }
        }
        say("consumed " + count + " as a group of two, committed");
    }

    private void groups(AdminClient admin) throws Exception {
        String group = "group-" + version;
        check(admin.listConsumerGroups().all().get().stream().anyMatch(listed -> listed.groupId().equals(group)), "group is listed");
        await("group is empty", () -> admin.describeConsumerGroups(Collections.singleton(group)).all().get().get(group).members().isEmpty());
        Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        check(offsets.size() == PARTITIONS, "offsets of the group: " + new TreeMap<>(Collections.singletonMap(group, offsets)));
        admin.deleteConsumerGroups(Collections.singleton(group)).all().get();
        await("group is gone", () -> admin.listConsumerGroups().all().get().stream().noneMatch(listed -> listed.groupId().equals(group)));
        say("group listed, described, deleted");
    }

    private void deleteRecords(AdminClient admin) throws Exception {
        TopicPartition first = new TopicPartition(topic, 0);
        long low = admin.deleteRecords(Collections.singletonMap(first, RecordsToDelete.beforeOffset(50))).lowWatermarks().get(first).get().lowWatermark();
        check(low == 50, "low watermark after deletion is " + low);
        try (KafkaConsumer<String, String> consumer = consumer(null)) {
            check(consumer.beginningOffsets(Collections.singleton(first)).get(first) == 50, "beginning after deletion");
        }
        say("records deleted");
    }

    private void morePartitions(AdminClient admin) throws Exception {
        admin.createPartitions(Collections.singletonMap(topic, NewPartitions.increaseTo(PARTITIONS + 2))).all().get();
        await("partitions are there", () -> describe(admin).partitions().size() == PARTITIONS + 2);
        say("partitions added");
    }

    private void deleteTopic(AdminClient admin) throws Exception {
        Object result = AdminClient.class.getMethod("deleteTopics", Collection.class).invoke(admin, Collections.singleton(topic));
        ((KafkaFuture<?>) firstMethod(result.getClass(), "all").invoke(result)).get();
        await("topic is gone", () -> !admin.listTopics().names().get().contains(topic));
        say("topic deleted");
    }

    private static Method firstMethod(Class<?> type, String... names) throws NoSuchMethodException {
        for (String name : names) {
            try {
                Method method = type.getMethod(name);
                method.setAccessible(true);
                return method;
            } catch (NoSuchMethodException e) {
                // the next name
            }
        }
        throw new NoSuchMethodException(type + " has none of " + Arrays.toString(names));
    }

    private List<TopicPartition> partitions() {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) {
            partitions.add(new TopicPartition(topic, p));
        }
        return partitions;
    }

    private KafkaConsumer<String, String> consumer(String group) {
        Properties properties = common();
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        if (group != null) {
            properties.put("group.id", group);
            properties.put("session.timeout.ms", "10000");
            properties.put("heartbeat.interval.ms", "500");
        }
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    private Properties common() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("client.id", "java-" + version);
        properties.put("request.timeout.ms", "15000");
        return properties;
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.currentTimeMillis() + 15_000;
        Throwable last = null;
        while (System.currentTimeMillis() < deadline) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (ExecutionException e) {
                last = e.getCause(); // a topic that is not known yet
            }
            Thread.sleep(20);
        }
        throw new AssertionError("not within 15 s: " + what, last);
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    private void say(String what) {
        System.out.println("clients " + version + ": " + what);
    }
}
