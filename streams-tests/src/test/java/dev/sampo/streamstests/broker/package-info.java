/** A broker in a process of its own: Sampo or a real Kafka. No class of the broker is on this module's class path. */
@org.jspecify.annotations.NullMarked
package dev.sampo.streamstests.broker;
