package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.cluster.ClusterProcesses;
import dev.sampo.tests.chaos.history.Checker;
import dev.sampo.tests.chaos.history.Event;
import dev.sampo.tests.chaos.history.Event.ClientFailed;
import dev.sampo.tests.chaos.history.Event.Failed;
import dev.sampo.tests.chaos.history.Event.Missed;
import dev.sampo.tests.chaos.history.FinalRead;
import dev.sampo.tests.chaos.history.History;
import dev.sampo.tests.chaos.history.Observed;
import dev.sampo.tests.chaos.history.ReplicaLog;
import dev.sampo.tests.chaos.history.Rule;
import dev.sampo.tests.chaos.history.Stalls;
import dev.sampo.tests.chaos.history.Stored;
import dev.sampo.tests.chaos.history.Violation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A cluster under load, from the first record to the verdict. The test breaks things in between and says when all is repaired.
 * What the brokers printed and stored is kept under {@code target/chaos} when the verdict is bad.
 */
public final class ChaosRun implements AutoCloseable {
    private static final String TOPIC = "chaos";
    private static final String OFFSETS_TOPIC = "__consumer_offsets";
    private static final String GROUP = "chaos-group";
    private static final String MEMBERS = "member-";
    private static final Duration REPAIR_LIMIT = Duration.ofSeconds(60);
    private static final Duration READ_LIMIT = Duration.ofSeconds(60);
    private static final Path HOME = Path.of("target", "chaos").toAbsolutePath();

    private final String name;
    private final Load load;
    private final ClusterProcesses cluster;
    private final History history = new History();
    private final Writer writer;
    private final List<Reader> readers = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();
    private final EndProber prober;
    private final Set<String> givenToGroup = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new ArrayList<>();
    private final List<String> figures = new ArrayList<>();
    private Thread writing = new Thread(() -> {});
    private boolean clean;

    private ChaosRun(String name, Load load, ClusterProcesses cluster) {
        this.name = name;
        this.load = load;
        this.cluster = cluster;
        Map<String, Object> settings = ClusterProcesses.clientSettings(cluster.bootstrap());
        var producing = new HashMap<>(settings);
        producing.put("acks", load.acks());
        producing.put("enable.idempotence", load.acks().equals("all"));
        producing.put("linger.ms", 0);
        producing.put("request.timeout.ms", (int) load.requestTimeout().toMillis());
        producing.put("delivery.timeout.ms", 120_000);
        this.writer = new Writer(1, TOPIC, load.partitions(), load.perSecond(), producing, history);
        this.prober = new EndProber(TOPIC, load.partitions(), settings, history);
        for (String reader : List.of("reader-a", "reader-b")) {
            readers.add(new Reader(reader, TOPIC, load.partitions(), settings, history));
        }
        for (int i = 1; i <= load.members(); i++) {
            members.add(new Member(MEMBERS + i, GROUP, TOPIC, settings, history, givenToGroup));
        }
    }

    private void startClients() {
        createTopic();
        writing = start("writer", writer);
        readers.forEach(reader -> start("reader", reader));
        members.forEach(member -> start("member", member));
        start("end prober", prober);
    }

    /** Returns when records flow through each partition, and when there is a group, all its members have partitions. */
    public static ChaosRun start(String name, ClusterPlan plan, Load load) {
        long begin = System.nanoTime();
        Path folder = HOME.resolve(name);
        var run = new ChaosRun(name, load, ClusterProcesses.start(plan, folder));
        try {
            run.figure("ready", begin);
            run.startClients();
            Await.until("each partition takes records", REPAIR_LIMIT, () -> run.history.eachAcknowledgedAfter(begin, load.partitions()),
                    () -> run.cluster.notInSync(TOPIC));
            Await.until("all replicas are in sync", REPAIR_LIMIT, () -> run.notInSync().isEmpty(), run::notInSync);
            Await.until("each member has partitions", REPAIR_LIMIT, () -> run.members.stream().allMatch(member -> member.assignments() > 0));
            run.figure("under load", begin);
            return run;
        } catch (RuntimeException | Error e) {
            run.close();
            throw e;
        }
    }

