package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

/**
 * {@code group seek}. What was committed before is kept in a file of the user, for {@code --undo}: that needs nothing of the broker, so it
 * works with Kafka too, and leaves the metadata of commits to the members.
 */
@Command(name = "seek", description = {
    "Move a group without members to another position. --undo brings back what was committed before the last seek of this",
    "user, with its metadata; it is kept in $XDG_STATE_HOME/sampo or ~/.local/state/sampo. Undone twice is done again."})
final class GroupSeek extends ClientCommand {
    @Parameters(paramLabel = "GROUP", description = "Name.")
    private String group = "";

    @Option(names = "--to", paramLabel = "POSITION",
            description = "earliest, latest, an offset, -5m (five minutes ago), @2026-01-31T08:00:00Z, @MILLISECONDS.")
    private @Nullable String to;

    @Option(names = "--by", paramLabel = "RECORDS", description = "So many records further on, or back with a minus.")
    private @Nullable Long by;

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
        if ((undo ? 1 : 0) + (to == null ? 0 : 1) + (by == null ? 0 : 1) != 1) {
            throw CliException.usage("where to?", "--to POSITION, --by RECORDS, or --undo");
        }
        Position position = to == null ? null : Position.parse("--to", to, System.currentTimeMillis());
        TopicFilter filter = TopicFilter.parse(topics);
        return withAdmin(admin -> {
            String cluster = Failures.await(admin.describeCluster().clusterId(), "the cluster's id");
            var kept = new SeekHistory(terminal.environment(), cluster, group);
            Map<TopicPartition, OffsetAndMetadata> before = Groups.commits(admin, group);
            Map<TopicPartition, @Nullable OffsetAndMetadata> after =
                    undo ? earlier(kept, filter) : moved(admin, before, partitions(admin, before.keySet(), filter), position);
            var rows = new ArrayList<Row>();
            after.forEach((partition, commit) -> {
                OffsetAndMetadata old = before.get(partition);
                rows.add(new Row(
                        group, partition.topic(), partition.partition(), offset(old), offset(commit),
                        !change.dryRun() && !Objects.equals(old, commit)));
            });
            if (!change.dryRun()) {
                var replaced = new TreeMap<TopicPartition, @Nullable OffsetAndMetadata>(Topics.BY_NAME);
                after.keySet().forEach(partition -> replaced.put(partition, before.get(partition)));
                kept.prepare(replaced);
                move(admin, after);
                kept.keep();
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

    private static @Nullable Long offset(@Nullable OffsetAndMetadata commit) {
        return commit == null ? null : (Long) commit.offset();
    }

    private static Map<TopicPartition, @Nullable OffsetAndMetadata> earlier(SeekHistory kept, TopicFilter filter) {
        var earlier = new TreeMap<TopicPartition, @Nullable OffsetAndMetadata>(Topics.BY_NAME);
        kept.read().forEach((partition, commit) -> {
            if (filter.test(partition)) {
                earlier.put(partition, commit);
            }
        });
        return earlier;
    }

    /** @param position null to shift by {@link #by} */
    private Map<TopicPartition, @Nullable OffsetAndMetadata> moved(
            Admin admin, Map<TopicPartition, OffsetAndMetadata> before, Set<TopicPartition> partitions, @Nullable Position position) {
        Map<TopicPartition, Long> offsets;
        if (position == null) {
            var from = new TreeMap<TopicPartition, Long>(Topics.BY_NAME);
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata commit = before.get(partition);
                if (commit == null) {
                    throw CliException.notFound(
                            "group " + group + " has committed nothing for " + partition.topic() + ":" + partition.partition()
                                    + ", so it cannot be shifted there",
                            "--to POSITION, or --topic with the partitions of sampo group lag " + group);
                }
                from.put(partition, commit.offset());
            }
            offsets = Positions.shift(admin, from, by == null ? 0 : by);
        } else {
            offsets = Positions.resolve(admin, partitions, position);
        }
        var moved = new TreeMap<TopicPartition, @Nullable OffsetAndMetadata>(Topics.BY_NAME);
        offsets.forEach((partition, offset) -> {
            OffsetAndMetadata old = before.get(partition);
            moved.put(partition, old != null && old.offset() == offset ? old : new OffsetAndMetadata(offset));
        });
        return moved;
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

    private void move(Admin admin, Map<TopicPartition, @Nullable OffsetAndMetadata> commits) {
        var unset = new HashSet<TopicPartition>();
        var set = new TreeMap<TopicPartition, OffsetAndMetadata>(Topics.BY_NAME);
        commits.forEach((partition, commit) -> {
            if (commit == null) {
                unset.add(partition);
            } else {
                set.put(partition, commit);
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
