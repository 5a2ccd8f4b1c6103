package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import static java.util.Objects.requireNonNull;

/** {@code topic create}. */
@Command(name = "create", description = "Make topics; shows the leaders and replicas that were chosen.")
final class TopicCreate extends ClientCommand {
    private static final long PAUSE_NANOS = 10_000_000;
    private static final long LEADERS_NANOS = 3_000_000_000L;

    @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names.")
    private List<String> topics = List.of();

    @Option(names = {"-p", "--partitions"}, paramLabel = "N", description = "Partitions. Default: the broker's num.partitions.")
    private @Nullable Integer partitions;

    @Option(names = {"-r", "--replicas"}, paramLabel = "N",
            description = "Replicas of each partition. Default: the broker's default.replication.factor.")
    private @Nullable Short replicas;

    @Option(names = {"-c", "--config"}, paramLabel = "NAME=VALUE", description = "A topic configuration; repeatable.")
    private @Nullable List<String> configs;

    @Option(names = "--if-not-exists", description = "A topic that is there already is no failure.")
    private boolean ifNotExists;

    @Mixin
    private final Change change = new Change();

    TopicCreate(Terminal terminal) {
        super(terminal);
    }

    /** {@code created} is false in a dry run and for a topic that was there. */
    record Row(String topic, boolean created, int partitions, int replicas, List<Topics.Layout> layout) {}

    @Override
    public Integer call() {
        Map<String, String> settings = Topics.pairs(configs);
        return withAdmin(admin -> {
            CreateTopicsResult result = admin.createTopics(
                    topics.stream()
                            .map(name -> new NewTopic(name, Optional.ofNullable(partitions), Optional.ofNullable(replicas))
                                    .configs(settings))
                            .toList(),
                    new CreateTopicsOptions().validateOnly(change.dryRun()));
            var rows = new ArrayList<Row>();
            var outcomes = new Outcomes(terminal);
            for (String topic : topics) {
                outcomes.attempt(() -> rows.add(row(admin, result, topic)));
            }
            output.rows(terminal, rows, Row::topic, () -> print(rows));
            return outcomes.finish();
        });
    }

    private Row row(Admin admin, CreateTopicsResult result, String topic) {
        boolean created = !change.dryRun();
        try {
            requireNonNull(result.values().get(topic)).get();
        } catch (ExecutionException e) {
            if (!ifNotExists || !(e.getCause() instanceof TopicExistsException)) {
                throw Failures.of(e.getCause() == null ? e : e.getCause(), "topic " + topic);
            }
            created = false;
            return described(topic, created, Topics.describe(admin, topic));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliException.failed("interrupted");
        }
        if (change.dryRun()) {
            return new Row(
                    topic, false, Failures.await(result.numPartitions(topic), topic),
                    Failures.await(result.replicationFactor(topic), topic), List.of());
        }
        return described(topic, created, withLeaders(admin, topic));
    }

    private static Row described(String topic, boolean created, TopicDescription description) {
        List<Topics.Layout> layout = description.partitions().stream().map(Topics.Layout::of).toList();
        return new Row(topic, created, layout.size(), layout.getFirst().replicas().size(), layout);
    }

    /** A new topic needs a moment until the broker asked knows it, and its leaders. */
    private static TopicDescription withLeaders(Admin admin, String topic) {
        long deadline = System.nanoTime() + LEADERS_NANOS;
        while (true) {
            boolean isOver = System.nanoTime() - deadline > 0;
            try {
                TopicDescription description =
                        requireNonNull(admin.describeTopics(List.of(topic)).topicNameValues().get(topic)).get();
                if (isOver || description.partitions().stream().allMatch(p -> p.leader() != null && !p.leader().isEmpty())) {
                    return description;
                }
            } catch (ExecutionException e) {
                if (isOver || !(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw Failures.of(e.getCause() == null ? e : e.getCause(), "topic " + topic);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CliException.failed("interrupted");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void print(List<Row> rows) {
        for (Row row : rows) {
            String counts = row.partitions() + (row.partitions() == 1 ? " partition, " : " partitions, ")
                    + row.replicas() + (row.replicas() == 1 ? " replica" : " replicas");
            String verb = row.created() ? "created" : change.dryRun() ? "would create" : "is there already:";
            terminal.out().print(verb + " " + row.topic() + ": " + counts + "\n");
            Map<List<Object>, List<Integer>> alike = row.layout().stream().collect(Collectors.groupingBy(
                    layout -> List.of(String.valueOf(layout.leader()), layout.replicas()),
                    java.util.LinkedHashMap::new,
                    Collectors.mapping(Topics.Layout::partition, Collectors.toList())));
            alike.forEach((where, numbers) -> terminal.out().print("  partitions " + join(numbers) + ": leader "
                    + where.getFirst() + ", replicas " + join((List<?>) where.getLast()) + "\n"));
        }
    }

    private static String join(List<?> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
