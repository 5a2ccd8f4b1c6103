/** Sampo's command line against a real Kafka: it is a client of any broker. */
@NullMarked
package dev.sampo.tests.cli;

import org.jspecify.annotations.NullMarked;
