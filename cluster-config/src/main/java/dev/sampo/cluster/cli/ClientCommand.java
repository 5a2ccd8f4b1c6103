package dev.sampo.cluster.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that asks brokers. */
abstract class ClientCommand implements Callable<Integer> {
    final Terminal terminal;

    @Mixin
    final Output output = new Output();

    @Mixin
    final Connection connection = new Connection();

    @Option(names = {"-h", "--help"}, usageHelp = true, order = 99, description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    ClientCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** With an administration client, which is closed afterwards. */
    int withAdmin(AdminWork work) {
        Admin admin = connection.admin(terminal);
        try {
            return work.run(admin);
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    /** What a command does with an administration client. */
    interface AdminWork {
        /** Returns the exit code. */
        int run(Admin admin);
    }
}
