package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topic trim}. */
@Command(name = "trim", description = "Delete the oldest records of a topic, up to a position.")
final class TopicTrim extends ClientCommand {
    @Parameters(paramLabel = "TOPIC", description = "Name.")
    private String topic = "";

    @Option(names = "--to", required = true, paramLabel = "POSITION",
            description = "First record to keep: an offset, -N (the last N), @TIME, -5m, or end for none.")
    private String to = "";

    @Option(names = {"-p", "--partition"}, paramLabel = "N", description = "Only this partition; repeatable.")
    private List<Integer> numbers = List.of();

    @Mixin
    private final Change change = new Change();

    @Mixin
    private final Change.Confirmation confirmation = new Change.Confirmation();

    TopicTrim(Terminal terminal) {
        super(terminal);
    }

    /** First offset kept. */
    record Row(String topic, int partition, long before, long after, boolean changed) {}

    @Override
    public Integer call() {
        Position position = Position.parse("--to", to, System.currentTimeMillis());
        return withAdmin(admin -> {
            List<TopicPartition> partitions = Positions.chosen(Topics.describe(admin, topic), numbers);
            Map<TopicPartition, Long> starts = Topics.offsets(admin, partitions, _ -> OffsetSpec.earliest());
            Map<TopicPartition, Long> targets = Positions.resolve(admin, partitions, position);
            targets.replaceAll((partition, target) -> Math.max(target, starts.getOrDefault(partition, 0L)));
            long records = targets.entrySet().stream()
                    .mapToLong(each -> each.getValue() - starts.getOrDefault(each.getKey(), 0L))
                    .sum();
            if (records > 0 && !change.dryRun()) {
                confirmation.ask(terminal, "This deletes up to " + records + " records of topic " + topic, topic);
                Failures.await(
                        admin.deleteRecords(targets.entrySet().stream().collect(Collectors.toMap(
                                Map.Entry::getKey, each -> RecordsToDelete.beforeOffset(each.getValue()))))
                                .all(),
                        "topic " + topic);
            }
            var rows = new ArrayList<Row>();
            targets.forEach((partition, target) -> {
                long start = starts.getOrDefault(partition, 0L);
                rows.add(new Row(topic, partition.partition(), start, target, target > start && !change.dryRun()));
            });
            output.rows(terminal, rows, row -> topic + ":" + row.partition());
            return ExitCode.OK;
        });
    }
}
