package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code cluster info}, {@code health} and {@code why}. */
final class ClusterCommands {
    private ClusterCommands() {}

    /** {@code cluster info}. */
    @Command(name = "info", description = "The cluster's id, brokers and controller.")
    static final class Info extends ClientCommand {
        Info(Terminal terminal) {
            super(terminal);
        }

        /** One broker as clients reach it. */
        record Broker(int broker, String host, int port, @Nullable String rack, boolean controller) {}

        /** {@code controller}: broker id, null for none. */
        record Cluster(String clusterId, @Nullable Integer controller, int topics, List<Broker> brokers) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                DescribeClusterResult cluster = admin.describeCluster();
                var topics = admin.listTopics(new ListTopicsOptions().listInternal(true)).names();
                Integer controller = id(Failures.await(cluster.controller(), "the controller"));
                List<Broker> brokers = Failures.await(cluster.nodes(), "the brokers").stream()
                        .sorted(Comparator.comparingInt(Node::id))
                        .map(node -> new Broker(
                                node.id(), node.host(), node.port(), node.rack(),
                                controller != null && node.id() == controller))
                        .toList();
                var row = new Cluster(
                        Failures.await(cluster.clusterId(), "the cluster's id"), controller,
                        Failures.await(topics, "the list of topics").size(), brokers);
                output.one(terminal, row, Cluster::clusterId, () -> {
                    terminal.out().print("cluster  " + row.clusterId() + "\n");
                    terminal.out().print("topics   " + row.topics() + "\n");
                    Table.print(terminal.out(), brokers, terminal.mayColor());
                });
                return ExitCode.OK;
            });
        }
    }

    /** {@code cluster health}. */
    @Command(name = "health", description = {
        "Counts of what is there and what is wrong. Exit code 1 when something does not work; cluster why says more."})
    static final class HealthCheck extends ClientCommand {
        HealthCheck(Terminal terminal) {
            super(terminal);
        }

        /** {@code healthy}: nothing is broken; warnings may be there. */
        record Counts(boolean healthy, int brokers, int topics, int partitions, int errors, int warnings) {}

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                Health.Picture picture = picture(admin);
                List<Health.Problem> problems = Health.problems(picture);
                int errors = (int) problems.stream().filter(each -> each.severity().equals("error")).count();
                var row = new Counts(
                        errors == 0, picture.brokers().size(),
                        (int) picture.partitions().stream().map(Health.Partition::topic).distinct().count(),
                        picture.partitions().size(), errors, problems.size() - errors);
                output.one(terminal, row, each -> each.healthy() ? "healthy" : "unhealthy", () -> {
                    Table.print(terminal.out(), List.of(row), terminal.mayColor());
                    terminal.out().print(problems.isEmpty() ? "" : "sampo cluster why tells what to do\n");
                });
                return errors == 0 ? ExitCode.OK : ExitCode.FAILED;
            });
        }
    }

    /** {@code cluster why}. */
    @Command(name = "why", description = {
        "What is wrong with the cluster, why, and what to do: offline or under-replicated partitions, disks, brokers."})
    static final class Why extends ClientCommand {
        Why(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return withAdmin(admin -> {
                List<Health.Problem> problems = Health.problems(picture(admin));
                output.rows(terminal, problems, Health.Problem::subject, () -> {
                    for (Health.Problem each : problems) {
                        terminal.out().print(each.severity() + ": " + each.problem() + ": " + each.subject() + "\n  why: "
                                + each.why() + "\n  try: " + each.remedy() + "\n");
                    }
                    terminal.out().print(problems.isEmpty() ? "nothing is wrong\n" : "");
                });
                return problems.stream().anyMatch(each -> each.severity().equals("error")) ? ExitCode.FAILED : ExitCode.OK;
            });
        }
    }

    private static @Nullable Integer id(@Nullable Node node) {
        return node == null || node.isEmpty() ? null : node.id();
    }

    private static Health.Picture picture(Admin admin) {
        DescribeClusterResult cluster = admin.describeCluster();
        List<Integer> brokers =
                Failures.await(cluster.nodes(), "the brokers").stream().map(Node::id).sorted().toList();
        Set<String> names =
                Failures.await(admin.listTopics(new ListTopicsOptions().listInternal(true)).names(), "the list of topics");
        Map<String, Integer> minInSync = minInSyncReplicas(admin, names);
        var partitions = new ArrayList<Health.Partition>();
        for (TopicDescription topic : Topics.describe(admin, names).values()) {
            topic.partitions().stream().map(Topics.Layout::of).forEach(layout -> partitions.add(new Health.Partition(
                    topic.name(), layout.partition(), layout.leader(), layout.replicas(), layout.inSyncReplicas(),
                    Math.min(minInSync.getOrDefault(topic.name(), 1), layout.replicas().size()))));
        }
        var disks = new ArrayList<Health.Disk>();
        admin.describeLogDirs(brokers).descriptions().forEach((broker, future) ->
                Failures.await(future, "the disks of broker " + broker).forEach((folder, description) ->
                        disks.add(disk(broker, folder, description))));
        return new Health.Picture(brokers, id(Failures.await(cluster.controller(), "the controller")), partitions, disks);
    }

    private static Map<String, Integer> minInSyncReplicas(Admin admin, Set<String> topics) {
        var values = new HashMap<String, Integer>();
        admin.describeConfigs(topics.stream()
                        .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                        .collect(Collectors.toSet()))
                .values()
                .forEach((resource, future) -> {
                    var entry = Failures.await(future, "topic " + resource.name()).get("min.insync.replicas");
                    values.put(resource.name(), entry == null ? 1 : Integer.parseInt(entry.value()));
                });
        return values;
    }

    private static Health.Disk disk(int broker, String folder, LogDirDescription description) {
        return new Health.Disk(
                broker, folder, description.error() == null ? null : description.error().getMessage(),
                description.totalBytes().orElse(-1), description.usableBytes().orElse(-1));
    }
}
