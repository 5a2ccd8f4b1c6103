package dev.sampo.cluster.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code config export} and {@code config apply}: what was set, as a JSON file that can be kept and brought back. */
final class ConfigFile {
    private ConfigFile() {}

    /** One entity of the file: what is set on it. */
    record Entity(String entity, Map<String, @Nullable String> config) {}

    /** {@code config export}. */
    @Command(name = "export", description = {
        "What was set on topics, groups and brokers, as JSON for config apply. Secrets are not known and left out."})
    static final class Export extends ClientCommand {
        @Parameters(arity = "0..*", paramLabel = "ENTITY", description = "topic/NAME, group/NAME, broker/ID, broker/default. Default: all.")
        private List<String> entities = List.of();

        Export(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            List<ConfigResource> named = entities.stream().map(Configs::entity).toList();
            return withAdmin(admin -> {
                var rows = new ArrayList<Entity>();
                for (ConfigResource resource : named.isEmpty() ? ConfigCommands.everything(admin) : named) {
                    var config = new TreeMap<String, @Nullable String>();
                    for (ConfigEntry entry : Configs.overrides(admin, resource).values()) {
                        if (!entry.isSensitive()) {
                            config.put(entry.name(), entry.value());
                        }
                    }
                    if (!config.isEmpty() || !named.isEmpty()) {
                        rows.add(new Entity(Configs.text(resource), config));
                    }
                }
                output.rows(terminal, rows, Entity::entity, () -> Json.document(terminal.out(), rows));
                return ExitCode.OK;
            });
        }
    }

    /** {@code config apply}. */
    @Command(name = "apply", description = {
        "Bring topics and brokers to what a file of config export says. Names that the file does not have stay,",
        "a value of null unsets."})
    static final class Apply extends ClientCommand {
        @Parameters(paramLabel = "FILE", description = "JSON as config export writes it; - reads standard input.")
        private Path file = Path.of("");

        @Option(names = "--check", description = "Change nothing; exit code 7 when it would change something.")
        private boolean check;

        @Option(names = "--prune", description = "Unset what was set on the file's entities and the file does not have.")
        private boolean prune;

        @Mixin
        private final Change change = new Change();

        Apply(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            List<Entity> wanted = read();
            boolean dryRun = check || change.dryRun();
            return withAdmin(admin -> {
                var changes = new ArrayList<Configs.Changed>();
                var outcomes = new Outcomes(terminal);
                for (Entity entity : wanted) {
                    outcomes.attempt(() -> {
                        ConfigResource resource = Configs.entity(entity.entity());
                        var values = new TreeMap<String, @Nullable String>(entity.config());
                        if (prune) {
                            Configs.overrides(admin, resource).keySet().forEach(name -> values.putIfAbsent(name, null));
                        }
                        changes.addAll(Configs.change(admin, resource, values, dryRun));
                    });
                }
                output.rows(
                        terminal, changes, row -> row.entity() + " " + row.name(),
                        () -> Configs.print(terminal, changes, dryRun));
                int code = outcomes.finish();
                boolean wouldChange = changes.stream().anyMatch(Configs.Changed::changed);
                return code == ExitCode.OK && check && wouldChange ? ExitCode.WOULD_CHANGE : code;
            });
        }

        private List<Entity> read() {
            try {
                byte[] bytes = file.toString().equals("-") ? terminal.in().readAllBytes() : Files.readAllBytes(file);
                return parse(new JsonMapper().readTree(bytes));
            } catch (NoSuchFileException e) {
                throw CliException.notFound("file " + file + " is not there", "sampo config export > " + file);
            } catch (IOException e) {
                throw CliException.failed("file " + file + " cannot be read: " + e.getMessage());
            } catch (JacksonException e) {
                throw CliException.usage("file " + file + " is no JSON: " + e.getOriginalMessage(), "sampo config export shows the form");
            }
        }

        private List<Entity> parse(JsonNode document) {
            var entities = new ArrayList<Entity>();
            if (!document.isArray()) {
                throw notExported("an array");
            }
            for (JsonNode node : document) {
                if (!node.path("entity").isString() || !node.path("config").isObject()) {
                    throw notExported("objects with entity and config");
                }
                var config = new TreeMap<String, @Nullable String>();
                for (Map.Entry<String, JsonNode> each : node.path("config").properties()) {
                    JsonNode value = each.getValue();
                    if (value.isContainer()) {
                        throw notExported("a text, number, true, false or null for " + each.getKey());
                    }
                    config.put(each.getKey(), value.isNull() ? null : value.asString());
                }
                String entity = node.path("entity").asString();
                Configs.entity(entity); // before anything is changed
                entities.add(new Entity(entity, config));
            }
            return entities;
        }

        private CliException notExported(String expected) {
            return CliException.usage(
                    "file " + file + " does not hold what config export writes: expected " + expected,
                    "sampo config export shows the form");
        }
    }
}
