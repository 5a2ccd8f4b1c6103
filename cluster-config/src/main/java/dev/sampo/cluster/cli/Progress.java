package dev.sampo.cluster.cli;

import java.util.Locale;

/**
 * How far a long work is: a bar that overwrites itself on a terminal, a plain line now and then elsewhere. Says nothing
 * in the first second.
 */
final class Progress implements AutoCloseable {
    private static final int WIDTH = 30;
    private static final long TERMINAL_NANOS = 200_000_000L;
    private static final long PLAIN_NANOS = 5_000_000_000L;
    private static final long QUIET_NANOS = 1_000_000_000L;
    private static final double MIB = 1024 * 1024;

    private final Terminal terminal;
    private final String what;
    private final long totalBytes;
    private final long startedNanos;
    private long doneBytes;
    private long toldNanos;
    private boolean onLine;

    Progress(Terminal terminal, String what, long totalBytes) {
        this.terminal = terminal;
        this.what = what;
        this.totalBytes = totalBytes;
        this.startedNanos = System.nanoTime();
        this.toldNanos = startedNanos + QUIET_NANOS - (terminal.errIsTerminal() ? TERMINAL_NANOS : PLAIN_NANOS);
    }

    void add(long bytes) {
        doneBytes += bytes;
        long now = System.nanoTime();
        if (now - toldNanos >= (terminal.errIsTerminal() ? TERMINAL_NANOS : PLAIN_NANOS)) {
            toldNanos = now;
            String line = line(what, doneBytes, totalBytes, now - startedNanos, terminal.errIsTerminal());
            terminal.err().print(terminal.errIsTerminal() ? "\r" + line + "\033[K" : line + "\n");
            onLine = terminal.errIsTerminal();
        }
    }

    /** One line: share, amount, rate, time left; with a bar on a terminal. */
    static String line(String what, long doneBytes, long totalBytes, long elapsedNanos, boolean withBar) {
        double share = totalBytes <= 0 ? 1 : Math.min(1, (double) doneBytes / totalBytes);
        double seconds = elapsedNanos / 1e9;
        double rate = seconds <= 0 ? 0 : doneBytes / seconds;
        String left = rate <= 0 ? "?" : Math.round((totalBytes - doneBytes) / rate) + " s left";
        int filled = (int) (share * WIDTH);
        String bar = withBar ? "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] " : "";
        return String.format(
                Locale.ROOT, "%s %s%3.0f %%  %.1f of %.1f MiB  %.1f MiB/s  %s", what, bar, 100 * share, doneBytes / MIB,
                totalBytes / MIB, rate / MIB, left);
    }

    @Override
    public void close() {
        if (onLine) {
            terminal.err().print("\r\033[K");
        }
    }
}
