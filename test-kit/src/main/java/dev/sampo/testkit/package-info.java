/** Brokers for tests: the JUnit 5 extension and its fault switches. */
@org.jspecify.annotations.NullMarked
package dev.sampo.testkit;
