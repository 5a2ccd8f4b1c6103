/**
 * The scenarios, written once with the connector's imports. The build makes {@code dev.sampo.streamstests.ours} of
 * them by replacing {@code org.apache.pekko.kafka} with {@code dev.sampo.client}: what compiles and passes there shows that
 * a switch of clients is an import change.
 */
@org.jspecify.annotations.NullMarked
package dev.sampo.streamstests.connector;
