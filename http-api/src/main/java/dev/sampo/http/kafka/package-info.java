/** What the API asks of the broker, in Kafka's messages and record batches; the only package here that sees them. */
@NullMarked
package dev.sampo.http.kafka;

import org.jspecify.annotations.NullMarked;
