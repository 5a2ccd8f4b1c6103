package dev.sampo.cluster.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topic alter-config}. */
@Command(name = "alter-config", description = "Set or unset configuration of a topic.")
final class TopicAlterConfig extends ClientCommand {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "Name.")
    private String topic = "";

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "NAME=VALUE", description = "What to set.")
    private List<String> sets = List.of();

    @Option(names = "--unset", paramLabel = "NAME", description = "Back to the default; repeatable.")
    private List<String> unsets = List.of();

    @Mixin
    private final Change change = new Change();

    TopicAlterConfig(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        Map<String, @Nullable String> wanted = wanted(sets, unsets);
        return withAdmin(admin -> {
            List<Configs.Changed> changes = Configs.change(
                    admin, new ConfigResource(ConfigResource.Type.TOPIC, topic), wanted, change.dryRun());
            output.rows(
                    terminal, changes, Configs.Changed::name, () -> Configs.print(terminal, changes, change.dryRun()));
            return ExitCode.OK;
        });
    }

    /** By name; null for what is to be unset. */
    static Map<String, @Nullable String> wanted(List<String> sets, List<String> unsets) {
        var wanted = new HashMap<String, @Nullable String>(Topics.pairs(sets));
        unsets.forEach(name -> wanted.put(name, null));
        if (wanted.isEmpty()) {
            throw CliException.usage("nothing to change", "NAME=VALUE or --unset NAME");
        }
        return wanted;
    }
}
