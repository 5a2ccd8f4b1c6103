package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code topic delete}. */
@Command(name = "delete", description = "Delete topics with all their records.")
final class TopicDelete extends ClientCommand {
    @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names.")
    private List<String> topics = List.of();

    @Mixin
    private final Change change = new Change();

    @Mixin
    private final Change.Confirmation confirmation = new Change.Confirmation();

    TopicDelete(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        return withAdmin(admin -> {
            var rows = new ArrayList<Outcome>();
            var outcomes = new Outcomes(terminal);
            for (String topic : topics) {
                outcomes.attempt(() -> {
                    int partitions = Topics.describe(admin, topic).partitions().size();
                    if (!change.dryRun()) {
                        confirmation.ask(
                                terminal, "This deletes topic " + topic + " (" + partitions + " partitions) with all its records",
                                topic);
                        Failures.await(admin.deleteTopics(List.of(topic)).topicNameValues().get(topic), "topic " + topic);
                    }
                    rows.add(new Outcome(topic, !change.dryRun()));
                });
            }
            output.rows(terminal, rows, Outcome::name, () -> rows.forEach(row ->
                    terminal.out().print((row.done() ? "deleted " : "would delete ") + row.name() + "\n")));
            return outcomes.finish();
        });
    }
}
