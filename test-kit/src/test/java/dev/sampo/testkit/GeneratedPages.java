package dev.sampo.testkit;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.ConfigDefinition;
import dev.sampo.actors.config.TopicConfigs;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/** The pages below {@code docs/} that are made from the code: every setting, every API. */
final class GeneratedPages {
    /** What makes them anew, from the project's folder. */
    static final String COMMAND = "mvn -q -B -pl test-kit -am test -Dtest=GeneratedPagesIT -Dsampo.docs.write=true"
            + " -Dsurefire.failIfNoSpecifiedTests=false";

    private static final String MADE = "<!-- Made by `" + COMMAND + "`: do not edit. -->\n";

    /** Wiring between modules, which nobody changes in a configuration file. */
    private static final Pattern WIRING = Pattern.compile(
            ".*\\.(class|type|executor|plugin-dispatcher|replay-dispatcher|loop-index|journal|snapshot-store)"
                    + "|sampo\\.serialization\\..*");

    private GeneratedPages() {}

    /** The folder of the whole project, from where a module's tests run. */
    static Path project() {
        try {
            Path classes = Path.of(GeneratedPages.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path folder = Path.of("").toAbsolutePath();
            while (folder != null && !Files.exists(folder.resolve("test-kit").resolve("pom.xml"))) {
                folder = folder.getParent();
            }
            return Objects.requireNonNull(folder, () -> "no project folder above " + Path.of("").toAbsolutePath()
                    + " (classes in " + classes + ")");
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- settings

    static String settings(Path project) throws IOException {
        var page = new StringBuilder("# Settings\n\n").append(MADE).append("""

                Kafka's names stand in a `server.properties`, or below `sampo.kafka` in a HOCON file; Sampo's own (`sampo.…`) in
                either. Durations take units (`500ms`, `10s`, `7d`), sizes too (`64KiB`).

                ## Sampo's own
                """);
        for (String module : modules(project)) {
            for (String name : List.of("reference.conf", "application.conf")) {
                Path file = project.resolve(module).resolve("src/main/resources").resolve(name);
                if (Files.exists(file)) {
                    var rows = new ArrayList<String>();
                    ConfigValue sampo = ConfigFactory.parseFile(file.toFile()).root().get("sampo");
                    if (sampo != null) {
                        rows(file.toFile(), "sampo", sampo, "", rows);
                    }
                    if (!rows.isEmpty()) {
                        page.append("\n### ").append(module).append("\n\n| key | default | meaning |\n|---|---|---|\n");
                        rows.forEach(page::append);
                    }
                }
            }
        }
        page.append("""

                ## Broker settings under Kafka's names

                These change what Sampo does. Every other name of Kafka 4.4 is known: the log says that it has no effect, or the
                start is refused where ignoring it would cost data or safety.

                | name | type | default | meaning (Kafka's words) |
                |---|---|---|---|
                """);
        BrokerConfigs.HONOURED.forEach(name -> page.append(row(definition(BrokerConfigs.definitions(), name))));
        page.append("""

                ## Topic settings

                | name | type | default | default taken from | meaning (Kafka's words) |
                |---|---|---|---|---|
                """);
        TopicConfigs.definitions().values().stream()
                .filter(topic -> TopicConfigs.acts(topic.name()))
                .sorted(Comparator.comparing(ConfigDefinition::name))
                .forEach(topic -> page.append("| `%s` | %s | %s | %s | %s |\n".formatted(
                        topic.name(), type(topic), value(topic.defaultValue()),
                        topic.synonyms().stream().map(synonym -> "`" + synonym.name() + "`").collect(Collectors.joining(", ")),
                        sentence(topic.documentation()))));
        return page.toString();
    }

    private static List<String> modules(Path project) throws IOException {
        Matcher module = Pattern.compile("<module>([^<]+)</module>").matcher(Files.readString(project.resolve("pom.xml")));
        return module.results().map(found -> found.group(1)).toList();
    }

    /** In the order of the file; only what stands in this file, not what it includes. */
    private static void rows(File file, String path, ConfigValue value, String ofGroup, List<String> rows) {
        String own = value.origin().comments().stream().map(String::strip).collect(Collectors.joining(" "));
        String comment = own.isEmpty() ? ofGroup : own;
        if (value instanceof ConfigObject object) {
            var entries = new ArrayList<>(object.entrySet());
            entries.sort(Comparator.comparingInt(entry -> entry.getValue().origin().lineNumber()));
            String inherited = path.equals("sampo") ? "" : comment;
            for (Map.Entry<String, ConfigValue> entry : entries) {
                int before = rows.size();
                rows(file, path + "." + entry.getKey(), entry.getValue(), inherited, rows);
                if (rows.size() > before) {
                    inherited = "as above";
                }
            }
            return;
        }
        String filename = value.origin().filename();
        if (WIRING.matcher(path).matches() || filename == null
                || !Path.of(filename).toAbsolutePath().equals(file.toPath().toAbsolutePath())) {
            return;
        }
        String text = value.render(ConfigRenderOptions.concise()).replaceAll("^\"(.*)\"$", "$1");
        if (text.startsWith("${")) {
            return; // a copy of another setting
        }
        rows.add("| `%s` | %s | %s |\n".formatted(path, value(text), cell(comment)));
    }

    private static String row(ConfigDefinition definition) {
        return "| `%s` | %s | %s | %s |\n".formatted(
                definition.name(), type(definition), value(definition.defaultValue()), sentence(definition.documentation()));
    }

    private static ConfigDefinition definition(Map<String, ConfigDefinition> all, String name) {
        return Objects.requireNonNull(all.get(name), name);
    }

    private static String type(ConfigDefinition definition) {
        return definition.type().toString().toLowerCase(java.util.Locale.ROOT);
    }

    private static String value(@Nullable String text) {
        return text == null ? "none" : text.isEmpty() ? "empty" : "`" + text.replace("|", "\\|") + "`";
    }

    /** The first sentence, without markup. */
    private static String sentence(String documentation) {
        String text = documentation.replaceAll("<[^>]+>", "").replaceAll("\\s+", " ").strip();
        int end = text.indexOf(". ");
        return cell(end < 0 ? text : text.substring(0, end + 1));
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }

    // ---- APIs

    /** @param served as a running broker tells its clients */
    static String apis(Map<Short, ApiVersion> served) {
        var page = new StringBuilder("# Kafka APIs\n\n").append(MADE).append("""

                What a broker tells its clients in ApiVersions, beside the stable versions of a Kafka 4.4 broker. A key that is not
                served is not advertised, so that clients do without it or say plainly what is missing.

                | key | API | Sampo | Kafka 4.4 | note |
                |---|---|---|---|---|
                """);
        int count = 0;
        for (ApiKeys key : ApiKeys.values()) {
            if (!key.inScope(ListenerType.BROKER) || !key.hasValidVersion()) {
                continue;
            }
            ApiVersion sampo = served.get(key.id);
            short kafkaMin = key == ApiKeys.PRODUCE ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION : key.oldestVersion();
            short kafkaMax = key.latestVersion(false);
            count += sampo == null ? 0 : 1;
            page.append("| %d | %s | %s | %s | %s |\n".formatted(
                    (int) key.id, key.name, sampo == null ? "-" : range(sampo.minVersion(), sampo.maxVersion()),
                    kafkaMin > kafkaMax ? "unstable" : range(kafkaMin, kafkaMax), note(key, sampo, kafkaMin, kafkaMax)));
        }
        return page.append("\n").append(count).append(" keys are served.\n").toString();
    }

    private static String note(ApiKeys key, @Nullable ApiVersion sampo, short kafkaMin, short kafkaMax) {
        if (sampo == null) {
            return "not served";
        } else if (key == ApiKeys.PRODUCE) {
            return "0 to 2 are advertised and refused, as Kafka does: older librdkafka derives features from the range";
        }
        return sampo.minVersion() == kafkaMin && sampo.maxVersion() == kafkaMax ? "" : "fewer versions than Kafka";
    }

    private static String range(short from, short to) {
        return from == to ? Short.toString(from) : from + "-" + to;
    }
}
