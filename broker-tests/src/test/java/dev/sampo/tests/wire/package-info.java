/** Kafka's wire over a plain socket: frames written and read with Kafka's generated classes, and with nothing of Sampo. */
@NullMarked
package dev.sampo.tests.wire;

import org.jspecify.annotations.NullMarked;
