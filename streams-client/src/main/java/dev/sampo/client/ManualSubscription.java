package dev.sampo.client;

import org.apache.pekko.actor.ActorRef;
import scala.Option;

/** Partitions named by the application; no group membership, no rebalance. */
public sealed interface ManualSubscription extends Subscription
        permits Subscriptions.Assignment, Subscriptions.AssignmentWithOffset, Subscriptions.AssignmentOffsetsForTimes {
    /** None: assigned partitions do not come and go. */
    @Override
    default Option<ActorRef> rebalanceListener() {
        return Option.empty();
    }

    /** Changes nothing: assigned partitions do not come and go. */
    @Override
    default ManualSubscription withRebalanceListener(ActorRef ref) {
        return this;
    }
}
