package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs about the command line itself. */
final class MetaCommands {
    private MetaCommands() {}

    /** {@code version}. */
    @Command(name = "version", description = "Versions of Sampo, of Java, and of the Kafka client in it.")
    static final class ShowVersion implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final Output output = new Output();

        @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
        @SuppressWarnings("UnusedVariable") // picocli acts on it
        private boolean help;

        ShowVersion(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            Version version = Version.current();
            output.one(terminal, version, Version::sampo, () -> terminal.out().print("sampo " + version.sampo()
                    + "\njava " + version.java() + "\nkafka-clients " + version.kafkaClients() + "\n"));
            return ExitCode.OK;
        }
    }

    /** {@code help}. */
    @Command(name = "help", description = "Help for a command: help topic create. help exit-codes: what scripts get.")
    static final class Help implements Callable<Integer> {
        private final Terminal terminal;
        private final CommandTree tree;

        @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "A command, or exit-codes.")
        private List<String> words = new ArrayList<>();

        Help(Terminal terminal, CommandTree tree) {
            this.terminal = terminal;
            this.tree = tree;
        }

        @Override
        public Integer call() {
            if (words.equals(List.of("exit-codes"))) {
                terminal.out().print(ExitCode.TABLE);
                return ExitCode.OK;
            }
            CommandLine line = Cli.configure(tree.whole(), terminal);
            for (String word : words) {
                CommandLine next = line.getSubcommands().get(word);
                if (next == null) {
                    throw CliException.usage("unknown command " + String.join(" ", words), "sampo --help lists all");
                }
                line = next;
            }
            terminal.out().print(line.getUsageMessage(line.getColorScheme()));
            return ExitCode.OK;
        }
    }

    /** {@code completion}. */
    @Command(name = "completion", mixinStandardHelpOptions = true, description = {
        "A script that completes commands, options, and names of topics and groups.",
        "bash: source <(sampo completion bash)      zsh: source <(sampo completion zsh)"})
    static final class Completion implements Callable<Integer> {
        /** Asks a broker for names, for a second at most, where picocli's script knows nothing. */
        private static final String NAMES = """

                # Names of topics and groups, from the broker that SAMPO_BOOTSTRAP names.
                function _complete_sampo_names() {
                  _complete_sampo "$@"
                  local current="${COMP_WORDS[COMP_CWORD]}" list=
                  [ ${#COMPREPLY[@]} -eq 0 ] && [ "${current#-}" = "$current" ] || return 0
                  case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in
                    "topic create"*|"topic list"*) return 0 ;;
                    topic\\ *|produce\\ *|consume\\ *|tail\\ *) list=topic ;;
                    group\\ *) list=group ;;
                    *) return 0 ;;
                  esac
                  COMPREPLY=( $(compgen -W "$("${COMP_WORDS[0]}" $list list --quiet --timeout 1s 2>/dev/null)" -- "$current") )
                }
                complete -F _complete_sampo_names -o default sampo
                """;

        /** Names as typed. */
        enum Shell {
            bash,
            zsh
        }

        private final Terminal terminal;
        private final CommandTree tree;

        @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
        private Shell shell = Shell.bash;

        Completion(Terminal terminal, CommandTree tree) {
            this.terminal = terminal;
            this.tree = tree;
        }

        @Override
        public Integer call() {
            // zsh reads bash's form after this; picocli's script has the same in it, for when it is sourced.
            String begin = shell == Shell.zsh ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
            terminal.out().print(begin + AutoComplete.bash("sampo", tree.whole()) + NAMES);
            return ExitCode.OK;
        }
    }
}
