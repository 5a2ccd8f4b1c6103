package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code group seek}. What was committed before is kept in a file of the user, for {@code --undo}. */
@Command(name = "seek", description = {
    "Move a group without members to another position. --undo brings back what was committed before the last seek,",
    "which is kept in $XDG_STATE_HOME/sampo or ~/.local/state/sampo."})
final class GroupSeek extends ClientCommand {
    @Parameters(paramLabel = "GROUP", description = "Name.")
    private String group = "";

    @Option(names = "--to", paramLabel = "POSITION",
            description = "earliest, latest, an offset, -5m (five minutes ago), @2026-01-31T08:00:00Z, @MILLISECONDS.")
    private @Nullable String to;

    @Option(names = "--undo", description = "Back to where the group was before the last seek.")
    private boolean undo;

    @Option(names = {"-t", "--topic"}, paramLabel = "TOPIC[:N,...]",
            description = "Only this topic or these partitions; repeatable. Default: all that the group has committed.")
    private List<String> topics = List.of();

    @Mixin
    private final Change change = new Change();

    GroupSeek(Terminal terminal) {
        super(terminal);
    }

    /** Committed offsets, null for none. */
    record Row(
            String group, String topic, int partition, @Nullable Long before, @Nullable Long after, boolean changed) {}

    @Override
    public Integer call() {
        if (undo == (to != null)) {
            throw CliException.usage("where to?", "--to POSITION, or --undo");
        }
        Position position = to == null ? null : Position.parse("--to", to, System.currentTimeMillis());
        TopicFilter filter = TopicFilter.parse(topics);
        return withAdmin(admin -> {
            String cluster = Failures.await(admin.describeCluster().clusterId(), "the cluster's id");
            var kept = new SeekHistory(terminal.environment(), cluster, group);
            Map<TopicPartition, Long> before = Groups.committed(admin, group);
            var after = new TreeMap<TopicPartition, @Nullable Long>(Topics.BY_NAME);
            after.putAll(position == null
                    ? earlier(kept, filter)
                    : Positions.resolve(admin, partitions(admin, before.keySet(), filter), position));
            var rows = new ArrayList<Row>();
            after.forEach((partition, offset) -> {
                Long old = before.get(partition);
                rows.add(new Row(
                        group, partition.topic(), partition.partition(), old, offset,
                        !change.dryRun() && !java.util.Objects.equals(old, offset)));
            });
            if (!change.dryRun()) {
                var replaced = new TreeMap<TopicPartition, @Nullable Long>(Topics.BY_NAME);
                after.keySet().forEach(partition -> replaced.put(partition, before.get(partition)));
                move(admin, after);
                kept.keep(replaced);
            }
            output.rows(terminal, rows, row -> row.topic() + ":" + row.partition(), () -> {
                Table.print(terminal.out(), rows, terminal.mayColor());
                terminal.err().print(change.dryRun()
                        ? "nothing was changed (--dry-run)\n"
                        : "undo with: sampo group seek " + group + " --undo\n");
            });
            return ExitCode.OK;
        });
    }

    private Map<TopicPartition, @Nullable Long> earlier(SeekHistory kept, TopicFilter filter) {
        var earlier = new TreeMap<TopicPartition, @Nullable Long>(Topics.BY_NAME);
        kept.read().forEach((partition, offset) -> {
            if (filter.test(partition)) {
                earlier.put(partition, offset);
            }
        });
        return earlier;
    }

    /** What the group has committed, and every partition of the topics that were named. */
    private Set<TopicPartition> partitions(Admin admin, Set<TopicPartition> committed, TopicFilter filter) {
        var partitions = new TreeSet<TopicPartition>(Topics.BY_NAME);
        if (topics.isEmpty()) {
            partitions.addAll(committed);
        } else {
            filter.partitions().forEach((topic, numbers) ->
                    partitions.addAll(Positions.chosen(Topics.describe(admin, topic), List.copyOf(numbers))));
        }
        if (partitions.isEmpty()) {
            Groups.describe(admin, group); // not there is the better answer
            throw CliException.notFound("group " + group + " has committed nothing yet", "--topic TOPIC says what to move");
        }
        return partitions;
    }

    private void move(Admin admin, Map<TopicPartition, @Nullable Long> offsets) {
        var unset = new HashSet<TopicPartition>();
        var set = new TreeMap<TopicPartition, OffsetAndMetadata>(Topics.BY_NAME);
        offsets.forEach((partition, offset) -> {
            if (offset == null) {
                unset.add(partition);
            } else {
                set.put(partition, new OffsetAndMetadata(offset));
            }
        });
        if (!set.isEmpty()) {
            Failures.await(admin.alterConsumerGroupOffsets(group, set).all(), "group " + group);
        }
        if (!unset.isEmpty()) {
            Failures.await(admin.deleteConsumerGroupOffsets(group, unset).all(), "group " + group);
        }
    }
}
