package dev.sampo.cluster.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Where a command reads and writes.
 *
 * @param environment the process's variables
 * @param inIsTerminal a person types, so may be asked
 * @param outIsTerminal a person reads the answers
 * @param errIsTerminal a person reads what is written beside them: progress may overwrite its line
 */
public record Terminal(
        InputStream in,
        PrintStream out,
        PrintStream err,
        Map<String, String> environment,
        boolean inIsTerminal,
        boolean outIsTerminal,
        boolean errIsTerminal) {
    /** Set by the launcher, which knows at no cost: the digits of the file descriptors that are terminals. */
    private static final String PROPERTY = "sampo.terminal";

    private static final int BUFFER_BYTES = 64 * 1024;

    /** The process's own; UTF-8 whatever the locale. */
    public static Terminal ofProcess() {
        String terminals = System.getProperty(PROPERTY, "");
        return new Terminal(
                System.in,
                new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES), false, UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8),
                System.getenv(),
                terminals.contains("0"),
                terminals.contains("1"),
                terminals.contains("2"));
    }

    /** See no-color.org. */
    boolean mayColor() {
        return outIsTerminal && environment.getOrDefault("NO_COLOR", "").isEmpty();
    }
}
