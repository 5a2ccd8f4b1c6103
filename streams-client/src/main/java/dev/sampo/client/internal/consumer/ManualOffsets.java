package dev.sampo.client.internal.consumer;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets that the application keeps.
 *
 * @param onAssign first offset to read per partition; those it leaves out begin at the committed offset
 * @param onRevoke told before the partitions' substreams end
 */
public record ManualOffsets(
        Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Long>>> onAssign,
        Consumer<Set<TopicPartition>> onRevoke) {}
