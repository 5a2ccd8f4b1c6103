package dev.sampo.cluster.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import picocli.CommandLine.Option;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Options of a command that changes something. */
final class Change {
    @Option(names = "--dry-run", order = 70, description = "Show what would change, and change nothing.")
    private boolean dryRun;

    boolean dryRun() {
        return dryRun;
    }

    /** The option of a command that cannot be undone. */
    static final class Confirmation {
        @Option(names = {"-y", "--yes"}, order = 71, description = "Do not ask: for scripts.")
        private boolean yes;

        /**
         * Lets a person type the name of what will be gone; a script must have said {@code --yes}.
         *
         * @param what a sentence, as in "This deletes topic orders and its records"
         * @throws CliException nobody agreed
         */
        void ask(Terminal terminal, String what, String name) {
            if (yes) {
                return;
            }
            if (!terminal.inIsTerminal()) {
                throw CliException.usage(what + ": that cannot be undone and nobody can be asked here", "--yes, or first --dry-run");
            }
            terminal.err().print(what + ". That cannot be undone.\nType " + name + " to go on: ");
            terminal.err().flush();
            String typed;
            try {
                typed = new BufferedReader(new InputStreamReader(terminal.in(), UTF_8)).readLine();
            } catch (IOException e) {
                throw CliException.failed("the answer cannot be read: " + e.getMessage());
            }
            if (!name.equals(typed)) {
                throw CliException.failed("nothing was changed: \"" + typed + "\" was typed, not " + name);
            }
        }
    }
}
