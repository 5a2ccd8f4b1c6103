package dev.sampo.http;

import dev.sampo.http.body.TailBodies.Gap;
import dev.sampo.http.kafka.FetchCalls;
import dev.sampo.http.kafka.KafkaProblems;
import dev.sampo.http.kafka.OffsetCalls;
import dev.sampo.http.kafka.TopicCalls;
import dev.sampo.http.record.DataFormat;
import dev.sampo.http.record.FetchedPartition;
import dev.sampo.http.record.FetchedRecord;
import dev.sampo.http.record.TailPosition;
import dev.sampo.http.route.Problem;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One live tail: reads on from a position as fast as the client takes it, and waits where the logs end. A record is
 * read only after those before it were taken, so the position of the last event that a client has seen is exact.
 */
final class Tail {
    private static final int MAX_PARTITION_BYTES = 128 * 1024;

    /**
     * What is tailed.
     *
     * @param allPartitions partitions that are added later too, from their beginning
     * @param events server-sent events; else lines of JSON
     */
    record Wanted(String topic, boolean allPartitions, DataFormat format, boolean events, Duration heartbeat, int maxBytes) {}

    private record Step(TailPosition position, boolean first, boolean last) {}

    private final Wanted wanted;
    private final TopicCalls topics;
    private final OffsetCalls offsets;
    private final FetchCalls fetch;
    private final Object lock = new Object();
    private @Nullable CompletableFuture<?> waiting; // under lock
    private boolean cancelled; // under lock
    private int lastServed = -1; // one step at a time

    Tail(Wanted wanted, TopicCalls topics, OffsetCalls offsets, FetchCalls fetch) {
        this.wanted = wanted;
        this.topics = topics;
        this.offsets = offsets;
        this.fetch = fetch;
    }

    /** To be run once. */
    Source<ByteString, NotUsed> from(TailPosition position) {
        return Source.unfoldAsync(new Step(position, true, false), this::next);
    }

    /** The client is gone: ends a read that waits. */
    void cancel() {
        CompletableFuture<?> ended;
        synchronized (lock) {
            cancelled = true;
            ended = waiting;
        }
        if (ended != null) {
            ended.cancel(false);
        }
    }

    private CompletionStage<Optional<Pair<Step, ByteString>>> next(Step step) {
        if (step.last()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        var text = new TailText(wanted.events());
        if (step.first()) {
            text.begin(step.position());
            text.heartbeat(); // something to see at once, also where nothing is written
            return CompletableFuture.completedFuture(
                    Optional.of(Pair.create(new Step(step.position(), false, false), text.take())));
        }
        TailPosition position = step.position().copy();
        return topics.partitionCount(wanted.topic())
                .thenCompose(count -> {
                    for (int partition = 0; wanted.allPartitions() && partition < count; partition++) {
                        if (!position.has(partition)) {
                            position.move(partition, 0);
                        }
                    }
                    return read(position);
                })
                .thenCompose(read -> write(read, position, text))
                .thenApply(done -> Optional.of(Pair.create(new Step(position, false, false), text.take())))
                .exceptionally(failure -> {
                    var told = new TailText(wanted.events());
                    told.problem(problem(failure));
                    return Optional.of(Pair.create(new Step(step.position(), false, true), told.take()));
                });
    }

    private CompletionStage<List<FetchedPartition>> read(TailPosition position) {
        CompletableFuture<List<FetchedPartition>> read = fetch.fetch(
                wanted.topic(), rotated(position), wanted.heartbeat(), wanted.maxBytes(),
                Math.min(MAX_PARTITION_BYTES, wanted.maxBytes()));
        synchronized (lock) {
            waiting = read;
            if (!cancelled) {
                return read;
            }
        }
        read.cancel(false);
        return read;
    }

    /** The partition after the one served last comes first, so that a busy one does not starve the others. */
    private Map<Integer, Long> rotated(TailPosition position) {
        Map<Integer, Long> all = position.nextOffsets();
        Map<Integer, Long> rotated = new LinkedHashMap<>();
        all.forEach((partition, offset) -> {
            if (partition > lastServed) {
                rotated.put(partition, offset);
            }
        });
        rotated.putAll(all);
        return rotated;
    }

    private CompletionStage<?> write(List<FetchedPartition> read, TailPosition position, TailText text) {
        CompletionStage<?> gaps = CompletableFuture.completedFuture(null);
        int served = -1;
        for (FetchedPartition partition : read) {
            if (partition.outOfRange()) {
                gaps = gaps.thenCompose(done -> gap(partition, position, text));
                continue;
            }
            for (FetchedRecord record : partition.records()) {
                position.move(record.partition(), record.offset() + 1);
                text.record(record.show(wanted.format()), position);
            }
            if (!partition.records().isEmpty()) {
                served = served < 0 ? partition.partition() : served;
            }
            position.move(partition.partition(), partition.nextOffset());
        }
        lastServed = served;
        return gaps.thenRun(() -> {
            if (text.isEmpty()) {
                text.heartbeat();
            }
        });
    }

    /** Retention has passed the position, or the topic is another one of the same name: it goes on where the log begins. */
    private CompletionStage<?> gap(FetchedPartition partition, TailPosition position, TailText text) {
        int id = partition.partition();
        return offsets.ranges(wanted.topic(), List.of(id)).thenAccept(ranges -> {
            OffsetCalls.Range range = ranges.get(id);
            long begin = range == null ? 0 : range.earliest();
            position.move(id, begin);
            text.gap(new Gap(id, partition.nextOffset(), begin), position);
        });
    }

    private static Problem problem(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Problem problem = KafkaProblems.of(cause);
        return problem == null
                ? Problem.of(500, "internal-error", "The broker failed", String.valueOf(cause))
                : problem;
    }
}
