/**
 * The producing side without the stream: records become batches, batches become requests, answers become results.
 * Every decision is in a plain class; {@code ProducerStage} and {@code SendProducerEngine} carry messages to it. The wire lives elsewhere
 * and is seen as {@link dev.sampo.client.producer.ProducerWire}.
 */
@org.jspecify.annotations.NullMarked
package dev.sampo.client.producer;
