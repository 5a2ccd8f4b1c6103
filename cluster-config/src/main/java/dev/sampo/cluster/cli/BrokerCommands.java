package dev.sampo.cluster.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs that start a broker. */
final class BrokerCommands {
    private BrokerCommands() {}

    /** {@code dev}. */
    @Command(name = "dev", mixinStandardHelpOptions = true, description = {
        "Start one broker, or a cluster, on this machine with nothing to configure.",
        "Stops with Ctrl-C; the data stays."})
    static final class Dev implements Callable<Integer> {
        private final Terminal terminal;
        private final Brokers brokers;

        @Option(names = "--port", paramLabel = "N", defaultValue = "${env:SAMPO_PORT:-9092}",
                description = "Where Kafka clients connect; when taken, the next free one. Default: SAMPO_PORT, then 9092.")
        private int port = 9092;

        @Option(names = "--http-port", paramLabel = "N", defaultValue = "${env:SAMPO_HTTP_PORT:-8080}",
                description = "Where the HTTP API answers; when taken, the next free one. Default: SAMPO_HTTP_PORT, then 8080.")
        private int httpPort = 8080;

        @Option(names = "--data", paramLabel = "DIR", defaultValue = "data",
                description = "Everything is written below it. Default: ./${DEFAULT-VALUE}.")
        private String data = "data";

        @Option(names = {"-n", "--brokers"}, paramLabel = "N", defaultValue = "1",
                description = "How many brokers, each a process of its own: 1, or a cluster of 3 or more. Default: 1.")
        private int count = 1;

        Dev(Terminal terminal, Brokers brokers) {
            this.terminal = terminal;
            this.brokers = brokers;
        }

        @Override
        public Integer call() {
            if (count == 1) {
                brokers.dev(port, httpPort, data, terminal);
            } else if (count >= 3 && count <= 20) {
                brokers.devCluster(count, port, httpPort, data, terminal);
            } else {
                throw CliException.usage(
                        "-n " + count + ": two brokers could not go on without each other",
                        "start 1 broker, or 3 to 20");
            }
            return ExitCode.OK;
        }
    }

    /** {@code server}. */
    @Command(name = "server", mixinStandardHelpOptions = true, description = {
        "Start one broker from a configuration file: HOCON, or a Kafka server.properties."})
    static final class Server implements Callable<Integer> {
        private final Terminal terminal;
        private final Brokers brokers;

        @Option(names = "--config", paramLabel = "FILE", required = true, description = "The file.")
        private Path config = Path.of("");

        Server(Terminal terminal, Brokers brokers) {
            this.terminal = terminal;
            this.brokers = brokers;
        }

        @Override
        public Integer call() {
            brokers.server(config, terminal);
            return ExitCode.OK;
        }
    }

    /** {@code train}, for the launcher alone. */
    @Command(name = "train", hidden = true)
    static final class Train implements Callable<Integer> {
        private final Brokers brokers;

        @Parameters(index = "0", arity = "1")
        private Path folder = Path.of("");

        @Parameters(index = "1..*", arity = "0..*")
        private List<String> command = List.of();

        Train(Brokers brokers) {
            this.brokers = brokers;
        }

        @Override
        public Integer call() {
            brokers.train(folder, command);
            return ExitCode.OK;
        }
    }
}
