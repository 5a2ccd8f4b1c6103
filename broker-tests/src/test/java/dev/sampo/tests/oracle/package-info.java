/**
 * The oracle: a catalogue of requests whose answers by a real Kafka are recorded in {@code oracle/kafka-4.4.0.jsonl};
 * Sampo's answers must be equal after {@link dev.sampo.tests.oracle.Normalizer normalization}, or be listed with a reason.
 *
 * <p>{@link dev.sampo.tests.oracle.OracleIT} compares, and records anew with {@code -Doracle.record=true}.
 */
@NullMarked
package dev.sampo.tests.oracle;

import org.jspecify.annotations.NullMarked;
