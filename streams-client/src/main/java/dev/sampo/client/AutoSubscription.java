package dev.sampo.client;

import dev.sampo.client.javadsl.PartitionAssignmentHandler;
import org.apache.pekko.actor.ActorRef;

/** Topics whose partitions the consumer group shares among its members. */
public sealed interface AutoSubscription extends Subscription
        permits Subscriptions.TopicSubscription, Subscriptions.TopicSubscriptionPattern {
    /** Called when partitions come and go; does nothing unless set. */
    PartitionAssignmentHandler partitionAssignmentHandler();

    @Override
    AutoSubscription withRebalanceListener(ActorRef ref);

    /** The same with a handler that is called when partitions come and go. */
    AutoSubscription withPartitionAssignmentHandler(PartitionAssignmentHandler handler);

    /** The same with a handler that is called when partitions come and go. */
    AutoSubscription withPartitionAssignmentHandler(dev.sampo.client.scaladsl.PartitionAssignmentHandler handler);
}
