package dev.sampo.cluster.cli;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code consume}: reads on until told to stop; {@code tail} is the same from the end. */
@Command(name = "consume", description = {
    "Read records of a topic, and go on with new ones until Ctrl-C, --num or --until."})
class Consume extends ClientCommand {
    @Parameters(arity = "1", paramLabel = "TOPIC", description = "Where from.")
    private String topic = "";

    @Option(names = {"-p", "--partition"}, paramLabel = "N", description = "Only this partition; repeatable.")
    private List<Integer> partitions = List.of();

    @Option(names = {"-g", "--group"}, paramLabel = "GROUP", description = {
        "As a member of this group: goes on where the group is, and commits what was shown."})
    private @Nullable String group;

    @Option(names = {"-n", "--num"}, paramLabel = "N", description = "Stop after so many records.")
    private long num = Long.MAX_VALUE;

    @Option(names = "--until", paramLabel = "POSITION",
            description = "Stop at: end (as it is now), an offset, or @TIME; exclusive.")
    private @Nullable String until;

    @Option(names = "--grep", paramLabel = "REGEX", description = "Only records with a match in key or value.")
    private @Nullable String grep;

    @Option(names = {"-f", "--format"}, paramLabel = "FORMAT", description = {
        "How to show records: %%k key, %%v value, %%h headers, %%t topic, %%p partition, %%o offset, %%d time in ms,",
        "%%e leader epoch; \\n \\t \\\\ \\xHH. Default: '%%v\\n'."})
    private @Nullable String format;

    Consume(Terminal terminal) {
        super(terminal);
    }

    /** Where to begin; null means at the start, or where the group is. */
    @Nullable String offset() {
        return null;
    }

    @Override
    public Integer call() {
        if (num < 1) {
            throw CliException.usage("--num " + num + " is no number of records", "1 or more");
        }
        if (format != null && output.format() != Output.Format.table) {
            throw CliException.usage("--format and --output " + output.format() + " exclude each other", "one of them");
        }
        long nowMs = System.currentTimeMillis();
        String from = offset();
        var request = new ConsumeRun.Request(
                topic, partitions, group, from == null ? null : Position.parse("--offset", from, nowMs),
                until == null ? null : Position.parse("--until", until, nowMs), num,
                grep == null ? null : TopicList.regex(grep));
        RecordFormat text = RecordFormat.parse(format == null ? "%v\\n" : format);
        return new ConsumeRun(terminal, output, connection, request, text).run();
    }

    /** {@code consume} itself: begins anywhere. */
    @Command(name = "consume", description = {
        "Read records of a topic, and go on with new ones until Ctrl-C, --num or --until."})
    static final class From extends Consume {
        @Option(names = "--offset", paramLabel = "POSITION", description = {
            "Begin at: start, end, an offset, -N (the last N of each partition), @TIME.",
            "Default: start; with --group where the group is, and this only where it has no offset."})
        private @Nullable String offset;

        From(Terminal terminal) {
            super(terminal);
        }

        @Override
        @Nullable String offset() {
            return offset;
        }
    }

    /** {@code tail}. */
    @Command(name = "tail", description = "Follow a topic from its end; -n stops after so many records.")
    static final class Tail extends Consume {
        Tail(Terminal terminal) {
            super(terminal);
        }

        @Override
        String offset() {
            return "end";
        }
    }

    /** The pattern's use, in one place. */
    static boolean matches(@Nullable Pattern grep, byte @Nullable [] bytes) {
        return grep == null
                || (bytes != null && grep.matcher(new String(bytes, java.nio.charset.StandardCharsets.UTF_8)).find());
    }
}
