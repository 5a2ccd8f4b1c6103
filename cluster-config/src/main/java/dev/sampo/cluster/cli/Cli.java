package dev.sampo.cluster.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Runs one command of the line. */
public final class Cli {
    private static final int USAGE_WIDTH = 110;

    private Cli() {}

    /** Returns the exit code, one of {@link ExitCode}; everything is told before. */
    public static int run(List<String> arguments, Terminal terminal, Brokers brokers) {
        if (arguments.size() == 3 && arguments.subList(0, 2).equals(List.of("server", "--config"))) {
            // What services start, without the parser: none of its classes fits in a start-up cache, so it takes 0.3 s.
            try {
                brokers.server(Path.of(arguments.getLast()), terminal);
                return ExitCode.OK;
            } catch (CliException failure) {
                return tell(failure, terminal);
            }
        }
        return configure(new CommandTree(terminal, brokers).forArguments(arguments), terminal)
                .execute(arguments.toArray(String[]::new));
    }

    /** Behaviour that all commands share. */
    static CommandLine configure(CommandLine line, Terminal terminal) {
        return line.registerConverter(Duration.class, new Durations())
                .setOut(new PrintWriter(terminal.out(), true, UTF_8))
                .setErr(new PrintWriter(terminal.err(), true, UTF_8))
                .setColorScheme(Help.defaultColorScheme(terminal.mayColor() ? Help.Ansi.ON : Help.Ansi.OFF))
                .setUsageHelpWidth(USAGE_WIDTH)
                .setAbbreviatedOptionsAllowed(false)
                .setParameterExceptionHandler((wrong, _) -> tell(usage(wrong), terminal))
                .setExecutionExceptionHandler((failure, _, _) -> {
                    if (failure instanceof CliException told) {
                        return tell(told, terminal);
                    }
                    throw failure;
                });
    }

    private static int tell(CliException failure, Terminal terminal) {
        terminal.out().flush();
        terminal.err().print(failure.text());
        terminal.err().flush();
        return failure.exitCode();
    }

    private static CliException usage(ParameterException wrong) {
        String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
        String help = command + " --help";
        if (wrong instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
            String word = unmatched.getUnmatched().getFirst();
            boolean isVerb = !wrong.getCommandLine().getSubcommands().isEmpty() && !word.startsWith("-");
            List<String> alike = unmatched.getSuggestions().stream().limit(3).toList();
            return CliException.usage(
                    (isVerb ? "unknown command " : word.startsWith("-") ? "unknown option " : "too many arguments: ")
                            + (isVerb ? (command + " " + word).substring("sampo ".length()) : word),
                    alike.isEmpty()
                            ? help
                            : "did you mean " + alike.stream().map(Cli::withoutLabel).collect(Collectors.joining(" or ")) + "? "
                                    + help + " lists all");
        }
        String what = String.valueOf(wrong.getMessage());
        return CliException.usage(Character.toLowerCase(what.charAt(0)) + what.substring(1), help);
    }

    /** picocli suggests options with their parameter. */
    private static String withoutLabel(String suggestion) {
        return suggestion.replaceAll("[=\\[ ].*", "");
    }
}
