package dev.sampo.tests.churn;

import java.util.List;

/** Members of one group that come and go together: one process, or one for each. */
interface Members {
    /** SIGTERM: they leave the group as their client does. Returns when they have ended. */
    void leave();

    /** SIGKILL; returns when they are gone. */
    void kill();

    /** What they processed, in any order; asked when they have ended. */
    List<Processed> processed();

    /** What must not have happened to them. */
    List<String> errors();

    /** How often they were told of partitions, given or taken. */
    int rebalances();
}
