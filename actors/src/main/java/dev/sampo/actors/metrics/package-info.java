/**
 * Measurements of one broker: instruments that the hot path writes without a lock, what they are called, and their JMX
 * beans. What is measured lives with the code that does it.
 */
@org.jspecify.annotations.NullMarked
package dev.sampo.actors.metrics;
