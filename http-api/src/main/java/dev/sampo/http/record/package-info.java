/** Records between JSON and bytes, and where a live tail is. No Kafka messages, no HTTP. */
@NullMarked
package dev.sampo.http.record;

import org.jspecify.annotations.NullMarked;
