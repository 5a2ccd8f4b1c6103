package dev.sampo.cluster.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Options of a command that changes something. */
final class Change {
    @Option(names = "--dry-run", order = 70, description = "Show what would change, and change nothing.")
    private boolean dryRun;

    boolean dryRun() {
        return dryRun;
    }

    /** The option of a command that asks first. */
    static final class Confirmation {
        @Option(names = {"-y", "--yes"}, order = 71, description = "Do not ask: for scripts.")
        private boolean yes;

        /**
         * Lets a person agree to what takes long but can be taken back; a script must have said {@code --yes}.
         *
         * @param what a sentence, as in "This moves 12 partitions"
         * @throws CliException nobody agreed
         */
        void agree(Terminal terminal, String what) {
            if (yes) {
                return;
            }
            if (!terminal.inIsTerminal()) {
                throw CliException.usage(what + ", and nobody can be asked here", "--yes, or first --dry-run");
            }
            terminal.err().print(what + ".\nType yes to go on: ");
            terminal.err().flush();
            if (!"yes".equals(typed(terminal))) {
                throw CliException.failed("nothing was changed: yes was not typed");
            }
        }

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
            String typed = typed(terminal);
            if (!name.equals(typed)) {
                throw CliException.failed("nothing was changed: \"" + typed + "\" was typed, not " + name);
            }
        }

        private static @Nullable String typed(Terminal terminal) {
            try {
                return new BufferedReader(new InputStreamReader(terminal.in(), UTF_8)).readLine();
            } catch (IOException e) {
                throw CliException.failed("the answer cannot be read: " + e.getMessage());
            }
        }
    }
}
