package dev.sampo.actors.loop;

import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/**
 * Makes a Pekko dispatcher of a loop: {@code executor = "dev.sampo.actors.loop.LoopExecutorConfigurator"} and
 * {@code loop-index}, or -1 for the dispatcher that pins each of its actors to one of all loops.
 */
public final class LoopExecutorConfigurator extends ExecutorServiceConfigurator {
    private final int loopIndex;
    private final DispatcherPrerequisites prerequisites;

    /** Called by Pekko. */
    public LoopExecutorConfigurator(Config config, DispatcherPrerequisites prerequisites) {
        super(config, prerequisites);
        this.loopIndex = config.getInt("loop-index");
        this.prerequisites = prerequisites;
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threadFactory) {
        return () -> {
            Loops.Lease lease = Loops.lease(prerequisites.settings());
            if (loopIndex >= lease.loops().size()) {
                int count = lease.loops().size();
                lease.close();
                throw new IllegalArgumentException(
                        "dispatcher " + id + " needs loop " + loopIndex + ", but there are " + count
                                + "; raise sampo.loop.count or use a lower index");
            }
            return new LoopExecutor(lease, loopIndex);
        };
    }
}
