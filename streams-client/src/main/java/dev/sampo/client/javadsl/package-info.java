/** Sources, flows and sinks for Java. */
@org.jspecify.annotations.NullMarked
package dev.sampo.client.javadsl;
