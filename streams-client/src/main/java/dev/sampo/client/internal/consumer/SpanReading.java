package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Tells the planner where the partitions of a {@link Span} begin and where their marks are. */
final class SpanReading {
    private static final long EARLIEST = -2;
    private static final long LATEST = -1;

    private final Home home;
    private final KafkaClient client;
    private final OffsetApi offsets;
    private final FetchPlanner planner;
    private final Span span;
    private final Duration timeout;
    private boolean begun;

    SpanReading(
            Home home, KafkaClient client, OffsetApi offsets, FetchPlanner planner, Span span, Duration timeout) {
        this.home = home;
        this.client = client;
        this.offsets = offsets;
        this.planner = planner;
        this.span = span;
        this.timeout = timeout;
    }

    /** The marks are known, and each partition with one has been read up to it. */
    boolean isAtMark() {
        return begun && span.hasMark() && planner.isAtMarks();
    }

    /** Calls {@code then} when the planner knows the partitions. */
    void begin(Runnable then) {
        CompletionStage<Map<TopicPartition, Span.Range>> ranges = client.cluster(span.topics(), timeout)
                .thenCompose(cluster -> ranges(partitions(cluster)));
        home.home(ranges, found -> {
            found.forEach((partition, range) -> {
                planner.add(partition);
                planner.seek(partition, range.from(), -1);
                if (range.mark() != Span.Range.NO_MARK) {
                    planner.mark(partition, range.mark(), span.endsAtMark());
                }
            });
            begun = true;
            then.run();
        }, home::fail);
    }

    private Set<TopicPartition> partitions(ClusterImage cluster) {
        var partitions = new HashSet<TopicPartition>();
        for (String name : span.topics()) {
            ClusterImage.TopicImage topic = cluster.topic(name);
            if (topic != null) {
                topic.partitions().stream().map(image -> new TopicPartition(name, image.partition()))
                        .filter(span::reads).forEach(partitions::add);
            }
        }
        if (span instanceof Span.Offsets named) {
            var missing = new HashSet<>(named.from().keySet());
            missing.addAll(named.to().keySet());
            missing.removeAll(partitions);
            if (!missing.isEmpty()) {
                throw new UnknownTopicOrPartitionException("there are no partitions " + missing);
            }
        }
        return partitions;
    }

    private CompletionStage<Map<TopicPartition, Span.Range>> ranges(Set<TopicPartition> partitions) {
        return at(partitions, OptionalLong.of(EARLIEST)).thenCompose(earliest ->
                at(partitions, OptionalLong.of(LATEST)).thenCompose(latest ->
                        at(partitions, span.fromMs()).thenCombine(at(partitions, span.toMs()), (from, to) -> {
                            var ranges = new HashMap<TopicPartition, Span.Range>();
                            for (TopicPartition partition : partitions) {
                                long end = offset(latest, partition, 0);
                                ranges.put(partition, span.range(partition, new Span.Found(
                                        offset(earliest, partition, 0), end,
                                        offset(from, partition, end), offset(to, partition, end))));
                            }
                            return ranges;
                        })));
    }

    private static long offset(Map<TopicPartition, OffsetAndTimestamp> found, TopicPartition partition, long otherwise) {
        OffsetAndTimestamp offset = found.get(partition);
        return offset == null ? otherwise : offset.offset();
    }

    private CompletionStage<Map<TopicPartition, OffsetAndTimestamp>> at(
            Set<TopicPartition> partitions, OptionalLong timestampMs) {
        if (timestampMs.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        var wanted = new HashMap<TopicPartition, Long>();
        partitions.forEach(partition -> wanted.put(partition, timestampMs.getAsLong()));
        return offsets.listOffsets(wanted, timeout);
    }

    /** New metadata: a partition that was not there when the source began is read from its first record. */
    void onMetadata(ClusterImage cluster) {
        if (!begun || !span.grows()) {
            return;
        }
        var added = partitions(cluster);
        added.removeAll(planner.partitions());
        added.forEach(partition -> {
            planner.add(partition);
            planner.seek(partition, 0, -1);
        });
    }
}
