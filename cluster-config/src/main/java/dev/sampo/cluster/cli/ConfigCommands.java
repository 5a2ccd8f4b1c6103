package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code config get}, {@code set} and {@code diff}; {@code topic diff}. */
final class ConfigCommands {
    private static final String ENTITY = "topic/NAME, group/NAME, broker/ID or broker/default.";

    private ConfigCommands() {}

    /** {@code config get}. */
    @Command(name = "get", description = "Configuration of a topic, group or broker, with where each value comes from.")
    static final class Get extends ClientCommand {
        @Parameters(index = "0", paramLabel = "ENTITY", description = ENTITY)
        private String entity = "";

        @Parameters(index = "1..*", arity = "0..*", paramLabel = "NAME", description = "Only these names.")
        private List<String> names = List.of();

        Get(Terminal terminal) {
            super(terminal);
        }

        /** {@code value} is null for secrets and where there is none. */
        record Row(String entity, String name, @Nullable String value, String source, boolean sensitive, boolean readOnly) {}

        @Override
        public Integer call() {
            ConfigResource resource = Configs.entity(entity);
            return withAdmin(admin -> {
                Map<String, ConfigEntry> entries = Configs.describe(admin, resource);
                for (String name : names) {
                    if (!entries.containsKey(name)) {
                        throw CliException.notFound(
                                entity + " has no configuration " + name, "sampo config get " + entity + " lists all");
                    }
                }
                List<Row> rows = entries.values().stream()
                        .filter(entry -> names.isEmpty() || names.contains(entry.name()))
                        .map(entry -> new Row(
                                entity, entry.name(), entry.value(), Configs.source(entry), entry.isSensitive(),
                                entry.isReadOnly()))
                        .toList();
                output.rows(terminal, rows, Row::name);
                return ExitCode.OK;
            });
        }
    }

    /** {@code config set}. */
    @Command(name = "set", description = "Set or unset configuration of a topic, group or broker.")
    static final class Set extends ClientCommand {
        @Parameters(index = "0", paramLabel = "ENTITY", description = ENTITY)
        private String entity = "";

        @Parameters(index = "1..*", arity = "0..*", paramLabel = "NAME=VALUE", description = "What to set.")
        private List<String> sets = List.of();

        @Option(names = "--unset", paramLabel = "NAME", description = "Back to the default; repeatable.")
        private List<String> unsets = List.of();

        @Mixin
        private final Change change = new Change();

        Set(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            ConfigResource resource = Configs.entity(entity);
            Map<String, @Nullable String> wanted = TopicAlterConfig.wanted(sets, unsets);
            return withAdmin(admin -> {
                List<Configs.Changed> changes = Configs.change(admin, resource, wanted, change.dryRun());
                output.rows(
                        terminal, changes, Configs.Changed::name, () -> Configs.print(terminal, changes, change.dryRun()));
                return ExitCode.OK;
            });
        }
    }

    /** {@code config diff}. */
    @Command(name = "diff", description = "What is not at its default.")
    static final class Diff extends ClientCommand {
        @Parameters(arity = "1..*", paramLabel = "ENTITY", description = ENTITY)
        private List<String> entities = List.of();

        Diff(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return diff(this, entities.stream().map(Configs::entity).toList());
        }
    }

    /** {@code topic diff}. */
    @Command(name = "diff", description = "Configuration of topics that is not at its default.")
    static final class TopicDiff extends ClientCommand {
        @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names.")
        private List<String> topics = List.of();

        TopicDiff(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            return diff(
                    this, topics.stream().map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic)).toList());
        }
    }

    private static int diff(ClientCommand command, List<ConfigResource> resources) {
        return command.withAdmin(admin -> {
            var rows = new ArrayList<Configs.Difference>();
            var outcomes = new Outcomes(command.terminal);
            for (ConfigResource resource : resources) {
                outcomes.attempt(() -> rows.addAll(Configs.differences(admin, resource)));
            }
            command.output.rows(command.terminal, rows, Configs.Difference::name);
            return outcomes.finish();
        });
    }

    /** All topics, all brokers, and what all brokers share. */
    static List<ConfigResource> everything(Admin admin) {
        var resources = new ArrayList<ConfigResource>();
        resources.add(new ConfigResource(ConfigResource.Type.BROKER, ""));
        Failures.await(admin.describeCluster().nodes(), "the list of brokers").stream()
                .map(node -> new ConfigResource(ConfigResource.Type.BROKER, node.idString()))
                .forEach(resources::add);
        Failures.await(admin.listTopics().names(), "the list of topics").stream()
                .sorted()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .forEach(resources::add);
        Failures.await(
                        admin.listConfigResources(java.util.Set.of(ConfigResource.Type.GROUP), new ListConfigResourcesOptions()).all(),
                        "the list of groups with configuration").stream()
                .sorted(Comparator.comparing(ConfigResource::name))
                .forEach(resources::add);
        return resources;
    }
}
