package dev.sampo.cluster.cli;

import dev.sampo.partition.balance.DrainMoves;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code node ...}: the brokers of a cluster, one by one. */
final class NodeCommands {
    private static final String CORDONED = "cordoned.log.dirs";
    private static final long PAUSE_NANOS = Duration.ofMillis(250).toNanos();

    private NodeCommands() {}

    /** {@code node list}. */
    @Command(name = "list", description = "Brokers, also those that are down, with what they hold and lead.")
    static final class NodeList extends ClientCommand {
        NodeList(Terminal terminal) {
            super(terminal);
        }

        /** {@code state}: live, drained, or down (registered, not there). */
        record BrokerRow(int node, String host, int port, @Nullable String rack, String state, int leads, int replicas) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                List<DrainMoves.Held> held = held(admin);
                Map<Integer, Integer> leads = leads(admin);
                List<BrokerRow> rows = nodes(admin).stream()
                        .map(node -> new BrokerRow(
                                node.id(), node.host(), node.port(), node.rack(), state(admin, node),
                                leads.getOrDefault(node.id(), 0),
                                (int) held.stream().filter(each -> each.replicas().contains(node.id())).count()))
                        .toList();
                output.rows(terminal, rows, row -> Integer.toString(row.node()));
                return ExitCode.OK;
            });
        }
    }

    /** {@code node drain}. */
    @Command(name = "drain", description = {
        "Take a broker out of use: it leads nothing, gets no new replicas, and its replicas move to other brokers.",
        "Asked again it goes on where it stopped. node undrain puts the broker to use again."})
    static final class Drain extends ClientCommand {
        @Parameters(paramLabel = "ID", description = "Broker id.")
        private int node;

        @Option(names = "--leaders-only", description = "Leave its replicas where they are: for a restart.")
        private boolean leadersOnly;

        @Option(names = "--throttle", paramLabel = "BYTES", description = {
            "At most so many bytes a second into each broker,", "replicas that are throttled for other reasons included."})
        private @Nullable Long throttle;

        @Option(names = "--within", paramLabel = "TIME", defaultValue = "1h",
                description = "Give up waiting after this; what moves goes on, without a throttle. Default: ${DEFAULT-VALUE}.")
        private Duration within = Duration.ofHours(1);

        @Mixin
        private final Change change = new Change();

        private long untilNanos;

        Drain(Terminal terminal) {
            super(terminal);
        }

        /** One partition's move. {@code moved} is false in a dry run. */
        record MoveRow(String topic, int partition, List<Integer> from, List<Integer> to, String why, boolean moved) {}

        @Override
        public Integer call() {
            if (throttle != null && throttle < 1) {
                throw CliException.usage("--throttle " + throttle + " would copy nothing", "1 or more");
            }
            untilNanos = System.nanoTime() + within.toNanos();
            return withAdmin(admin -> {
                require(admin, node);
                List<DrainMoves.Move> moves = leadersOnly ? List.of() : plan(admin); // fails before anything changes
                if (!change.dryRun()) {
                    cordon(admin, node, true);
                    awaitNothingIsLed(admin);
                    if (!leadersOnly) {
                        move(admin, moves);
                    }
                }
                List<MoveRow> rows = moves.stream()
                        .map(move -> new MoveRow(
                                move.topic(), move.partition(), move.from(), move.to(), move.why(), !change.dryRun()))
                        .toList();
                output.rows(terminal, rows, row -> row.topic() + ":" + row.partition());
                return ExitCode.OK;
            });
        }

        /** For what does not move already. */
        private List<DrainMoves.Move> plan(Admin admin) {
            Set<TopicPartition> underWay = underWay(admin).keySet();
            List<DrainMoves.Held> held = held(admin).stream()
                    .filter(each -> !underWay.contains(new TopicPartition(each.topic(), each.partition())))
                    .toList();
            List<DrainMoves.Target> targets = nodes(admin).stream()
                    .filter(each -> each.id() != node && state(admin, each).equals("live"))
                    .map(each -> new DrainMoves.Target(each.id(), each.rack()))
                    .toList();
            try {
                return DrainMoves.off(node, held, targets);
            } catch (DrainMoves.NoTargetException e) {
                throw CliException.failed(e.getMessage() + "; add a broker, or use --leaders-only");
            }
        }

        private void awaitNothingIsLed(Admin admin) {
            await("broker " + node + " still leads partitions that no other broker can lead; the others have moved",
                    () -> leads(admin).getOrDefault(node, 0) == 0 || alone(admin));
        }

        /** Whether all that it leads has no other replica in sync: nobody else can lead it before it has moved. */
        private boolean alone(Admin admin) {
            return !leadersOnly && Topics.describe(admin, topics(admin)).values().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .filter(info -> info.leader() != null && info.leader().id() == node)
                    .allMatch(info -> info.isr().stream().allMatch(each -> each.id() == node));
        }

        private void move(Admin admin, List<DrainMoves.Move> moves) {
            Map<TopicPartition, List<Integer>> wanted = moves.stream().collect(Collectors.toMap(
                    move -> new TopicPartition(move.topic(), move.partition()), DrainMoves.Move::to));
            var throttled = new ReplicaThrottle();
            try {
                if (throttle != null) {
                    throttled.set(admin, moves.stream()
                            .map(move -> new ReplicaThrottle.Way(
                                    new TopicPartition(move.topic(), move.partition()), move.from(), move.to()))
                            .toList(), throttle);
                }
                Failures.await(admin.alterPartitionReassignments(wanted.entrySet().stream().collect(Collectors.toMap(
                        Map.Entry::getKey, each -> Optional.of(new NewPartitionReassignment(each.getValue()))))).all(),
                        "moves of partitions");
                awaitMoves(admin, wanted);
            } finally {
                throttled.end(admin);
            }
        }

        /** A broker that has not heard of a move yet shows the old replicas, so only the new ones count. */
        private void awaitMoves(Admin admin, Map<TopicPartition, List<Integer>> wanted) {
            long[] told = {-1};
            await("partitions still move; they go on, without a throttle: ask again", () -> {
                long left = held(admin).stream()
                        .filter(each -> !each.replicas().equals(wanted.getOrDefault(
                                new TopicPartition(each.topic(), each.partition()), each.replicas())))
                        .count();
                if (left != told[0] && output.isTable()) {
                    told[0] = left;
                    terminal.err().print("moved " + (wanted.size() - left) + " of " + wanted.size() + " partitions\n");
                }
                return left == 0
                        && underWay(admin).values().stream().noneMatch(each -> each.removingReplicas().contains(node));
            });
        }

        private void await(String otherwise, BooleanSupplier condition) {
            while (!condition.getAsBoolean()) {
                if (System.nanoTime() - untilNanos > 0) {
                    throw new CliException(ExitCode.TIMEOUT, "REQUEST_TIMED_OUT", otherwise, null, "a longer --within");
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** {@code node undrain}. */
    @Command(name = "undrain", description = {
        "Put a drained broker to use again: it leads what it is preferred for, and gets new replicas.",
        "What has moved away stays where it is."})
    static final class Undrain extends ClientCommand {
        @Parameters(paramLabel = "ID", description = "Broker id.")
        private int node;

        Undrain(Terminal terminal) {
            super(terminal);
        }

        /** What it is now. */
        record StateRow(int node, String state) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                require(admin, node);
                cordon(admin, node, false);
                output.rows(terminal, List.of(new StateRow(node, "live")), row -> Integer.toString(row.node()));
                return ExitCode.OK;
            });
        }
    }

    /** {@code node remove}. */
    @Command(name = "remove", description = {
        "Forget a broker that was drained and stopped. The cluster refuses one that runs or holds partitions."})
    static final class Remove extends ClientCommand {
        @Parameters(paramLabel = "ID", description = "Broker id.")
        private int node;

        Remove(Terminal terminal) {
            super(terminal);
        }

        /** The broker that is gone. */
        record RemovedRow(int node, boolean removed) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                Failures.await(admin.unregisterBroker(node).all(), "broker " + node);
                output.rows(terminal, List.of(new RemovedRow(node, true)), row -> Integer.toString(row.node()));
                return ExitCode.OK;
            });
        }
    }

    static List<Node> nodes(Admin admin) {
        return Failures.await(
                        admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true)).nodes(), "the brokers")
                .stream()
                .sorted(Comparator.comparingInt(Node::id))
                .toList();
    }

    private static void require(Admin admin, int node) {
        List<Node> nodes = nodes(admin);
        if (nodes.stream().noneMatch(each -> each.id() == node)) {
            throw CliException.notFound(
                    "there is no broker " + node + "; these are: " + nodes.stream().map(Node::id).toList(), "sampo node list");
        }
    }

    static String state(Admin admin, Node node) {
        if (node.isFenced()) {
            return "down";
        }
        ConfigEntry cordoned = Failures.await(
                        admin.describeConfigs(List.of(ReplicaThrottle.broker(node.id()))).values().get(ReplicaThrottle.broker(node.id())), "broker " + node.id())
                .get(CORDONED);
        String value = cordoned == null ? null : cordoned.value();
        return value == null || value.isBlank() ? "live" : "drained";
    }

    static Set<String> topics(Admin admin) {
        return Failures.await(admin.listTopics(new ListTopicsOptions().listInternal(true)).names(), "the list of topics");
    }

    private static List<DrainMoves.Held> held(Admin admin) {
        var held = new ArrayList<DrainMoves.Held>();
        Topics.describe(admin, topics(admin)).values().forEach(topic -> topic.partitions().stream().map(Topics.Layout::of)
                .forEach(layout -> held.add(new DrainMoves.Held(topic.name(), layout.partition(), layout.replicas()))));
        return held;
    }

    /** Partitions led, by broker. */
    private static Map<Integer, Integer> leads(Admin admin) {
        var leads = new HashMap<Integer, Integer>();
        Topics.describe(admin, topics(admin)).values().forEach(topic -> topic.partitions().stream().map(Topics.Layout::of)
                .forEach(layout -> {
                    Integer leader = layout.leader();
                    if (leader != null) {
                        leads.merge(leader, 1, Integer::sum);
                    }
                }));
        return leads;
    }

    static Map<TopicPartition, PartitionReassignment> underWay(Admin admin) {
        return Failures.await(admin.listPartitionReassignments().reassignments(), "moves of partitions");
    }

    private static void cordon(Admin admin, int node, boolean on) {
        Failures.await(
                admin.incrementalAlterConfigs(Map.of(ReplicaThrottle.broker(node), on ? ReplicaThrottle.set(CORDONED, "*") : ReplicaThrottle.delete(CORDONED))).all(),
                "broker " + node);
    }
}
