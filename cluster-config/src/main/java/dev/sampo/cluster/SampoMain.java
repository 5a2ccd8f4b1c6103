package dev.sampo.cluster;

import com.typesafe.config.ConfigFactory;
import dev.sampo.cluster.cli.Brokers;
import dev.sampo.cluster.cli.Cli;
import dev.sampo.cluster.cli.CliException;
import dev.sampo.cluster.cli.Terminal;
import dev.sampo.http.HttpApi;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.protocol.ApiKeys;

/** The command {@code bin/sampo}: hands brokers to the command line, which knows nothing else of them. */
public final class SampoMain {
    /** Commands that run a broker write logs, others are quiet: see {@link #quietLogs}. */
    private static final Set<String> BROKER_COMMANDS = Set.of("dev", "server", "train");

    private SampoMain() {}

    /** Exit codes: {@code sampo help exit-codes}. */
    public static void main(String[] arguments) {
        List<String> words = List.of(arguments);
        if (words.isEmpty() || !BROKER_COMMANDS.contains(words.getFirst())) {
            quietLogs(words.contains("--verbose"));
        } else {
            Thread.ofPlatform().daemon().name("sampo-ahead").start(SampoMain::loadAhead);
        }
        Terminal terminal = Terminal.ofProcess();
        int code = run(words, terminal);
        terminal.out().flush();
        System.exit(code); // clients may leave threads that end later
    }

    /** What a broker's start comes to later, and waits for once in a process: some 0.2 s in all. */
    private static void loadAhead() {
        ConfigFactory.defaultReference();
        ApiKeys.values();
        HttpApi.loadAhead();
    }

    static int run(List<String> arguments, Terminal terminal) {
        return Cli.run(arguments, terminal, new OfThisProcess());
    }

    /** A command's answer is on its output, its failure on its error output: what libraries log helps nobody. */
    private static void quietLogs(boolean verbose) {
        if (verbose) {
            System.setProperty("logback.configurationFile", "logback-cli.xml");
        } else {
            System.setProperty("slf4j.internal.verbosity", "ERROR");
            System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
        }
    }

    /** Brokers in this JVM. */
    private static final class OfThisProcess implements Brokers {
        @Override
        public void dev(int port, int httpPort, String dataFolder, Terminal terminal) {
            start(() -> serve(SampoMain.dev(port, httpPort, dataFolder, terminal.err()), terminal.out()));
        }

        @Override
        public void devCluster(int brokers, int port, int httpPort, String dataFolder, Terminal terminal) {
            start(() -> new DevCluster(brokers, port, httpPort, Path.of(dataFolder).toAbsolutePath().normalize())
                    .run(terminal.out(), SampoMain::box));
        }

        @Override
        public void server(Path configFile, Terminal terminal) {
            start(() -> serve(SettingsFile.load(configFile), terminal.out()));
        }

        @Override
        public void train(Path folder, List<String> command) {
            start(() -> StartTraining.run(folder, command));
        }

        private static void start(Runnable broker) {
            try {
                broker.run();
            } catch (StartException e) {
                throw CliException.failed(e.getMessage());
            }
        }
    }

    private static BrokerSettings dev(int port, int httpPort, String data, PrintStream err) {
        int free = free(port, err);
        return BrokerSettings.of(
                        Map.of(
                                "node.id", "1", "listeners", "PLAINTEXT://127.0.0.1:" + free, "log.dirs", data,
                                "offsets.topic.replication.factor", "1"),
                        ConfigFactory.empty())
                .with("sampo.remoting.port", 0)
                .with("sampo.raft.port", 0)
                .withHttp(free(httpPort, err));
    }

    /** This port, or with a word the next one that nobody has. */
    private static int free(int port, PrintStream err) {
        int free = FreePort.from(port);
        if (free != port) {
            err.println("port " + port + " is taken"
                    + PortOwner.find(port).map(owner -> " by " + owner).orElse("") + ": taking " + free);
        }
        return free;
    }

    private static void serve(BrokerSettings settings, PrintStream out) {
        var told = new AtomicBoolean();
        RestartingBroker broker = RestartingBroker.start(settings, started -> {
            if (!told.getAndSet(true)) {
                tellReady(settings, started, out);
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "sampo-stop"));
        broker.awaitTermination();
    }

    private static void tellReady(BrokerSettings settings, SampoBroker broker, PrintStream out) {
        Duration sinceJvmStart = Duration.ofMillis(System.currentTimeMillis()
                - java.lang.management.ManagementFactory.getRuntimeMXBean().getStartTime());
        var lines = new ArrayList<String>();
        lines.add("Sampo is ready (%.1f s)".formatted(sinceJvmStart.toMillis() / 1000.0));
        lines.add("Kafka   " + broker.ownServers());
        broker.httpAddress().ifPresent(address -> lines.add(
                "HTTP    http://" + address.getAddress().getHostAddress() + ":" + address.getPort()));
        lines.add("Data    " + settings.dataFolder());
        lines.add("Stop    Ctrl-C, or kill " + ProcessHandle.current().pid());
        out.println(box(lines));
        out.flush();
    }

    private static String box(List<String> lines) {
        int width = lines.stream().mapToInt(String::length).max().orElse(0);
        String edge = "─".repeat(width + 2);
        var text = new StringBuilder("┌" + edge + "┐\n");
        lines.forEach(line -> text.append("│ ").append(line).append(" ".repeat(width - line.length())).append(" │\n"));
        return text.append("└").append(edge).append("┘").toString();
    }
}
