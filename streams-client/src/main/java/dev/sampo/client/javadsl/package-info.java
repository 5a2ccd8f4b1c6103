/** The Java API: sources, flows and sinks of Kafka records. */
@org.jspecify.annotations.NullMarked
package dev.sampo.client.javadsl;
