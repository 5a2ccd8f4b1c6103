package dev.sampo.cluster.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code group rebalances}. */
@Command(name = "rebalances", description = "Why a group rebalanced lately, the newest first: as its coordinator remembers.")
final class GroupRebalances extends ClientCommand {
    @Parameters(paramLabel = "GROUP", description = "Name.")
    private String group = "";

    @Mixin
    private final BrokerHttp http = new BrokerHttp();

    GroupRebalances(Terminal terminal) {
        super(terminal);
    }

    /**
     * One rebalance.
     *
     * @param start ISO 8601
     * @param durationMs null while it goes on
     * @param generation the one that it made
     * @param causes the first is why it began; each with the member that it is about
     */
    record Row(
            String start, @Nullable Long durationMs, boolean completed, int generation, int members, List<String> causes) {}

    @Override
    public Integer call() {
        return withAdmin(admin -> {
            if (!http.find(terminal, admin, connection.timeout())) {
                throw CliException.usage(
                        "the brokers' HTTP API is not at " + BrokerHttp.DEFAULT + ", and Kafka's protocol has no rebalances",
                        "--http URL");
            }
            Groups.describe(admin, group);
            List<Row> rows = rows();
            output.rows(terminal, rows, Row::start, () -> {
                Table.print(terminal.out(), rows, terminal.mayColor());
                if (rows.isEmpty()) {
                    terminal.err().print("none since the group's coordinator is where it is\n");
                }
            });
            return ExitCode.OK;
        });
    }

    private List<Row> rows() {
        var rows = new ArrayList<Row>();
        try {
            Map<String, Object> answer = http.get("/v1/groups/" + BrokerHttp.segment(group) + "/rebalances");
            if (answer == null || !(answer.get("rebalances") instanceof List<?> rebalances)) {
                throw CliException.failed("group " + group + ": its coordinator tells no rebalances");
            }
            rebalances.forEach(each -> rows.add(row((Map<?, ?>) each)));
        } catch (IOException e) {
            throw CliException.failed("group " + group + ": " + e.getMessage());
        }
        return rows;
    }

    private static Row row(Map<?, ?> rebalance) {
        var causes = new ArrayList<String>();
        if (rebalance.get("causes") instanceof List<?> told) {
            told.forEach(each -> causes.add(cause((Map<?, ?>) each)));
        }
        if (number(rebalance.get("further_causes")) > 0) {
            causes.add("and " + number(rebalance.get("further_causes")) + " more");
        }
        Object duration = rebalance.get("duration_ms");
        return new Row(
                Instant.ofEpochMilli(number(rebalance.get("start_ms"))).toString(),
                duration == null ? null : (Long) number(duration), Boolean.TRUE.equals(rebalance.get("completed")),
                (int) number(rebalance.get("generation_id")), (int) number(rebalance.get("members")), causes);
    }

    private static String cause(Map<?, ?> cause) {
        Object who = cause.get("group_instance_id") == null ? cause.get("member_id") : cause.get("group_instance_id");
        return cause.get("reason") + (who == null ? "" : " " + who);
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }
}
