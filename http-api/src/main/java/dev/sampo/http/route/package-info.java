/** Requests to endpoints: paths, parameters, bodies, problems. Knows HTTP and JSON, not Kafka's messages. */
@NullMarked
package dev.sampo.http.route;

import org.jspecify.annotations.NullMarked;
