package dev.sampo.actors.loop;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorCell;
import org.apache.pekko.actor.ActorPath;
import org.apache.pekko.dispatch.Mailbox;

/**
 * What a dispatcher sees of the loops: one of them, or all, each actor on the one that its path chooses. Shutting it
 * down ends this dispatcher's use of the loops, not the loops.
 */
final class LoopExecutor extends AbstractExecutorService {
    private final Loops.Lease lease;
    private final List<SelectorLoop> loops;
    private final int loopIndex;
    private volatile boolean shutdown;

    /** {@code loopIndex} -1: pin each actor to one of all loops. */
    LoopExecutor(Loops.Lease lease, int loopIndex) {
        this.lease = lease;
        this.loops = lease.loops();
        this.loopIndex = loopIndex;
    }

    @Override
    public void execute(Runnable task) {
        if (shutdown) {
            throw new RejectedExecutionException("the dispatcher was shut down");
        }
        loops.get(loopIndex >= 0 ? loopIndex : pin(task)).execute(task);
    }

    /** Pekko hands over the actor's mailbox itself. Only speed depends on that: anything else goes to loop 0. */
    private int pin(Runnable task) {
        if (task instanceof Mailbox mailbox) {
            ActorCell cell = mailbox.actor();
            if (cell != null) {
                return index(cell.self().path(), loops.size());
            }
        }
        return 0;
    }

    /** From the names of actor and parent, whose hashes Java caches; the same for each incarnation of an actor. */
    static int index(ActorPath path, int loopCount) {
        int hash = 31 * path.parent().name().hashCode() + path.name().hashCode();
        hash *= 0x9E3779B9; // spreads names that differ in their last digits only
        return Integer.remainderUnsigned(hash >>> 8, loopCount);
    }

    @Override
    public void shutdown() {
        shutdown = true;
        lease.close();
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    /** Pekko shuts a dispatcher down when no actor is left on it, so nothing of it is queued then. */
    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
