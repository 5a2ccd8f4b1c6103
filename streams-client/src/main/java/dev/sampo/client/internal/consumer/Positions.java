package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.consumer.ConsumerProperties.ResetPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/** Finds first positions: what the application says, else what is committed, else what auto.offset.reset says. */
final class Positions {
    private record Found(long offset, int epoch) {}

    private final Home home;
    private final OffsetApi offsets;
    private final ConsumerProperties properties;
    private final FetchPlanner planner;
    private final Duration timeout;
    private final Runnable found;

    Positions(
            Home home,
            OffsetApi offsets,
            ConsumerProperties properties,
            FetchPlanner planner,
            Duration timeout,
            Runnable found) {
        this.home = home;
        this.offsets = offsets;
        this.properties = properties;
        this.planner = planner;
        this.timeout = timeout;
        this.found = found;
    }

    /** Finds the positions of these that have none; calls {@code then} when all have one. */
    void resolve(Set<TopicPartition> partitions, Runnable then) {
        var missing = new HashSet<>(partitions);
        missing.retainAll(planner.withoutPosition());
        if (missing.isEmpty()) {
            then.run();
            return;
        }
        CompletionStage<Map<TopicPartition, OffsetAndMetadata>> committed = properties.groupId().isPresent()
                ? offsets.committed(properties.groupId().get(), missing, timeout)
                : CompletableFuture.completedFuture(Map.of());
        set(missing, committed.thenCompose(known -> {
            var all = new HashMap<TopicPartition, Found>();
            known.forEach((partition, offset) ->
                    all.put(partition, new Found(offset.offset(), offset.leaderEpoch().orElse(-1))));
            var rest = new HashSet<>(missing);
            rest.removeAll(known.keySet());
            if (!rest.isEmpty() && properties.resetPolicy() == ResetPolicy.NONE) {
                throw new NoOffsetForPartitionException(rest);
            }
            return byTime(reset(rest)).thenApply(more -> {
                all.putAll(more);
                return all;
            });
        }), then);
    }

    /** Positions at the first record of that time (ms since 1970) or later; at the end where there is none. */
    void resolveByTime(Map<TopicPartition, Long> timestampsMs, Duration within, Runnable then) {
        set(timestampsMs.keySet(), offsets.listOffsets(timestampsMs, within).thenCompose(known -> {
            Map<TopicPartition, Long> ends = timestampsMs.keySet().stream()
                    .filter(partition -> !known.containsKey(partition))
                    .collect(Collectors.toMap(partition -> partition, partition -> -1L));
            return byTime(ends).thenApply(more -> {
                var all = new HashMap<>(more);
                known.forEach((partition, offset) -> all.put(partition, found(offset)));
                return all;
            });
        }), then);
    }

    /** The offset is not in the log any more, or not yet. */
    void reset(TopicPartition partition, long offset) {
        if (properties.resetPolicy() == ResetPolicy.NONE) {
            home.fail(new OffsetOutOfRangeException(
                    "offset " + offset + " of " + partition + " is not in the log, and auto.offset.reset is none",
                    Map.of(partition, offset)));
            return;
        }
        planner.clearPosition(partition);
        set(Set.of(partition), byTime(reset(Set.of(partition))), () -> {});
    }

    private Map<TopicPartition, Long> reset(Set<TopicPartition> partitions) {
        return partitions.stream()
                .collect(Collectors.toMap(p -> p, p -> properties.resetPolicy().timestamp()));
    }

    private CompletionStage<Map<TopicPartition, Found>> byTime(Map<TopicPartition, Long> timestampsMs) {
        return offsets.listOffsets(timestampsMs, timeout).thenApply(known -> {
            var all = new HashMap<TopicPartition, Found>();
            known.forEach((partition, offset) -> all.put(partition, found(offset)));
            return all;
        });
    }

    private static Found found(OffsetAndTimestamp offset) {
        return new Found(offset.offset(), -1); // the epoch of the record at the offset, not of the one before
    }

    private void set(
            Set<TopicPartition> partitions,
            CompletionStage<? extends Map<TopicPartition, Found>> result,
            Runnable then) {
        var assignments = new HashMap<TopicPartition, Long>();
        partitions.forEach(partition -> assignments.put(partition, planner.assignment(partition)));
        home.home(result, positions -> {
            positions.forEach((partition, position) -> {
                if (planner.position(partition) < 0
                        && Long.valueOf(planner.assignment(partition)).equals(assignments.get(partition))) {
                    planner.seek(partition, position.offset(), position.epoch());
                }
            });
            then.run();
            found.run();
        }, failure -> {
            if (partitions.stream().anyMatch(p -> Long.valueOf(planner.assignment(p)).equals(assignments.get(p)))) {
                home.fail(failure); // else revoked meanwhile, nobody needs them
            }
        });
    }
}
