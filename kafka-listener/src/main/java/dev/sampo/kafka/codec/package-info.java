/** Bytes to Kafka's generated message classes and back; file slices stay slices. */
@NullMarked
package dev.sampo.kafka.codec;

import org.jspecify.annotations.NullMarked;
