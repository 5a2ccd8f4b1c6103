package dev.sampo.client;

import org.apache.pekko.actor.ActorRef;
import scala.Option;

/** What a consumer stage reads. Made by {@link Subscriptions}. */
public sealed interface Subscription permits AutoSubscription, ManualSubscription {
    /** The actor that is told of {@link ConsumerRebalanceEvent}s, if any. */
    Option<ActorRef> rebalanceListener();

    /** The same with an actor that is told of {@link ConsumerRebalanceEvent}s. */
    Subscription withRebalanceListener(ActorRef ref);
}
