package dev.sampo.cluster.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code group lag}. */
@Command(name = "lag", description = "How far groups are behind the end of what they read.")
final class GroupLag extends ClientCommand {
    private static final String CLEAR = "\033[H\033[2J";

    @Parameters(arity = "0..*", paramLabel = "GROUP", description = "Names. Default: all groups.")
    private List<String> groups = List.of();

    @Option(names = {"-w", "--watch"}, description = "Look again and again, until Ctrl-C or --times.")
    private boolean watch;

    @Option(names = "--interval", paramLabel = "TIME", defaultValue = "2s", description = "Between two looks. Default: ${DEFAULT-VALUE}.")
    private Duration interval = Duration.ofSeconds(2);

    @Option(names = "--times", paramLabel = "N", description = "How often to look with --watch. Default: for ever.")
    private long times = Long.MAX_VALUE;

    GroupLag(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (watch && output.format() == Output.Format.json) {
            throw CliException.usage("--watch has no end, one JSON document has", "--output ndjson");
        }
        return withAdmin(admin -> {
            int code = look(admin);
            for (long i = 1; watch && i < times && !terminal.out().checkError(); i++) {
                LockSupport.parkNanos(interval.toNanos());
                if (Thread.currentThread().isInterrupted()) {
                    break;
                }
                terminal.out().print(terminal.outIsTerminal() ? CLEAR : output.isTable() ? "\n" : "");
                code = look(admin);
            }
            return code;
        });
    }

    private int look(Admin admin) {
        List<String> wanted = groups.isEmpty()
                ? Failures.await(admin.listGroups().all(), "the list of groups").stream()
                        .map(group -> group.groupId())
                        .sorted()
                        .toList()
                : groups;
        var rows = new ArrayList<Groups.Lag>();
        var outcomes = new Outcomes(terminal);
        for (String group : wanted) {
            outcomes.attempt(() -> rows.addAll(Groups.lag(admin, Groups.describe(admin, group))));
        }
        output.rows(terminal, rows, Groups.Lag::group, () -> {
            Table.print(terminal.out(), rows, terminal.mayColor());
            if (rows.isEmpty()) {
                terminal.err().print("nothing was committed and nobody reads\n");
            }
        });
        return outcomes.finish();
    }
}
