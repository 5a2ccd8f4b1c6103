package dev.sampo.client;

/** What the actor of {@link Subscription#withRebalanceListener} is told. */
public sealed interface ConsumerRebalanceEvent permits TopicPartitionsAssigned, TopicPartitionsRevoked {}
