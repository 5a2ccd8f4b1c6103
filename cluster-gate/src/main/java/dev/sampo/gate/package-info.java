/**
 * What a stream on a node of the cluster and the brokers say to each other: {@link dev.sampo.gate.Gate} and its bytes, and the
 * start of a node that only runs streams. Knows neither the broker nor the Streams client; both use it.
 */
@NullMarked
package dev.sampo.gate;

import org.jspecify.annotations.NullMarked;
