package dev.sampo.cluster.cli;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topic add-partitions}. */
@Command(name = "add-partitions", description = {
    "Give a topic more partitions. Keys go to other partitions from then on; partitions cannot be taken away."})
final class TopicAddPartitions extends ClientCommand {
    @Parameters(paramLabel = "TOPIC", description = "Name.")
    private String topic = "";

    @Option(names = {"-n", "--num"}, required = true, paramLabel = "N", description = "How many to add.")
    private int num;

    @Mixin
    private final Change change = new Change();

    TopicAddPartitions(Terminal terminal) {
        super(terminal);
    }

    /** Numbers of partitions; {@code changed} is false in a dry run. */
    record Row(String topic, int before, int after, boolean changed) {}

    @Override
    public Integer call() {
        if (num < 1) {
            throw CliException.usage("--num " + num + " adds no partition", "1 or more");
        }
        return withAdmin(admin -> {
            int before = Topics.describe(admin, topic).partitions().size();
            Failures.await(
                    admin.createPartitions(
                                    Map.of(topic, NewPartitions.increaseTo(before + num)),
                                    new CreatePartitionsOptions().validateOnly(change.dryRun()))
                            .all(),
                    "topic " + topic);
            var row = new Row(topic, before, before + num, !change.dryRun());
            output.rows(terminal, List.of(row), Row::topic, () -> terminal.out().print(topic + ": "
                    + (change.dryRun() ? "would become " : "") + before + " -> " + row.after() + " partitions\n"));
            return ExitCode.OK;
        });
    }
}
