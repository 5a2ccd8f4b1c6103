/** Listening, connections, the order of answers, back-pressure. Knows frames and handlers, not what a request means. */
@NullMarked
package dev.sampo.kafka.connection;

import org.jspecify.annotations.NullMarked;
