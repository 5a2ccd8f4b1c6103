package dev.sampo.cluster.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code group lag}. */
@Command(name = "lag", description = {
    "How far groups are behind the end of what they read: in records; in seconds, which is the age of the first record "
            + "not read; and what their commits say: ok, warning (reads on and comes no nearer), rewind, stalled (commits "
            + "the same offset), stopped (commits nothing)."})
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

    @Mixin
    private final BrokerHttp http = new BrokerHttp();

    private boolean asksHttp;

    GroupLag(Terminal terminal) {
        super(terminal);
    }

    /**
     * How far a group is in one partition; see {@link Groups.Lag}.
     *
     * @param lagSeconds null where it is not known, as with brokers that are not asked over HTTP; so is {@code status}
     */
    record Row(
            String group, String topic, int partition, @Nullable Long committedOffset, @Nullable Long endOffset,
            @Nullable Long lag, @Nullable Double lagSeconds, @Nullable String status, @Nullable String member) {}

    private record Judged(@Nullable Double lagSeconds, @Nullable String status) {
        private static final Judged NOT = new Judged(null, null);
    }

    @Override
    public Integer call() {
        if (watch && output.format() == Output.Format.json) {
            throw CliException.usage("--watch has no end, one JSON document has", "--output ndjson");
        }
        return withAdmin(admin -> {
            asksHttp = http.find(terminal, admin, connection.timeout());
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
        var rows = new ArrayList<Row>();
        var outcomes = new Outcomes(terminal);
        for (String group : wanted) {
            outcomes.attempt(() -> {
                List<Groups.Lag> lags = Groups.lag(admin, Groups.describe(admin, group));
                Map<String, Judged> judged = judged(group);
                lags.forEach(lag -> {
                    Judged said = judged.getOrDefault(lag.topic() + ' ' + lag.partition(), Judged.NOT);
                    rows.add(new Row(
                            group, lag.topic(), lag.partition(), lag.committedOffset(), lag.endOffset(), lag.lag(),
                            said.lagSeconds(), said.status(), lag.member()));
                });
            });
        }
        output.rows(terminal, rows, Row::group, () -> {
            Table.print(terminal.out(), rows, terminal.mayColor());
            if (rows.isEmpty()) {
                terminal.err().print("nothing was committed and nobody reads\n");
            }
        });
        return outcomes.finish();
    }

    /** By topic and partition; nothing while the broker does not answer. */
    private Map<String, Judged> judged(String group) {
        var judged = new HashMap<String, Judged>();
        if (asksHttp) {
            try {
                Map<String, Object> lag = http.get("/v1/groups/" + BrokerHttp.segment(group) + "/lag");
                if (lag != null && lag.get("partitions") instanceof List<?> partitions) {
                    partitions.forEach(each -> judge((Map<?, ?>) each, judged));
                }
            } catch (IOException e) {
                terminal.err().print("no lag in seconds of group " + group + ": " + e.getMessage() + "\n");
            }
        }
        return judged;
    }

    private static void judge(Map<?, ?> partition, Map<String, Judged> judged) {
        Double seconds = partition.get("lag_seconds") instanceof Number number ? (Double) number.doubleValue() : null;
        judged.put(
                partition.get("topic") + " " + partition.get("partition"),
                new Judged(seconds, String.valueOf(partition.get("status"))));
    }
}
