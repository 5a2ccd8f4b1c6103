package dev.sampo.cluster.cli;

import org.jspecify.annotations.Nullable;

/** A command cannot do what it was asked: what, why, what to do, and with which exit code the process ends. */
public final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final @Nullable String code;
    private final @Nullable String why;
    private final @Nullable String remedy;

    /**
     * @param exitCode one of {@link ExitCode}
     * @param code Kafka's error name, or null when the error is not a broker's
     * @param what one line
     */
    CliException(int exitCode, @Nullable String code, String what, @Nullable String why, @Nullable String remedy) {
        super(what);
        this.exitCode = exitCode;
        this.code = code;
        this.why = why;
        this.remedy = remedy;
    }

    /** Something failed; the message says what and what to do. */
    public static CliException failed(@Nullable String what) {
        return new CliException(ExitCode.FAILED, null, String.valueOf(what), null, null);
    }

    /** The arguments cannot mean anything. */
    static CliException usage(String what, @Nullable String remedy) {
        return new CliException(ExitCode.USAGE, null, what, null, remedy);
    }

    /** What was named is not there. */
    static CliException notFound(String what, @Nullable String remedy) {
        return new CliException(ExitCode.NOT_FOUND, null, what, null, remedy);
    }

    int exitCode() {
        return exitCode;
    }

    @Nullable String code() {
        return code;
    }

    /** Up to three lines for a person, each ended. */
    String text() {
        var text = new StringBuilder("sampo: ").append(getMessage());
        if (code != null) {
            text.append(" (").append(code).append(')');
        }
        text.append('\n');
        if (why != null) {
            text.append("  why: ").append(why).append('\n');
        }
        if (remedy != null) {
            text.append("  try: ").append(remedy).append('\n');
        }
        return text.toString();
    }
}
