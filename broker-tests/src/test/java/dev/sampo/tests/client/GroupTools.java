package dev.sampo.tests.client;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * One history of groups, and {@code kafka-consumer-groups} and {@code kafka-groups} with all that they can do at each point of it. What they
 * print is kept without what chance decides: ids, ports, the order of lines, widths of columns.
 */
final class GroupTools implements AutoCloseable {
    static final Map<String, String> SETTINGS = Map.of("offsets.topic.num.partitions", "4", "group.initial.rebalance.delay.ms", "0");

    private static final String CONSUMER_GROUPS = "consumer.group.ConsumerGroupCommand";
    private static final Map<String, String> SCRIPTS = Map.of(CONSUMER_GROUPS, "kafka-consumer-groups", "GroupsCommand", "kafka-groups");
    private static final Pattern CHANCE = Pattern.compile("(?<=^| )[0-9a-zA-Z_-]{22}(?= |$)|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern USAGE = Pattern.compile("Option( \\(\\* = required\\))? +Description *");
    /** Sets of names, which the tools print in another order in each of their processes. */
    private static final Pattern NAMES = Pattern.compile("(?<=(options|scenarios|are): )[\\w\\[\\], -]+$");
    /** Who is not there is said in each broker's own words. */
    private static final Pattern NOT_THERE = Pattern.compile("(Group absent not found\\.|there is no group absent)$");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long FIRST_RECORD_MS = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

    private final KafkaToolSession session = new KafkaToolSession();
    private final Map<String, List<String>> shown = new LinkedHashMap<>();
    private final BrokerUnderTest broker;
    private final Path folder;
    private final Admin admin;
    private String step = "";

    private GroupTools(BrokerUnderTest broker, Path folder) {
        this.broker = broker;
        this.folder = folder;
        this.admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
    }

    /** @return what was printed, by command line; the exit code first */
    static Map<String, List<String>> run(BrokerUnderTest broker, Path folder) throws IOException {
        try (var tools = new GroupTools(broker, folder)) {
            tools.prepare();
            try (var classic = new GroupMembers(broker.bootstrap()); var modern = new GroupMembers(broker.bootstrap())) {
                List<String> topics = List.of("orders", "bills");
                classic.join("classic", topics, Map.of("client.id", "reader-a"), 4);
                classic.join("classic", topics, Map.of("client.id", "reader-b", "group.instance.id", "desk"), 1, 3);
                modern.join("modern", topics, Map.of("client.id", "reader-c", "group.protocol", "consumer"), 4);
                tools.lists();
                tools.descriptions();
                tools.refusals();
            }
            tools.afterLeaving();
            tools.resets();
            tools.resetsFromFiles();
            tools.removals();
            return tools.shown;
        }
    }

    private void prepare() {
        Map<String, String> keeps = Map.of("retention.ms", "-1");
        await(admin.createTopics(List.of(
                new NewTopic("orders", 3, (short) 1).configs(keeps), new NewTopic("bills", 1, (short) 1).configs(keeps),
                new NewTopic("gone", 1, (short) 1).configs(keeps))).all());
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrap());
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < 10; i++) {
                for (int partition = 0; partition < 3; partition++) {
                    producer.send(new ProducerRecord<>("orders", partition, FIRST_RECORD_MS + i * 1_000L, "k", "v"));
                }
                producer.send(new ProducerRecord<>("bills", 0, FIRST_RECORD_MS + i * 1_000L, "k", "v"));
            }
        }
        commit("simple", Map.of("orders:0", 4L, "orders:2", 10L, "bills:0", 1L, "gone:0", 0L));
        commit("classic", Map.of("orders:0", 3L, "orders:1", 10L));
        commit("modern", Map.of("orders:2", 5L, "bills:0", 0L));
        commit("idle", Map.of("orders:1", 7L));
    }

    private void commit(String group, Map<String, Long> offsets) {
        var committed = new HashMap<TopicPartition, OffsetAndMetadata>();
        offsets.forEach((partition, offset) -> {
            String[] parts = partition.split(":", -1);
            committed.put(new TopicPartition(parts[0], Integer.parseInt(parts[1])), new OffsetAndMetadata(offset));
        });
        await(admin.alterConsumerGroupOffsets(group, committed).all());
    }

    private static <T> T await(org.apache.kafka.common.KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void lists() {
        step = "with members";
        groups("--list");
        groups("--list", "--state");
        groups("--list", "--state", "Stable");
        groups("--list", "--state", "empty,dead");
        groups("--list", "--state", "nonsense");
        groups("--list", "--type");
        groups("--list", "--type", "classic");
        groups("--list", "--type", "consumer", "--state", "stable");
        groups("--list", "--type", "nonsense");
        kinds("--list");
        kinds("--list", "--consumer");
        kinds("--list", "--share");
        kinds("--list", "--streams");
        kinds("--list", "--group-type", "classic");
        kinds("--list", "--group-type", "consumer");
        kinds("--list", "--protocol", "consumer");
        kinds("--list", "--group-type", "classic", "--protocol", "");
        kinds("--list", "--group-type", "nonsense");
    }

    private void descriptions() {
        for (String group : List.of("simple", "classic", "modern", "absent")) {
            groups("--describe", "--group", group);
            groups("--describe", "--group", group, "--members");
            groups("--describe", "--group", group, "--members", "--verbose");
            groups("--describe", "--group", group, "--state");
            groups("--describe", "--group", group, "--state", "--verbose");
            groups("--describe", "--group", group, "--offsets", "--verbose");
        }
        groups("--describe", "--group", "classic", "--group", "modern", "--state");
        groups("--describe", "--all-groups");
        groups("--describe", "--all-groups", "--members", "--verbose");
        groups("--describe", "--all-groups", "--state");
        groups("--describe");
        groups("--validate-regex", "orders-[a-z]+");
        groups("--validate-regex", "orders-(?=x)");
    }

    /** What groups with members do not allow. */
    private void refusals() {
        groups("--reset-offsets", "--group", "classic", "--topic", "orders", "--to-earliest", "--execute");
        groups("--reset-offsets", "--group", "modern", "--topic", "orders", "--to-earliest");
        groups("--delete-offsets", "--group", "classic", "--topic", "orders");
        groups("--delete-offsets", "--group", "modern", "--topic", "bills:0");
        groups("--delete", "--group", "classic");
        groups("--delete", "--group", "modern", "--group", "absent");
    }

    /** A static member does not say that it leaves. */
    private void afterLeaving() {
        step = "one is left";
        groups("--list", "--state");
        groups("--describe", "--group", "classic", "--members");
        reset("classic", "--topic", "orders", "--to-earliest");
        await(admin.removeMembersFromConsumerGroup("classic", new RemoveMembersFromConsumerGroupOptions(Set.of(new MemberToRemove("desk")))).all());
    }

    private void resets() {
        step = "without members";
        groups("--list", "--state");
        groups("--describe", "--group", "classic");
        groups("--describe", "--group", "classic", "--members");
        groups("--describe", "--group", "modern", "--state");
        reset("simple", "--topic", "orders", "--to-earliest", "--dry-run");
        reset("simple", "--topic", "orders", "--to-earliest");
        groups("--describe", "--group", "simple");
        reset("simple", "--topic", "orders", "--to-earliest", "--execute");
        groups("--describe", "--group", "simple");
        reset("simple", "--topic", "orders:0,2", "--to-latest", "--execute");
        reset("simple", "--topic", "orders", "--topic", "bills", "--to-offset", "6", "--execute");
        groups("--describe", "--group", "simple", "--offsets");
        reset("simple", "--topic", "orders", "--to-offset", "100", "--execute");
        reset("simple", "--all-topics", "--shift-by", "-2", "--execute");
        reset("simple", "--all-topics", "--shift-by", "-100", "--execute");
        reset("simple", "--topic", "bills", "--shift-by", "3", "--execute");
        reset("simple", "--topic", "orders:1", "--shift-by", "100", "--execute");
        reset("simple", "--all-topics", "--to-current", "--execute");
        reset("simple", "--topic", "orders", "--to-datetime", "2026-01-01T00:00:03.500", "--execute");
        reset("simple", "--topic", "orders", "--to-datetime", "2026-01-01T01:00:04.000+01:00");
        reset("simple", "--topic", "orders", "--to-datetime", "2026-01-01T01:00:00.000Z");
        reset("simple", "--topic", "orders", "--to-datetime", "yesterday");
        reset("simple", "--topic", "orders", "--by-duration", "PT0S", "--execute");
        reset("simple", "--topic", "orders", "--by-duration", "P20000D", "--execute");
        reset("simple", "--topic", "orders", "--by-duration", "a while");
        reset("new", "--topic", "bills", "--to-offset", "2", "--execute");
        groups("--describe", "--group", "new");
        reset("new", "--topic", "orders", "--to-current");
        reset("modern", "--topic", "orders:2", "--shift-by", "1", "--execute");
        reset("classic", "--topic", "absent", "--to-earliest");
        reset("classic", "--topic", "orders:7", "--to-earliest");
        reset("classic", "--topic", "orders");
        reset("classic", "--to-earliest");
        reset("classic", "--topic", "orders", "--to-earliest", "--to-latest");
        reset("classic", "--topic", "orders", "--to-earliest", "--execute", "--dry-run");
        groups("--reset-offsets", "--topic", "orders", "--to-earliest");
        groups("--reset-offsets", "--all-groups", "--all-topics", "--to-offset", "5", "--dry-run");
    }

    private void resetsFromFiles() throws IOException {
        Path one = Files.writeString(folder.resolve("one.csv"), "orders,0,2\norders,1,3\nbills,0,99\n");
        Path several = Files.writeString(folder.resolve("several.csv"), "simple,orders,0,1\nclassic,orders,1,2\n");
        Path broken = Files.writeString(folder.resolve("broken.csv"), "orders;0;2\n");
        reset("simple", "--all-topics", "--to-current", "--export");
        reset("simple", "--topic", "orders", "--to-latest", "--export", "--dry-run");
        reset("simple", "--from-file", one.toString());
        reset("simple", "--from-file", one.toString(), "--execute");
        groups("--describe", "--group", "simple");
        groups("--reset-offsets", "--group", "simple", "--group", "classic", "--from-file", several.toString(), "--execute");
        groups("--reset-offsets", "--group", "simple", "--group", "classic", "--all-topics", "--to-current", "--export");
        reset("simple", "--from-file", broken.toString());
        reset("simple", "--from-file", folder.resolve("absent.csv").toString());
    }

    private void removals() {
        groups("--delete-offsets", "--group", "simple", "--topic", "bills");
        groups("--delete-offsets", "--group", "simple", "--topic", "orders:0,1", "--topic", "absent");
        groups("--delete-offsets", "--group", "simple", "--topic", "orders:9");
        groups("--delete-offsets", "--group", "absent", "--topic", "orders");
        groups("--describe", "--group", "simple");
        await(admin.deleteTopics(List.of("gone")).all());
        Await.until("the offsets of the deleted topic are gone", LIMIT, () -> await(admin.listConsumerGroupOffsets("simple").partitionsToOffsetAndMetadata())
                .keySet().stream().noneMatch(partition -> partition.topic().equals("gone")));
        step = "after a topic was deleted";
        groups("--describe", "--group", "simple");
        groups("--delete", "--group", "simple", "--group", "absent");
        groups("--delete", "--group", "new");
        groups("--list", "--state");
        groups("--delete", "--all-groups");
        groups("--list");
        kinds("--list");
        groups("--describe", "--all-groups");
        groups("--delete");
    }

    private void reset(String group, String... arguments) {
        groups(Stream.concat(Stream.of("--reset-offsets", "--group", group), Stream.of(arguments)).toArray(String[]::new));
    }

    private void groups(String... arguments) {
        run(CONSUMER_GROUPS, arguments);
    }

    private void kinds(String... arguments) {
        run("GroupsCommand", arguments);
    }

    private void run(String tool, String... arguments) {
        String line = step + ": " + SCRIPTS.get(tool) + " " + String.join(" ", arguments).replace(folder.toString(), "FOLDER");
        String name = line;
        for (int again = 2; shown.containsKey(name); again++) {
            name = line + " # " + again;
        }
        var words = new ArrayList<>(List.of(arguments));
        if (!words.contains("--validate-regex")) {
            words.addAll(List.of("--bootstrap-server", broker.bootstrap()));
        }
        KafkaToolSession.Answer answer = session.run(tool, words);
        var lines = new ArrayList<String>();
        lines.add("exit " + answer.exitCode());
        lines.addAll(answer.output().stream()
                .takeWhile(text -> !USAGE.matcher(text).matches())
                .map(this::withoutChance)
                .filter(text -> !text.isEmpty() && !text.startsWith("at ") && !text.startsWith("... ") && !text.startsWith("SLF4J")
                        && !text.startsWith("WARN: No action will be performed"))
                .sorted().toList());
        shown.put(name, lines);
    }

    private String withoutChance(String line) {
        String known = line.replace(broker.bootstrap(), "HOST:PORT").replace(folder.toString(), "FOLDER");
        String text = CHANCE.matcher(known).replaceAll("ID").replaceAll("\\s+", " ").strip();
        return NOT_THERE.matcher(NAMES.matcher(text).replaceAll(names -> inOrder(names.group()))).replaceAll("not there");
    }

    private static String inOrder(String names) {
        return Stream.of(names.split("[\\[\\], ]+", -1)).filter(name -> !name.isEmpty()).sorted().collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        session.close();
        admin.close();
    }
}
