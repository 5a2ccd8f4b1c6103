package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code topic describe}. */
@Command(name = "describe", description = "Topics in full: configuration that was set, leaders, replicas and offsets.")
final class TopicDescribe extends ClientCommand {
    @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names.")
    private List<String> topics = List.of();

    TopicDescribe(Terminal terminal) {
        super(terminal);
    }

    /** Offsets are null where no leader could be asked; the end is exclusive. */
    record PartitionRow(
            int partition,
            @Nullable Integer leader,
            List<Integer> replicas,
            List<Integer> inSyncReplicas,
            @Nullable Long startOffset,
            @Nullable Long endOffset) {}

    /** {@code configs}: what was set on the topic itself. */
    record Row(
            String topic, String topicId, boolean internal, int replicas, Map<String, String> configs,
            List<PartitionRow> partitions) {}

    @Override
    public Integer call() {
        return withAdmin(admin -> {
            var rows = new ArrayList<Row>();
            var outcomes = new Outcomes(terminal);
            for (String topic : topics) {
                outcomes.attempt(() -> rows.add(row(admin, Topics.describe(admin, topic))));
            }
            output.rows(terminal, rows, Row::topic, () -> rows.forEach(this::print));
            return outcomes.finish();
        });
    }

    private static Row row(Admin admin, TopicDescription topic) {
        List<TopicPartition> led = topic.partitions().stream()
                .filter(info -> info.leader() != null && !info.leader().isEmpty())
                .map(info -> new TopicPartition(topic.name(), info.partition()))
                .toList();
        Map<TopicPartition, Long> starts = Topics.offsets(admin, led, _ -> OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = Topics.offsets(admin, led, _ -> OffsetSpec.latest());
        var partitions = new ArrayList<PartitionRow>();
        for (TopicPartitionInfo info : topic.partitions()) {
            var partition = new TopicPartition(topic.name(), info.partition());
            Topics.Layout layout = Topics.Layout.of(info);
            partitions.add(new PartitionRow(
                    info.partition(), layout.leader(), layout.replicas(), layout.inSyncReplicas(), starts.get(partition),
                    ends.get(partition)));
        }
        return new Row(
                topic.name(), topic.topicId().toString(), topic.isInternal(),
                topic.partitions().getFirst().replicas().size(), overrides(admin, topic.name()), partitions);
    }

    private static Map<String, String> overrides(Admin admin, String topic) {
        var overrides = new TreeMap<String, String>();
        Configs.overrides(admin, new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .forEach((name, entry) -> overrides.put(name, entry.value()));
        return overrides;
    }

    private void print(Row row) {
        terminal.out().print(row.topic() + (row.internal() ? " (internal)" : "") + "\n");
        terminal.out().print("  id          " + row.topicId() + "\n");
        terminal.out().print("  partitions  " + row.partitions().size() + "\n");
        terminal.out().print("  replicas    " + row.replicas() + "\n");
        row.configs().forEach((name, value) -> terminal.out().print("  config      " + name + "=" + value + "\n"));
        Table.print(terminal.out(), row.partitions(), terminal.mayColor());
    }
}
