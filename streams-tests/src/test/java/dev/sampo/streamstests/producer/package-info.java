/** The producing side of our Streams client against a broker in a process of its own. */
@org.jspecify.annotations.NullMarked
package dev.sampo.streamstests.producer;
