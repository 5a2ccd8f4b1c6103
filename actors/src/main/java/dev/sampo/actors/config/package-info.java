/** Kafka's configuration names: definitions, validation and the typed values in force. No Pekko. */
@NullMarked
package dev.sampo.actors.config;

import org.jspecify.annotations.NullMarked;
