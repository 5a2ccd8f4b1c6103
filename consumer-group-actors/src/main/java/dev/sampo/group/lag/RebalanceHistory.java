package dev.sampo.group.lag;

import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last {@value #MOST} rebalances of one group, as its rules tell of them. Of this broker's memory: who coordinates the
 * group next begins anew. Written by one thread, read by any.
 */
public final class RebalanceHistory {
    static final int MOST = 50;
    static final int MOST_CAUSES = 10;

    private final List<Cause> causes = new ArrayList<>();
    private int furtherCauses;
    private boolean running;
    private boolean joining; // its members may still come
    private volatile List<Rebalance> all = List.of();
    private volatile long count;

    /** Oldest first. */
    public List<Rebalance> all() {
        return all;
    }

    /** How many there were since this broker began to coordinate the group. */
    public long count() {
        return count;
    }

    /** Something happened that makes the group rebalance, or comes into the rebalance for which members join now. */
    public void cause(Reason reason, String memberId, @Nullable String groupInstanceId) {
        if (causes.size() < MOST_CAUSES) {
            causes.add(new Cause(reason, memberId, groupInstanceId));
        } else {
            furtherCauses++;
        }
        if (joining) {
            Rebalance now = all.getLast();
            replace(new Rebalance(
                    now.startMs(), -1, false, now.generationId(), now.members(), List.copyOf(causes), furtherCauses));
        }
    }

    /** A rebalance begins; one that goes on ends without having completed. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    public void begin(int generationId, int members, long nowMs) {
        if (running) {
            end(false, generationId, members, nowMs);
        }
        running = true;
        joining = true;
        var next = new ArrayList<>(all.size() < MOST ? all : all.subList(1, all.size()));
        next.add(new Rebalance(nowMs, -1, false, generationId, members, List.copyOf(causes), furtherCauses));
        all = List.copyOf(next);
        count++;
    }

    /** The members of the next generation are known; what happens from now on belongs to a later rebalance. */
    public void joined() {
        joining = false;
        causes.clear();
        furtherCauses = 0;
    }

    /** Every member has its assignment, or nobody is left. Nothing happens when none goes on. */
    public void complete(int generationId, int members, long nowMs) {
        if (running) {
            end(true, generationId, members, nowMs);
        }
        joined();
    }

    private void end(boolean completed, int generationId, int members, long nowMs) {
        Rebalance now = all.getLast();
        running = false;
        replace(new Rebalance(
                now.startMs(), nowMs, completed, generationId, members, now.causes(), now.furtherCauses()));
    }

    private void replace(Rebalance last) {
        var next = new ArrayList<>(all);
        next.set(next.size() - 1, last);
        all = List.copyOf(next);
    }
}
