/** Scenarios for Pekko Streams clients, run against a broker in a process of its own. */
@org.jspecify.annotations.NullMarked
package dev.sampo.streamstests;
