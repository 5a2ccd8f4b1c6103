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
        verbs.put("topic delete", () -> new TopicDelete(terminal));
        verbs.put("topic alter-config", () -> new TopicAlterConfig(terminal));
        verbs.put("topic add-partitions", () -> new TopicAddPartitions(terminal));
        verbs.put("topic trim", () -> new TopicTrim(terminal));
        verbs.put("topic diff", () -> new ConfigCommands.TopicDiff(terminal));
        verbs.put("produce", () -> new Produce(terminal));
        verbs.put("consume", () -> new Consume.From(terminal));
        verbs.put("tail", () -> new Consume.Tail(terminal));
        nouns.put("group", "Consumer groups: list, describe, lag, rebalances, move, delete.");
        verbs.put("group list", () -> new GroupCommands.GroupList(terminal));
        verbs.put("group describe", () -> new GroupCommands.GroupDescribe(terminal));
        verbs.put("group lag", () -> new GroupLag(terminal));
        verbs.put("group rebalances", () -> new GroupRebalances(terminal));
        verbs.put("group seek", () -> new GroupSeek(terminal));
        verbs.put("group delete", () -> new GroupCommands.GroupDelete(terminal));
        verbs.put("group offset-delete", () -> new GroupCommands.OffsetDelete(terminal));
        nouns.put("config", "Configuration of topics and brokers: get, set, diff, export, apply.");
        verbs.put("config get", () -> new ConfigCommands.Get(terminal));
        verbs.put("config set", () -> new ConfigCommands.Set(terminal));
        verbs.put("config diff", () -> new ConfigCommands.Diff(terminal));
        verbs.put("config export", () -> new ConfigFile.Export(terminal));
        verbs.put("config apply", () -> new ConfigFile.Apply(terminal));
        nouns.put("cluster", "The cluster: info, health, why something is wrong, who keeps the metadata.");
        verbs.put("cluster info", () -> new ClusterCommands.Info(terminal));
        verbs.put("cluster health", () -> new ClusterCommands.HealthCheck(terminal));
        verbs.put("cluster why", () -> new ClusterCommands.Why(terminal));
        verbs.put("cluster quorum", () -> new QuorumCommand(terminal));
        nouns.put("node", "Brokers of a cluster: list, drain, undrain, remove.");
        verbs.put("node list", () -> new NodeCommands.NodeList(terminal));
        verbs.put("node drain", () -> new NodeCommands.Drain(terminal));
        verbs.put("node undrain", () -> new NodeCommands.Undrain(terminal));
        verbs.put("node remove", () -> new NodeCommands.Remove(terminal));
        nouns.put("balance", "Replicas, bytes and leaders spread evenly over the brokers: plan, apply, cancel.");
        verbs.put("balance plan", () -> new BalanceCommands.Plan(terminal));
        verbs.put("balance apply", () -> new BalanceCommands.Apply(terminal));
        verbs.put("balance cancel", () -> new BalanceCommands.Cancel(terminal));
        nouns.put("log", "Segment files of Sampo or Kafka, read without a broker: dump, verify.");
        verbs.put("log dump", () -> new LogCommands.Dump(terminal));
        verbs.put("log verify", () -> new LogCommands.Verify(terminal));
        verbs.put("completion", () -> new MetaCommands.Completion(terminal, this));
        verbs.put("version", () -> new MetaCommands.ShowVersion(terminal));
        verbs.put("help", () -> new MetaCommands.Help(terminal, this));
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
