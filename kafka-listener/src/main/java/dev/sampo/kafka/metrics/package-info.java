/** Kafka's measurements of a broker, made of what its parts count: requests, connections, replicas, metadata, groups. */
@org.jspecify.annotations.NullMarked
package dev.sampo.kafka.metrics;
