package dev.sampo.group.consumer;

import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.RebalanceHistory;
import java.util.List;

/**
 * Tells the history of rebalances how a consumer group goes on. One begins with a new group epoch, what else happens until an
 * assignor has answered is part of it, and it is complete when every member has what it should. Generations are group epochs.
 */
final class ConsumerRebalances {
    private final RebalanceHistory history;
    private int groupEpoch;
    private int assignmentEpoch;
    private boolean assigning; // one has begun, and no assignor has answered to its epoch yet

    ConsumerRebalances(RebalanceHistory history) {
        this.history = history;
    }

    /** The group as it was made or restored: what led to it is not told. */
    void startFrom(GroupFacts facts) {
        groupEpoch = facts.groupEpoch();
        assignmentEpoch = facts.assignmentEpoch();
    }

    /** Looks at the group after a change that was due to these causes. */
    void look(List<Cause> causes, GroupFacts facts, long nowMs) {
        if (facts.groupEpoch() > groupEpoch) {
            causes.forEach(cause -> history.cause(cause.reason(), cause.memberId(), cause.groupInstanceId()));
            if (!assigning) {
                assigning = true;
                history.begin(groupEpoch, facts.size(), nowMs);
            }
            groupEpoch = facts.groupEpoch();
        }
        if (facts.assignmentEpoch() > assignmentEpoch) {
            assignmentEpoch = facts.assignmentEpoch();
            assigning = false;
            history.joined();
        }
        ConsumerGroup.State state = facts.state();
        if (state == ConsumerGroup.State.STABLE || state == ConsumerGroup.State.EMPTY) {
            history.complete(groupEpoch, facts.size(), nowMs);
        }
    }
}
