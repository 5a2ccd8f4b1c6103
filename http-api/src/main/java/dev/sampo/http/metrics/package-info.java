/** The measurements of a broker as Prometheus and OpenMetrics text. */
@org.jspecify.annotations.NullMarked
package dev.sampo.http.metrics;