    private void createTopic() {
        var topic = new NewTopic(TOPIC, load.partitions(), (short) load.replicationFactor()).configs(load.topicSettings());
        Await.until("the topic is made", REPAIR_LIMIT, () -> {
            try {
                cluster.admin().createTopics(List.of(topic)).all().get();
                return true;
            } catch (ExecutionException e) {
                return e.getCause() instanceof TopicExistsException;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        });
    }

    private Thread start(String what, Runnable work) {
        Thread thread = cluster.clients().start(what, () -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                history.add(new Missed(System.nanoTime(), Rule.CLIENT_ERROR, what + " ended: " + e));
            }
        });
        threads.add(thread);
        return thread;
    }

    public ClusterProcesses cluster() {
        return cluster;
    }

    public String topic() {
        return TOPIC;
    }

    public long acknowledged() {
        return history.acknowledged();
    }

    /** The broker that leads most of the partitions. */
    public BrokerProcess busiest() {
        return cluster.broker(cluster.busiest(TOPIC));
    }

    /** Leaves all as it is for that time. */
    public void letRun(Duration time) {
        Await.holds(time, () -> false);
    }

    /** Adds a measured time to the verdict, and returns it. */
    public Duration figure(String what, long sinceNanos) {
        Duration time = Duration.ofNanos(System.nanoTime() - sinceNanos);
        figure(what + ": " + time.toMillis() + " ms");
        return time;
    }

    public void figure(String text) {
        figures.add(text);
        System.out.println("chaos " + name + ": " + text);
    }

    /** The time became longer than the test promises: a violation, but the run goes on. */
    public void missed(Rule rule, String detail) {
        history.add(new Missed(System.nanoTime(), rule, detail));
    }

    /** Measures how long after {@code sinceNanos} clients are told that the broker leads no partition. */
    public void expectLedElsewhere(int broker, long sinceNanos, Duration limit) {
        boolean moved = Await.holds(limit.minusNanos(System.nanoTime() - sinceNanos).plusSeconds(20), () -> {
            Map<Integer, Integer> leaders = cluster.leaders(TOPIC);
            return leaders.size() == load.partitions() && leaders.values().stream().noneMatch(leader -> leader == broker || leader < 0);
        });
        Duration took = figure("broker " + broker + " leads nothing" + (moved ? "" : " NOT"), sinceNanos);
        if (!moved || took.compareTo(limit) > 0) {
            missed(Rule.TOO_SLOW, "partitions led elsewhere after " + (moved ? took : "never: " + cluster.leaders(TOPIC)) + ", limit " + limit);
        }
    }

    /** The longest time without an acknowledgement of each partition since then, until now. */
    public Stalls stalls(String what, long sinceNanos) {
        long now = System.nanoTime();
        Stalls stalls = Stalls.ofProducing(history.events(), load.partitions(), sinceNanos, now);
        figure("longest time without an acknowledgement, " + what + ": max " + stalls.max().toMillis() + " ms from "
                + LocalTime.now().minusNanos(now - stalls.longestFromNanos()) + " (" + stalls + ")");
        if (load.members() > 0) {
            Stalls reading = Stalls.ofReading(history.events(), MEMBERS, load.partitions(), sinceNanos, now);
            figure("longest time without a record for the group, " + what + ": max " + reading.max().toMillis() + " ms from "
                    + LocalTime.now().minusNanos(now - reading.longestFromNanos()) + " (" + reading + ")");
        }
        return stalls;
    }

    /** All is repaired: each partition takes records and all replicas are in sync within 60 s. */
    public void expectRecovered() {
        long begin = System.nanoTime();
        if (!Await.holds(REPAIR_LIMIT, () -> history.eachAcknowledgedAfter(begin, load.partitions()))) {
            missed(Rule.NOT_AVAILABLE, "60 s after the repair, last acknowledgements (s before now): " + lastAcknowledgements());
        }
        figure("each partition takes records after the repair", begin);
        if (!Await.holds(REPAIR_LIMIT.minusNanos(System.nanoTime() - begin), () -> notInSync().isEmpty())) {
            missed(Rule.NOT_IN_SYNC, "60 s after the repair: " + notInSync());
        }
        figure("all replicas in sync after the repair", begin);
    }

    private Map<Integer, Long> lastAcknowledgements() {
        var ages = new TreeMap<Integer, Long>();
        history.lastAcknowledged().forEach((partition, at) -> ages.put(partition, (System.nanoTime() - at) / 1_000_000_000L));
        return ages;
    }

    private String notInSync() {
        String topic = cluster.notInSync(TOPIC);
        return topic.isEmpty() && load.members() > 0 ? cluster.notInSync(OFFSETS_TOPIC) : topic;
    }

    /** Ends the load, reads all there is, ends the brokers, compares their files, and judges. */
    public Verdict finish() {
        letRun(Duration.ofSeconds(1));
        writer.stop();
        join(writing, Duration.ofSeconds(70));
        Map<Integer, Long> ends = new TreeMap<>();
        var finalReads = new ArrayList<FinalRead>();
        try {
            FinalRead read = cluster.clients().call(() -> readAll(ends));
            finalReads.add(read);
            expectReadersAtEnd(ends, read);
        } catch (IllegalStateException e) {
            missed(Rule.NOT_AVAILABLE, "the final read: " + e);
        }
        readers.forEach(Reader::stop);
        members.forEach(Member::stop);
        prober.stop();
        threads.forEach(thread -> join(thread, Duration.ofSeconds(10)));
        Optional<TopicDescription> topic = cluster.describe(TOPIC);
        cluster.brokers().stream().filter(BrokerProcess::isRunning).forEach(BrokerProcess::kill9);
        var replicas = new ArrayList<ReplicaLog>();
        if (topic.isPresent() && !ends.isEmpty()) {
            finalReads.addAll(replicas(topic.get(), ends, replicas));
        }
        Optional<String> group = members.isEmpty() ? Optional.empty() : Optional.of(MEMBERS);
        List<Event> events = history.events();
        figureErrors(events);
        List<Violation> violations = Checker.check(new Observed(events, finalReads, replicas, group, load.errorsAllowed()));
        long read = events.stream().filter(Event.Read.class::isInstance).count();
        var verdict = new Verdict(name, history.acknowledged(), read, figures, violations);
        clean = violations.isEmpty();
        report(verdict);
        return verdict;
    }

    private void figureErrors(List<Event> events) {
        var errors = new TreeMap<String, Integer>();
        for (Event event : events) {
            String error = switch (event) {
                case Failed failed -> "send: " + failed.error();
                case ClientFailed failed -> failed.client() + ": " + failed.error();
                default -> null;
            };
            if (error != null) {
                errors.merge(error.replaceAll("\\d+ ms", "N ms"), 1, Integer::sum);
            }
        }
        if (!errors.isEmpty()) {
            figures.add("errors that clients were given: " + errors.entrySet().stream().limit(8).map(Object::toString).collect(Collectors.joining(", ")));
        }
    }

    private FinalRead readAll(Map<Integer, Long> ends) {
        Map<String, Object> settings = ClusterProcesses.clientSettings(cluster.bootstrap());
        settings.put("auto.offset.reset", "none");
        settings.put("enable.auto.commit", false);
        List<TopicPartition> all = IntStream.range(0, load.partitions()).mapToObj(partition -> new TopicPartition(TOPIC, partition)).toList();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.endOffsets(all, READ_LIMIT).forEach((partition, end) -> ends.put(partition.partition(), end));
            consumer.assign(all);
            all.forEach(partition -> consumer.seek(partition, 0));
            var records = new TreeMap<Integer, List<Stored>>();
            all.forEach(partition -> records.put(partition.partition(), new ArrayList<>()));
            boolean whole = Await.holds(READ_LIMIT, () -> {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    records.get(record.partition()).add(new Stored(record.offset(), record.value()));
                }
                return all.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition.partition()));
            });
            if (!whole) {
                missed(Rule.NOT_AVAILABLE, "the final read is not at " + ends + " after " + READ_LIMIT);
            }
            return new FinalRead("the leaders in the end", records);
        }
    }

    private void expectReadersAtEnd(Map<Integer, Long> ends, FinalRead read) {
        for (Reader reader : readers) {
            if (!Await.holds(Duration.ofSeconds(30), () -> ends.entrySet().stream()
                    .allMatch(end -> end.getValue() == 0 || reader.positions().getOrDefault(end.getKey(), 0L) >= end.getValue()))) {
                missed(Rule.NOT_AVAILABLE, "a reader is at " + new TreeMap<>(reader.positions()) + ", the ends are " + ends);
            }
        }
        if (!members.isEmpty()) {
            Set<String> all = read.partitions().values().stream().flatMap(List::stream).map(Stored::text).collect(Collectors.toSet());
            if (!Await.holds(READ_LIMIT, () -> givenToGroup.containsAll(all))) {
                all.removeAll(givenToGroup);
                missed(Rule.GROUP_STUCK, all.size() + " records were given to no member after " + READ_LIMIT + ", one is " + all.iterator().next());
            }
        }
    }

    /** Each broker's files as one more final read; batches for comparing go to {@code logs}. */
    private List<FinalRead> replicas(TopicDescription topic, Map<Integer, Long> ends, List<ReplicaLog> logs) {
        var reads = new TreeMap<Integer, Map<Integer, List<Stored>>>();
        for (TopicPartitionInfo partition : topic.partitions()) {
            for (Node replica : partition.isr()) {
                Path folder = cluster.partitionFolder(replica.id(), TOPIC, topic.topicId(), partition.partition());
                LogFiles files = LogFiles.read(folder, replica.id(), partition.partition(), ends.getOrDefault(partition.partition(), 0L));
                logs.add(files.log());
                reads.computeIfAbsent(replica.id(), id -> new TreeMap<>()).put(partition.partition(), files.records());
            }
        }
        return reads.entrySet().stream().map(read -> new FinalRead("the files of broker " + read.getKey(), read.getValue())).toList();
    }

    private static void join(Thread thread, Duration limit) {
        try {
            thread.join(limit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void report(Verdict verdict) {
        System.out.println(verdict);
        try {
            Files.createDirectories(HOME);
            Files.writeString(HOME.resolve("results.txt"), verdict + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        writer.stop();
        readers.forEach(Reader::stop);
        members.forEach(Member::stop);
        prober.stop();
        threads.forEach(Thread::interrupt);
        cluster.close();
        if (clean) {
            cluster.deleteFolders();
        }
    }
}
