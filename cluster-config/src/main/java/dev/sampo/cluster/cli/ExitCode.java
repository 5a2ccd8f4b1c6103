package dev.sampo.cluster.cli;

/** What the process tells the shell. Scripts rely on these numbers: they never change. */
final class ExitCode {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOT_FOUND = 3;
    static final int DENIED = 4;
    static final int TIMEOUT = 5;
    static final int PARTLY_DONE = 6;
    static final int WOULD_CHANGE = 7;

    static final String TABLE = """
            Exit codes:
              0  ok
              1  failed: the message says what, why and what to do
              2  wrong usage: unknown command, option or value, or a confirmation that is missing
              3  not found: a topic, partition, group, broker or file that is not there
              4  denied: not allowed, or not authenticated
              5  timeout: no broker there, or no answer in time
              6  partly done: some of several things failed, each is named
              7  would change (--check): the cluster is not as it should be, nothing was changed
            """;

    private ExitCode() {}
}
