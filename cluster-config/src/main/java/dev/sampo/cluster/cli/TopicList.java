package dev.sampo.cluster.cli;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code topic list}. */
@Command(name = "list", description = "Topics with their partitions and replicas.")
final class TopicList extends ClientCommand {
    @Parameters(arity = "0..1", paramLabel = "REGEX", description = "Only topics whose whole name matches.")
    private String pattern = ".*";

    @Option(names = "--internal", description = "The cluster's own topics too.")
    private boolean internal;

    TopicList(Terminal terminal) {
        super(terminal);
    }

    record Row(String topic, int partitions, int replicas, boolean internal) {}

    @Override
    public Integer call() {
        Pattern wanted = regex(pattern);
        return withAdmin(admin -> {
            List<String> names = Failures.await(
                            admin.listTopics(new ListTopicsOptions().listInternal(internal)).names(), "the list of topics")
                    .stream()
                    .filter(name -> wanted.matcher(name).matches())
                    .sorted()
                    .toList();
            if (output.quiet()) {
                output.rows(terminal, names.stream().map(name -> new Row(name, 0, 0, false)).toList(), Row::topic);
                return ExitCode.OK;
            }
            output.rows(
                    terminal,
                    Topics.describe(admin, names).values().stream()
                            .map(topic -> new Row(
                                    topic.name(), topic.partitions().size(),
                                    topic.partitions().getFirst().replicas().size(), topic.isInternal()))
                            .toList(),
                    Row::topic);
            return ExitCode.OK;
        });
    }

    static Pattern regex(String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw CliException.usage("\"" + text + "\" is no regular expression: " + e.getDescription(), null);
        }
    }
}
