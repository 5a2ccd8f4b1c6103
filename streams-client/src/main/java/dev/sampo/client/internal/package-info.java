/**
 * The Kafka protocol without threads of its own: connections as streams over Pekko's TCP, version negotiation, the
 * metadata cache and the routing of requests. Not part of the public API; both DSLs and all stages are built on it.
 */
@org.jspecify.annotations.NullMarked
package dev.sampo.client.internal;
