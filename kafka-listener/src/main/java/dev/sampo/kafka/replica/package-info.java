/** This broker as a client of the brokers that lead what it follows: one connection to each, Kafka's Fetch protocol. */
@NullMarked
package dev.sampo.kafka.replica;

import org.jspecify.annotations.NullMarked;
