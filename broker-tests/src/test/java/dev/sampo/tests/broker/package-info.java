/** A broker in a child process, to be started, killed and started again: Sampo, or the Kafka that judges the tests themselves. */
@NullMarked
package dev.sampo.tests.broker;

import org.jspecify.annotations.NullMarked;
