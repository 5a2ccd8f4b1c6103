package dev.sampo.cluster;

import com.typesafe.config.ConfigFactory;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The command {@code bin/sampo}: {@code dev} and {@code server --config FILE}. */
public final class SampoMain {
    private static final String USAGE = """
            usage: sampo dev [--port N] [--http-port N] [--data DIR]
                                                one broker on 127.0.0.1:9092, HTTP on 8080, data in ./data
                   sampo server --config FILE   one broker from a HOCON file or a Kafka server.properties
            """;

    private SampoMain() {}

    /** Exit codes: 0 stopped as asked, 1 cannot start, 2 wrong arguments. */
    public static void main(String[] arguments) {
        int code = run(List.of(arguments), System.out, System.err);
        if (code != 0) {
            System.exit(code);
        }
    }

    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        try {
            if (arguments.isEmpty()) {
                err.print(USAGE);
                return 2;
            }
            List<String> rest = arguments.subList(1, arguments.size());
            switch (arguments.getFirst()) {
                case "dev" -> serve(dev(rest, err), out);
                case "server" -> serve(server(rest), out);
                case "train" -> StartTraining.run(Path.of(rest.getFirst())); // for bin/sampo alone
                default -> {
                    err.println("sampo: unknown command " + arguments.getFirst());
                    err.print(USAGE);
                    return 2;
                }
            }
            return 0;
        } catch (UsageException e) {
            err.println("sampo: " + e.getMessage());
            err.print(USAGE);
            return 2;
        } catch (StartException e) {
            err.println("sampo: " + e.getMessage());
            return 1;
        }
    }

    private static final class UsageException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }

    private static BrokerSettings dev(List<String> arguments, PrintStream err) {
        int port = 9092;
        int httpPort = 8080;
        String data = "data";
        for (int i = 0; i < arguments.size(); i += 2) {
            String value = valueOf(arguments, i);
            switch (arguments.get(i)) {
                case "--port" -> port = number("--port", value);
                case "--http-port" -> httpPort = number("--http-port", value);
                case "--data" -> data = value;
                default -> throw new UsageException("unknown option " + arguments.get(i));
            }
        }
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

    private static BrokerSettings server(List<String> arguments) {
        if (arguments.size() != 2 || !arguments.getFirst().equals("--config")) {
            throw new UsageException("server needs --config FILE");
        }
        return SettingsFile.load(Path.of(arguments.get(1)));
    }

    private static String valueOf(List<String> arguments, int option) {
        if (option + 1 >= arguments.size()) {
            throw new UsageException(arguments.get(option) + " needs a value");
        }
        return arguments.get(option + 1);
    }

    private static int number(String option, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new UsageException(option + " needs a number, not " + value);
        }
    }

    private static void serve(BrokerSettings settings, PrintStream out) {
        SampoBroker broker = SampoBroker.start(settings);
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "sampo-stop"));
        Duration sinceJvmStart = Duration.ofMillis(System.currentTimeMillis()
                - java.lang.management.ManagementFactory.getRuntimeMXBean().getStartTime());
        var lines = new ArrayList<String>();
        lines.add("Sampo is ready (%.1f s)".formatted(sinceJvmStart.toMillis() / 1000.0));
        lines.add("Kafka   " + broker.bootstrapServers());
        broker.httpAddress().ifPresent(address -> lines.add(
                "HTTP    http://" + address.getAddress().getHostAddress() + ":" + address.getPort()));
        lines.add("Data    " + settings.dataFolder());
        lines.add("Stop    Ctrl-C, or kill " + ProcessHandle.current().pid());
        out.println(box(lines));
        out.flush();
        broker.awaitTermination();
    }

    private static String box(List<String> lines) {
        int width = lines.stream().mapToInt(String::length).max().orElse(0);
        String edge = "─".repeat(width + 2);
        var text = new StringBuilder("┌" + edge + "┐\n");
        lines.forEach(line -> text.append("│ ").append(line).append(" ".repeat(width - line.length())).append(" │\n"));
        return text.append("└").append(edge).append("┘").toString();
    }
}
