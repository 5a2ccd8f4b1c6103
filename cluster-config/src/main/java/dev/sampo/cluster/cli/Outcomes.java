package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.List;

/** Of several things to do, which failed: one failure does not keep the others from being done. */
final class Outcomes {
    private final Terminal terminal;
    private final List<CliException> failures = new ArrayList<>();
    private int done;

    Outcomes(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Does one of them. */
    void attempt(Runnable part) {
        try {
            part.run();
            done++;
        } catch (CliException e) {
            failures.add(e);
        }
    }

    /** Tells every failure; 0, or the failure's own code, or 6 when only some failed. */
    int finish() {
        terminal.out().flush();
        failures.forEach(failure -> terminal.err().print(failure.text()));
        if (failures.isEmpty()) {
            return ExitCode.OK;
        }
        return done > 0 ? ExitCode.PARTLY_DONE : failures.getFirst().exitCode();
    }
}
