/** Kafka sources, flows and sinks for Pekko Streams; what both DSLs share. */
@org.jspecify.annotations.NullMarked
package dev.sampo.client;
