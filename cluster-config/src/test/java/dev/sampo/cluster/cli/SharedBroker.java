package dev.sampo.cluster.cli;

import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One broker for all tests of commands in this JVM; tests use topics and groups of their own. */
final class SharedBroker implements BeforeAllCallback {
    private static Held held;

    /** Closed by JUnit at the end. */
    private static final class Held implements AutoCloseable {
        private final Path folder;
        private final SampoBroker broker;

        Held() {
            try {
                folder = Files.createTempDirectory("sampo-commands");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            broker = SampoBroker.start(BrokerSettings.embedded(folder)
                    .with(Map.of("group.initial.rebalance.delay.ms", "0", "offsets.topic.num.partitions", "2"))
                    .with("sampo.remoting.port", 0)
                    .with("sampo.raft.port", 0)
                    .withHttp(0));
        }

        @Override
        public void close() throws IOException {
            broker.close();
            try (var files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        held = context.getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .getOrComputeIfAbsent(SharedBroker.class, _ -> new Held(), Held.class);
    }

    static String bootstrap() {
        return held.broker.bootstrapServers();
    }

    static String http() {
        return "http://127.0.0.1:" + held.broker.httpAddress().orElseThrow().getPort();
    }

    static Path dataFolder() {
        return held.folder;
    }
}
