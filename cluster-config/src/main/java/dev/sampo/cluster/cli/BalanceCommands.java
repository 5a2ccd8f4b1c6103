package dev.sampo.cluster.cli;

import dev.sampo.partition.balance.BalancePlan;
import dev.sampo.partition.balance.ClusterPicture;
import dev.sampo.partition.balance.ClusterPicture.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code balance ...}: the rule is {@link BalancePlan}; here it is asked, shown and carried out. */
final class BalanceCommands {
    private static final long PAUSE_NANOS = Duration.ofMillis(250).toNanos();
    /** Brokers hear of moves one after the other, and any of them is asked: only after so long nothing moves any more. */
    private static final long QUIET_NANOS = Duration.ofSeconds(5).toNanos();

    private BalanceCommands() {}

    /** One move; {@code bytes} is what it copies. */
    record Move(String topic, int partition, List<Integer> from, List<Integer> to, long bytes, String reason) {}

    /** A broker before and after; {@code leaders} counts partitions that it is preferred to lead. */
    record BrokerRow(
            int broker, @Nullable String rack, String state, int replicas, int replicasAfter, int leaders, int leadersAfter,
            long bytes, long bytesAfter) {}

    /** The plan. */
    record PlanRow(
            long bytesToMove, int replicaListsBefore, int replicaListsAfter, List<BrokerRow> brokers, List<Move> moves) {
        static PlanRow of(BalancePlan plan) {
            return new PlanRow(
                    plan.bytesToMove(), plan.replicaListsBefore(), plan.replicaListsAfter(),
                    plan.brokers().stream()
                            .map(each -> new BrokerRow(
                                    each.broker(), each.rack(), each.state().name().toLowerCase(Locale.ROOT),
                                    each.before().replicas(), each.after().replicas(), each.before().leaders(),
                                    each.after().leaders(), each.before().bytes(), each.after().bytes()))
                            .toList(),
                    plan.moves().stream()
                            .map(each -> new Move(
                                    each.topic(), each.partition(), each.from(), each.to(), each.bytes(), each.reason()))
                            .toList());
        }
    }

