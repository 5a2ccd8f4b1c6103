package dev.sampo.testkit;

import dev.sampo.cluster.BrokerMachine;
import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A broker in the test's JVM, on a free port of loopback and in a temporary folder that goes with it. As a JUnit 5
 * extension in a field with {@code @RegisterExtension} it lives as long as the class (static field) or the test (instance
 * field); after each test its faults are undone, and a killed one starts again. {@link SampoTest} needs no field. Without
 * JUnit: {@link #start} and {@link #close}.
 *
 * <p>Two of them share nothing: ports are free ones, cluster ids random, and each knows no other node.
 *
 * <p>Defaults that differ from a broker's, to make tests fast: no delay before a group's first rebalance, one partition of
 * {@code __consumer_offsets}, and retention, compaction and offset expiry looked at several times a second. Not safe for
 * concurrent use, faults and addresses apart.
 */
public final class SampoCluster
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback, AutoCloseable {
    private static final long ADMIN_TIMEOUT_SECONDS = 30;
    private static final Map<String, String> TEST_DEFAULTS = Map.of(
            "group.initial.rebalance.delay.ms", "0",
            "offsets.topic.num.partitions", "1",
            "offsets.retention.check.interval.ms", "200",
            "log.retention.check.interval.ms", "200",
            "log.cleaner.backoff.ms", "200");

    private final Map<String, String> configs;
    private final List<NewTopic> topics;
    private final TestDisk disk = new TestDisk();
    private final TestClock clock = new TestClock();
    private final Faults faults = new Faults(() -> running().faults(), disk, clock);
    private @Nullable Path folder;
    private @Nullable HeldPort held; // while the broker is down
    private int port; // 0 before the first start
    private volatile @Nullable SampoBroker broker;
    private @Nullable String startedBy; // id of the test or class

    private SampoCluster(Map<String, String> configs, List<NewTopic> topics) {
        this.configs = configs;
        this.topics = topics;
    }

    /** One broker with nothing on it. */
    public static SampoCluster create() {
        return builder().build();
    }

    /** To set topics and configuration. */
    public static Builder builder() {
        return new Builder();
    }

    /** What a broker starts with. */
    public static final class Builder {
        private final Map<String, String> configs = new HashMap<>(TEST_DEFAULTS);
        private final List<NewTopic> topics = new ArrayList<>();

        private Builder() {}

        /** Created before the first test. */
        public Builder topic(String name, int partitions) {
            return topic(name, partitions, Map.of());
        }

        /** Created before the first test, with configs under Kafka's names. */
        public Builder topic(String name, int partitions, Map<String, String> topicConfigs) {
            topics.add(new NewTopic(name, partitions, (short) 1).configs(topicConfigs));
            return this;
        }

        /** A broker setting under Kafka's name, as in {@code server.properties}. */
        public Builder config(String name, String value) {
            configs.put(name, value);
            return this;
        }

        /** Not started yet. */
        public SampoCluster build() {
            return new SampoCluster(Map.copyOf(configs), List.copyOf(topics));
        }
    }

    /**
     * Starts the broker and creates its topics, or starts it again after {@link #kill}. Returns once it serves.
     *
     * @throws dev.sampo.cluster.StartException what prevents the start, and the remedy
     */
    public SampoCluster start() {
        if (broker != null) {
            throw new IllegalStateException("the broker runs already: use restart(), or kill() first");
        }
        boolean first = folder == null;
        try {
            Path data = first ? Files.createTempDirectory("sampo-test-" + ProcessHandle.current().pid() + "-") : folder();
            folder = data;
            release();
            SampoBroker started = SampoBroker.start(BrokerSettings.embedded(data)
                    .with(configs)
                    .with(Map.of("listeners", "PLAINTEXT://127.0.0.1:" + port))
                    .on(new BrokerMachine(disk, clock)));
            broker = started;
            String servers = started.bootstrapServers();
            port = Integer.parseInt(servers.substring(servers.lastIndexOf(':') + 1));
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary folder for the broker", e);
        } finally {
            if (broker == null && first) {
                deleteFolder();
            }
        }
        if (first && !topics.isEmpty()) {
            create(topics);
        }
        return this;
    }

    /** {@code host:port}; the same over restarts. */
    public String bootstrapServers() {
        if (port == 0) {
            throw notRunning();
        }
        return "127.0.0.1:" + port;
    }

    /** {@code bootstrap.servers} alone: for producers, consumers and Admin, which add what they need. */
    public Properties clientProperties() {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrapServers());
        return properties;
    }

    /** Creates a topic and waits until it is served. */
    public void createTopic(String name, int partitions) {
        createTopic(name, partitions, Map.of());
    }

    /** Creates a topic with configs under Kafka's names and waits until it is served. */
    public void createTopic(String name, int partitions, Map<String, String> topicConfigs) {
        create(List.of(new NewTopic(name, partitions, (short) 1).configs(topicConfigs)));
    }

    private void create(List<NewTopic> wanted) {
        try (Admin admin = Admin.create(clientProperties())) {
            admin.createTopics(wanted).all().get(ADMIN_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("topics " + wanted + " cannot be created: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("topics " + wanted + " were not created in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while topics were created", e);
        }
    }

    /** Stops the broker cleanly (if it runs) and starts it on the same data and port. */
    public void restart() {
        SampoBroker running = broker;
        if (running != null) {
            broker = null;
            running.close();
            hold();
        }
        start();
    }

    /**
     * Ends the broker as a crash does: connections are cut, nothing is flushed or marked clean. Clients are refused on its
     * port until {@link #start} or {@link #restart}, which recovers the logs.
     */
    public void kill() {
        SampoBroker running = running();
        broker = null;
        running.kill();
        hold();
    }

    /** What can go wrong, on command. */
    public Faults faults() {
        return faults;
    }

    /** Where the broker keeps its data; goes with {@link #close}. */
    public Path dataFolder() {
        return folder();
    }

    /** Stops the broker and deletes its data. */
    @Override
    public void close() {
        SampoBroker running = broker;
        broker = null;
        try {
            if (running != null) {
                running.close();
            }
        } finally {
            release();
            port = 0;
            clock.reset();
            disk.full(false);
            deleteFolder();
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        startFor(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        startFor(context);
    }

    private void startFor(ExtensionContext context) {
        if (startedBy == null) {
            startedBy = context.getUniqueId();
            start();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (!closeFor(context)) {
            undoFaults();
        }
    }

    /** For the next test that shares this broker. */
    void undoFaults() {
        if (broker == null && folder != null) {
            start();
        }
        faults.undo();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        closeFor(context);
    }

    private boolean closeFor(ExtensionContext context) {
        if (!context.getUniqueId().equals(startedBy)) {
            return false; // of a nested class, or of a test that shares the class's broker
        }
        startedBy = null;
        close();
        return true;
    }

    private SampoBroker running() {
        SampoBroker running = broker;
        if (running == null) {
            throw notRunning();
        }
        return running;
    }

    private static IllegalStateException notRunning() {
        return new IllegalStateException("the broker does not run: register the extension with @RegisterExtension, "
                + "or call start() (again, after kill())");
    }

    private Path folder() {
        if (folder == null) {
            throw notRunning();
        }
        return folder;
    }

    private void hold() {
        held = new HeldPort(port);
    }

    private void release() {
        HeldPort holder = held;
        held = null;
        if (holder != null) {
            try {
                holder.close();
            } catch (IOException e) {
                throw new UncheckedIOException("port " + port + " cannot be released", e);
            }
        }
    }

    private void deleteFolder() {
        Path gone = folder;
        folder = null;
        if (gone == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(gone)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("temporary folder " + gone + " cannot be deleted", e);
        }
    }
}
