/**
 * The selector loop as a Pekko dispatcher, and the connection's side of a socket. Knows bytes, buffers and turns, not
 * Kafka.
 */
@NullMarked
package dev.sampo.actors.loop;

import org.jspecify.annotations.NullMarked;