    /** {@code balance plan}. */
    @Command(name = "plan", description = {
        "Which partitions should move so that replicas, bytes and leaders are spread evenly over brokers and racks, and why.",
        "Changes nothing. Nothing to move is no rows."})
    static final class Plan extends ClientCommand {
        Plan(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                PlanRow row = PlanRow.of(BalancePlan.of(picture(admin)));
                output.one(terminal, row, each -> names(each.moves()), () -> show(terminal, row));
                return ExitCode.OK;
            });
        }

        private static String names(List<Move> moves) {
            return moves.stream().map(move -> move.topic() + ":" + move.partition()).collect(Collectors.joining("\n"));
        }
    }

    private static void show(Terminal terminal, PlanRow row) {
        Table.print(terminal.out(), row.brokers(), terminal.mayColor());
        if (row.moves().isEmpty()) {
            terminal.out().print("the cluster is even: nothing to move\n");
            return;
        }
        terminal.out().print("\n");
        Table.print(terminal.out(), row.moves(), terminal.mayColor());
        terminal.out().print("\n" + summary(row) + "\n");
    }

    private static String summary(PlanRow row) {
        return String.format(
                Locale.ROOT, "%d partitions move, %.1f MiB are copied, distinct replica lists %d before, %d after",
                row.moves().size(), row.bytesToMove() / (1024.0 * 1024), row.replicaListsBefore(), row.replicaListsAfter());
    }

    /** {@code balance apply}. */
    @Command(name = "apply", description = {
        "Move what balance plan names, while clients go on, and wait until it is done.",
        "Stopped, the moves go on, with their throttle; balance cancel ends both."})
    static final class Apply extends ClientCommand {
        @Option(names = "--throttle", paramLabel = "BYTES", description = {
            "At most so many bytes a second into each broker,", "replicas that are throttled for other reasons included."})
        private @Nullable Long throttle;

        @Option(names = "--within", paramLabel = "TIME", defaultValue = "1h",
                description = "Give up waiting after this; what moves goes on, without a throttle. Default: ${DEFAULT-VALUE}.")
        private Duration within = Duration.ofHours(1);

        @Mixin
        private final Change change = new Change();

        @Mixin
        private final Change.Confirmation confirmation = new Change.Confirmation();

        Apply(Terminal terminal) {
            super(terminal);
        }

        /** One partition. {@code state}: planned, moved, cancelled, or refused with the cluster's words. */
        record MoveRow(
                String topic, int partition, List<Integer> from, List<Integer> to, long bytes, String reason, String state) {}

        @Override
        public Integer call() {
            if (throttle != null && throttle < 1) {
                throw CliException.usage("--throttle " + throttle + " would copy nothing", "1 or more");
            }
            return withAdmin(admin -> {
                PlanRow plan = PlanRow.of(BalancePlan.of(picture(admin)));
                Map<TopicPartition, String> states = new HashMap<>();
                if (!change.dryRun() && !plan.moves().isEmpty()) {
                    confirmation.agree(terminal, summary(plan));
                    run(admin, plan, states);
                }
                List<MoveRow> rows = plan.moves().stream()
                        .map(move -> new MoveRow(
                                move.topic(), move.partition(), move.from(), move.to(), move.bytes(), move.reason(),
                                states.getOrDefault(id(move), "planned")))
                        .toList();
                output.rows(terminal, rows, row -> row.topic() + ":" + row.partition());
                boolean whole = change.dryRun() || rows.stream().allMatch(row -> row.state().equals("moved"));
                return whole ? ExitCode.OK : ExitCode.PARTLY_DONE;
            });
        }

        private void run(Admin admin, PlanRow plan, Map<TopicPartition, String> states) {
            Map<TopicPartition, Move> wanted = plan.moves().stream().collect(Collectors.toMap(Apply::id, move -> move));
            var throttled = new ReplicaThrottle();
            try {
                if (throttle != null) {
                    throttled.set(admin, plan.moves().stream()
                            .map(move -> new ReplicaThrottle.Way(id(move), move.from(), move.to()))
                            .toList(), throttle);
                }
                admin.alterPartitionReassignments(wanted.entrySet().stream().collect(Collectors.toMap(
                                Map.Entry::getKey,
                                each -> Optional.of(new NewPartitionReassignment(each.getValue().to())))))
                        .values()
                        .forEach((id, future) -> {
                            try {
                                Failures.await(future, "the move of " + id);
                            } catch (CliException e) {
                                states.put(id, "refused: " + e.getMessage());
                            }
                        });
                wanted.keySet().removeAll(states.keySet());
                await(admin, wanted, states, plan.bytesToMove());
            } finally {
                throttled.end(admin);
            }
        }

        private void await(Admin admin, Map<TopicPartition, Move> wanted, Map<TopicPartition, String> states, long bytes) {
            long untilNanos = System.nanoTime() + within.toNanos();
            long quietSinceNanos = System.nanoTime();
            try (var progress = new Progress(terminal, "moved", bytes)) {
                while (!wanted.isEmpty()) {
                    Set<TopicPartition> moving = NodeCommands.underWay(admin).keySet();
                    Map<TopicPartition, List<Integer>> now = lists(admin);
                    for (Move move : List.copyOf(wanted.values())) {
                        if (!moving.contains(id(move)) && move.to().equals(now.get(id(move)))) {
                            states.put(id(move), "moved");
                            wanted.remove(id(move));
                            progress.add(move.bytes());
                        }
                    }
                    long nanos = System.nanoTime();
                    if (wanted.keySet().stream().anyMatch(moving::contains)) {
                        quietSinceNanos = nanos;
                    } else if (nanos - quietSinceNanos > QUIET_NANOS) {
                        wanted.keySet().forEach(id -> states.put(id, "cancelled"));
                        return;
                    }
                    if (nanos - untilNanos > 0) {
                        throw new CliException(
                                ExitCode.TIMEOUT, "REQUEST_TIMED_OUT",
                                wanted.size() + " partitions still move; they go on, without a throttle", null,
                                "sampo balance apply again, or a longer --within; sampo balance cancel ends them");
                    }
                    progress.add(0);
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }

        private static TopicPartition id(Move move) {
            return new TopicPartition(move.topic(), move.partition());
        }
    }

    /** {@code balance cancel}. */
    @Command(name = "cancel", description = {
        "End all moves of partitions that are under way, whoever began them: each partition stays where it was.",
        "A move whose end is refused is named and keeps its throttle; the exit code is then not 0.",
        "The throttles of these moves end with them. Replicas that do not move stay throttled, and their brokers keep their rates;",
        "other rates end, whoever set them: that cannot be told. config set topic/NAME --unset ends the throttles of a topic."})
    static final class Cancel extends ClientCommand {
        @Mixin
        private final Change change = new Change();

        Cancel(Terminal terminal) {
            super(terminal);
        }

        /** One partition; {@code cancelled} is false in a dry run, when it had come to an end before, and when that was refused. */
        record CancelRow(String topic, int partition, List<Integer> adding, List<Integer> removing, boolean cancelled) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                var moving = new TreeMap<TopicPartition, PartitionReassignment>(Topics.BY_NAME);
                moving.putAll(NodeCommands.underWay(admin));
                Set<TopicPartition> ended = new HashSet<>();
                Set<TopicPartition> refused = new HashSet<>();
                var outcomes = new Outcomes(terminal);
                if (!change.dryRun()) {
                    judge(
                            admin.alterPartitionReassignments(moving.keySet().stream()
                                            .collect(Collectors.toMap(id -> id, id -> Optional.<NewPartitionReassignment>empty())))
                                    .values(),
                            ended, refused, outcomes);
                    Map<TopicPartition, PartitionReassignment> over = new HashMap<>(moving);
                    over.keySet().removeAll(refused);
                    ReplicaThrottle.end(admin, over);
                }
                List<CancelRow> rows = moving.entrySet().stream()
                        .map(each -> new CancelRow(
                                each.getKey().topic(), each.getKey().partition(), each.getValue().addingReplicas(),
                                each.getValue().removingReplicas(),
                                !change.dryRun() && !ended.contains(each.getKey()) && !refused.contains(each.getKey())))
                        .toList();
                output.rows(terminal, rows, row -> row.topic() + ":" + row.partition());
                return outcomes.finish();
            });
        }

        /**
         * Sorts what the cluster answered.
         *
         * @param ended gets those that had come to an end before
         * @param refused gets those that go on; {@code outcomes} tells them
         */
        static void judge(
                Map<TopicPartition, KafkaFuture<Void>> answers, Set<TopicPartition> ended, Set<TopicPartition> refused,
                Outcomes outcomes) {
            answers.forEach((id, future) -> outcomes.attempt(() -> {
                try {
                    Failures.await(future, "the end of the move of " + id);
                } catch (CliException e) {
                    if (!Errors.NO_REASSIGNMENT_IN_PROGRESS.name().equals(e.code())
                            && !Errors.UNKNOWN_TOPIC_OR_PARTITION.name().equals(e.code())) {
                        refused.add(id);
                        throw e;
                    }
                    ended.add(id);
                }
            }));
        }
    }

    private static Map<TopicPartition, List<Integer>> lists(Admin admin) {
        Map<TopicPartition, List<Integer>> lists = new HashMap<>();
        Topics.describe(admin, NodeCommands.topics(admin)).values().forEach(topic -> topic.partitions().stream()
                .map(Topics.Layout::of)
                .forEach(layout -> lists.put(new TopicPartition(topic.name(), layout.partition()), layout.replicas())));
        return lists;
    }

    private static ClusterPicture picture(Admin admin) {
        List<Node> nodes = NodeCommands.nodes(admin);
        List<ClusterPicture.Broker> brokers = nodes.stream()
                .map(node -> new ClusterPicture.Broker(
                        node.id(), node.rack(), State.valueOf(NodeCommands.state(admin, node).toUpperCase(Locale.ROOT))))
                .toList();
        Map<TopicPartition, Long> sizes = sizes(admin, nodes);
        Map<TopicPartition, PartitionReassignment> moving = NodeCommands.underWay(admin);
        var partitions = new ArrayList<ClusterPicture.Partition>();
        lists(admin).forEach((id, replicas) -> {
            PartitionReassignment move = moving.get(id);
            List<Integer> stay = move == null
                    ? replicas
                    : replicas.stream().filter(each -> !move.removingReplicas().contains(each)).toList();
            partitions.add(new ClusterPicture.Partition(
                    id.topic(), id.partition(), stay, sizes.getOrDefault(id, 0L), move != null));
        });
        return new ClusterPicture(brokers, partitions);
    }

    /** Of each partition the largest copy that a broker tells of: followers may be behind, or have compacted more. */
    private static Map<TopicPartition, Long> sizes(Admin admin, List<Node> nodes) {
        Map<TopicPartition, Long> sizes = new HashMap<>();
        admin.describeLogDirs(nodes.stream().filter(node -> !node.isFenced()).map(Node::id).toList())
                .descriptions()
                .forEach((broker, future) -> Failures.await(future, "the disks of broker " + broker).values()
                        .forEach(folder -> folder.replicaInfos()
                                .forEach((id, replica) -> sizes.merge(id, replica.size(), Math::max))));
        return sizes;
    }
}
