/** Producer ids for idempotent producers, taken from the controller in blocks. */
@NullMarked
package dev.sampo.kafka.producer;

import org.jspecify.annotations.NullMarked;
