package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code group list}, {@code describe}, {@code delete} and {@code offset-delete}. */
final class GroupCommands {
    private GroupCommands() {}

    /** {@code group list}. */
    @Command(name = "list", description = "Groups with their state.")
    static final class GroupList extends ClientCommand {
        GroupList(Terminal terminal) {
            super(terminal);
        }

        /** {@code type} and {@code state} are "unknown" where the broker does not tell. */
        record Listed(String group, String type, String state, String protocol) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                List<Listed> rows = Failures.await(admin.listGroups().all(), "the list of groups").stream()
                        .sorted(Comparator.comparing(GroupListing::groupId))
                        .map(group -> new Listed(
                                group.groupId(), group.type().map(String::valueOf).orElse("unknown"),
                                group.groupState().map(String::valueOf).orElse("unknown"), group.protocol()))
                        .toList();
                output.rows(terminal, rows, Listed::group);
                return ExitCode.OK;
            });
        }
    }

    /** {@code group describe}. */
    @Command(name = "describe", description = "Groups in full: members, what each reads, and how far.")
    static final class GroupDescribe extends ClientCommand {
        @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Names.")
        private List<String> groups = List.of();

        GroupDescribe(Terminal terminal) {
            super(terminal);
        }

        /** {@code partitions} as {@code topic:partition}. */
        record Member(String member, @Nullable String instance, String client, String host, List<String> partitions) {}

        /** {@code coordinator}: broker id. */
        record Described(
                String group, String type, String state, String assignor, @Nullable Integer coordinator, List<Member> members,
                List<Groups.Lag> offsets) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                var rows = new ArrayList<Described>();
                var outcomes = new Outcomes(terminal);
                for (String group : groups) {
                    outcomes.attempt(() -> {
                        ConsumerGroupDescription description = Groups.describe(admin, group);
                        rows.add(row(description, Groups.lag(admin, description)));
                    });
                }
                output.rows(terminal, rows, Described::group, () -> rows.forEach(this::print));
                return outcomes.finish();
            });
        }

        private static Described row(ConsumerGroupDescription group, List<Groups.Lag> offsets) {
            List<Member> members = group.members().stream()
                    .map(member -> new Member(
                            member.consumerId(), member.groupInstanceId().orElse(null), member.clientId(), member.host(),
                            member.assignment().topicPartitions().stream()
                                    .sorted(Topics.BY_NAME)
                                    .map(partition -> partition.topic() + ":" + partition.partition())
                                    .toList()))
                    .toList();
            return new Described(
                    group.groupId(), String.valueOf(group.type()), String.valueOf(group.groupState()),
                    group.partitionAssignor(), group.coordinator() == null ? null : group.coordinator().id(), members,
                    offsets);
        }

        private void print(Described row) {
            terminal.out().print(row.group() + "\n");
            terminal.out().print("  type         " + row.type() + "\n");
            terminal.out().print("  state        " + row.state() + "\n");
            terminal.out().print("  assignor     " + (row.assignor().isEmpty() ? "-" : row.assignor()) + "\n");
            terminal.out().print("  coordinator  " + row.coordinator() + "\n");
            terminal.out().print("  members      " + row.members().size() + "\n");
            Table.print(terminal.out(), row.members(), terminal.mayColor());
            Table.print(terminal.out(), row.offsets(), terminal.mayColor());
        }
    }

    /** {@code group delete}. */
    @Command(name = "delete", description = "Delete groups without members, with what they committed.")
    static final class GroupDelete extends ClientCommand {
        @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Names.")
        private List<String> groups = List.of();

        @Mixin
        private final Change change = new Change();

        @Mixin
        private final Change.Confirmation confirmation = new Change.Confirmation();

        GroupDelete(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                var rows = new ArrayList<Outcome>();
                var outcomes = new Outcomes(terminal);
                for (String group : groups) {
                    outcomes.attempt(() -> {
                        Groups.describe(admin, group);
                        if (!change.dryRun()) {
                            confirmation.ask(terminal, "This deletes group " + group + " and its offsets", group);
                            Failures.await(
                                    admin.deleteConsumerGroups(List.of(group)).deletedGroups().get(group), "group " + group);
                        }
                        rows.add(new Outcome(group, !change.dryRun()));
                    });
                }
                output.rows(terminal, rows, Outcome::name, () -> rows.forEach(row ->
                        terminal.out().print((row.done() ? "deleted " : "would delete ") + row.name() + "\n")));
                return outcomes.finish();
            });
        }
    }

    /** {@code group offset-delete}. */
    @Command(name = "offset-delete", description = {
        "Forget what a group committed for topics: it begins there as if it had never read them."})
    static final class OffsetDelete extends ClientCommand {
        @Parameters(paramLabel = "GROUP", description = "Name.")
        private String group = "";

        @Option(names = {"-t", "--topic"}, required = true, paramLabel = "TOPIC[:N,...]",
                description = "A topic, or some of its partitions; repeatable.")
        private List<String> topics = List.of();

        @Mixin
        private final Change change = new Change();

        @Mixin
        private final Change.Confirmation confirmation = new Change.Confirmation();

        OffsetDelete(Terminal terminal) {
            super(terminal);
        }

        /** {@code before}: the offset that was committed. */
        record Forgotten(String group, String topic, int partition, long before, boolean deleted) {}

        @Override
        public Integer call() {
            TopicFilter filter = TopicFilter.parse(topics);
            return withAdmin(admin -> {
                Groups.describe(admin, group);
                Map<TopicPartition, Long> chosen = new TreeMap<>(Topics.BY_NAME);
                Groups.committed(admin, group).forEach((partition, offset) -> {
                    if (filter.test(partition)) {
                        chosen.put(partition, offset);
                    }
                });
                if (chosen.isEmpty()) {
                    throw CliException.notFound(
                            "group " + group + " has committed nothing for " + String.join(", ", topics),
                            "sampo group lag " + group);
                }
                if (!change.dryRun()) {
                    confirmation.ask(terminal, "This forgets " + chosen.size() + " offsets of group " + group, group);
                    Set<TopicPartition> partitions = new HashSet<>(chosen.keySet());
                    Failures.await(admin.deleteConsumerGroupOffsets(group, partitions).all(), "group " + group);
                }
                var rows = new ArrayList<Forgotten>();
                chosen.forEach((partition, offset) -> rows.add(
                        new Forgotten(group, partition.topic(), partition.partition(), offset, !change.dryRun())));
                output.rows(terminal, rows, row -> row.topic() + ":" + row.partition());
                return ExitCode.OK;
            });
        }
    }
}
