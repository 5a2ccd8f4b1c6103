package dev.sampo.cluster.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * All verbs. Making a command's description costs a few milliseconds at start, so only the one that the arguments name
 * is made, unless they name none.
 */
final class CommandTree {
    private final Map<String, Supplier<Callable<Integer>>> verbs = new LinkedHashMap<>();
    private final Map<String, String> nouns = new LinkedHashMap<>();

    CommandTree(Terminal terminal, Brokers brokers) {
        verbs.put("dev", () -> new BrokerCommands.Dev(terminal, brokers));
        verbs.put("server", () -> new BrokerCommands.Server(terminal, brokers));
        verbs.put("train", () -> new BrokerCommands.Train(brokers));
        verbs.put("train-commands", () -> new TrainCommands(terminal, brokers));
        nouns.put("topic", "Topics: list, create, describe, change, delete.");
        verbs.put("topic list", () -> new TopicList(terminal));
        verbs.put("topic create", () -> new TopicCreate(terminal));
        verbs.put("topic describe", () -> new TopicDescribe(terminal));
        verbs.put("produce", () -> new Produce(terminal));
        verbs.put("consume", () -> new Consume.From(terminal));
        verbs.put("tail", () -> new Consume.Tail(terminal));
    }

    /** Names of all verbs with their noun, as typed. */
    List<String> names() {
        return List.copyOf(verbs.keySet());
    }

    /** With everything, for help and completion. */
    CommandLine whole() {
        return line(verbs.keySet());
    }

    /** With what these arguments need. */
    CommandLine forArguments(List<String> arguments) {
        for (int words = 2; words >= 1; words--) {
            if (arguments.size() >= words) {
                String name = String.join(" ", arguments.subList(0, words));
                if (verbs.containsKey(name)) {
                    return line(List.of(name));
                }
            }
        }
        return whole();
    }

    private CommandLine line(Iterable<String> wanted) {
        var root = new CommandLine(new Root());
        for (String name : wanted) {
            CommandLine parent = root;
            int space = name.indexOf(' ');
            if (space > 0) {
                String noun = name.substring(0, space);
                parent = root.getSubcommands().get(noun);
                if (parent == null) {
                    parent = new CommandLine(new Noun());
                    parent.getCommandSpec().name(noun);
                    parent.getCommandSpec().usageMessage().description(nouns.getOrDefault(noun, ""));
                    root.addSubcommand(noun, parent);
                }
            }
            Supplier<Callable<Integer>> verb = verbs.get(name);
            if (verb != null) {
                // A command's own arguments follow train's: they are not train's.
                parent.addSubcommand(
                        name.substring(space + 1), new CommandLine(verb.get()).setStopAtPositional(name.equals("train")));
            }
        }
        return root;
    }

    /** {@code sampo} alone. */
    @Command(name = "sampo", description = "An event-streaming broker that every Kafka client can use, and its command line.",
            footer = {"", "sampo COMMAND --help tells more; sampo help exit-codes lists what scripts get."})
    static final class Root extends Noun {
        @Option(names = {"-V", "--version"}, description = "Same as sampo version.")
        private boolean version;

        @Override
        public Integer call() {
            if (version) {
                spec.commandLine().getOut().println(Version.current().sampo());
                return ExitCode.OK;
            }
            return super.call();
        }
    }

    /** What groups verbs: alone it is not a command. */
    @Command
    static class Noun implements Callable<Integer> {
        @Spec
        CommandSpec spec = CommandSpec.create();

        @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
        @SuppressWarnings("UnusedVariable") // picocli acts on it
        private boolean help;

        @Override
        public Integer call() {
            throw new ParameterException(spec.commandLine(), "a command is missing");
        }
    }
}
