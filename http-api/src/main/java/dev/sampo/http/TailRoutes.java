package dev.sampo.http;

import dev.sampo.http.body.TailBodies.TailLine;
import dev.sampo.http.kafka.FetchCalls;
import dev.sampo.http.kafka.OffsetCalls;
import dev.sampo.http.kafka.TopicCalls;
import dev.sampo.http.record.DataFormat;
import dev.sampo.http.record.TailPosition;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Live tails. */
final class TailRoutes {
    private static final int MAX_BYTES = 512 * 1024;

    private final TopicCalls topics;
    private final OffsetCalls offsets;
    private final FetchCalls fetch;
    private final HttpSettings settings;
    private final AtomicInteger running = new AtomicInteger();
    private final SharedKillSwitch end = KillSwitches.shared("http-tails");

    TailRoutes(TopicCalls topics, OffsetCalls offsets, FetchCalls fetch, HttpSettings settings) {
        this.topics = topics;
        this.offsets = offsets;
        this.fetch = fetch;
        this.settings = settings;
    }

    List<Endpoint> endpoints() {
        return List.of(Endpoint.of("GET", "/v1/topics/{topic}/tail", "Follows a topic: records as they come, until the client leaves.")
                .query("partition", "integer", "Only this partition; default all.")
                .query("from", "string", "Where to begin: latest (default) or earliest.", "latest", "earliest")
                .query("offset", "integer", "Instead of from, with partition: the first offset.")
                .query("timestamp", "string", "Instead of from: the first records at or after this time, milliseconds "
                        + "since 1970 or ISO 8601 with a zone.")
                .query("last_event_id", "string", "As the header Last-Event-ID, which goes first.")
                .query("format", "string", RecordRoutes.FORMAT_TEXT, DataFormat.names())
                .header("Last-Event-ID", "id of the last event seen: goes on right after it.")
                .answers(200, TailLine.class, Endpoint.EVENTS, Endpoint.NDJSON)
                .handle(this::tail));
    }

    /** Ends all tails; those who tail come back to another broker, or later. */
    void stop() {
        end.shutdown();
    }

    private CompletionStage<HttpResponse> tail(Call call) {
        if (running.get() >= settings.maxTails()) {
            throw Problem.of(
                            429, "too-many-tails", "Too many live tails",
                            settings.maxTails() + " live tails run already (sampo.http.max-tails).")
                    .retriable(true)
                    .exception();
        }
        String topic = call.path("topic");
        boolean events = call.accepted().equals(Endpoint.EVENTS);
        Integer only = call.query("partition") == null
                ? null
                : (Integer) (int) call.queryNumber("partition", 0, 0, Integer.MAX_VALUE);
        var wanted = new Tail.Wanted(
                topic, only == null, DataFormat.of(call.query("format")), events, settings.heartbeat(),
                Math.min(MAX_BYTES, settings.maxFetchBytes()));
        return topics.partitionCount(topic).thenCompose(count -> {
            List<Integer> partitions = partitions(topic, only, count);
            return position(call, topic, only, partitions).thenApply(position -> answer(wanted, position));
        });
    }

    private HttpResponse answer(Tail.Wanted wanted, TailPosition position) {
        Source<ByteString, ?> text = Source.lazySource(() -> {
            running.incrementAndGet();
            var tail = new Tail(wanted, topics, offsets, fetch);
            return tail.from(position).via(end.flow()).watchTermination((ran, done) -> done.whenComplete((ended, failure) -> {
                running.decrementAndGet();
                tail.cancel();
            }));
        });
        return wanted.events()
                ? HttpResponse.create().withEntity(HttpEntities.create(MediaTypes.TEXT_EVENT_STREAM.toContentType(), text))
                : Lines.answer(text);
    }

    private static List<Integer> partitions(String topic, @Nullable Integer only, int count) {
        if (only != null) {
            if (only >= count) {
                throw Problem.of(
                                404, "unknown-topic-or-partition", "There is no such partition",
                                "Topic \"" + topic + "\" has the partitions 0 to " + (count - 1) + ", not " + only + ".")
                        .at("partition")
                        .exception();
            }
            return List.of(only);
        }
        var all = new ArrayList<Integer>();
        for (int partition = 0; partition < count; partition++) {
            all.add(partition);
        }
        return all;
    }

    private CompletionStage<TailPosition> position(
            Call call, String topic, @Nullable Integer only, List<Integer> partitions) {
        String header = call.header("Last-Event-ID");
        String text = header != null ? header : call.query("last_event_id");
        if (text != null) {
            return CompletableFuture.completedFuture(resumed(text, only, partitions));
        }
        String timestamp = call.query("timestamp");
        int said = (timestamp == null ? 0 : 1) + (call.query("offset") == null ? 0 : 1) + (call.query("from") == null ? 0 : 1);
        if (said > 1) {
            throw Problem.invalid("from", "Say one of from, offset and timestamp.");
        }
        if (call.query("offset") != null) {
            if (only == null) {
                throw Problem.invalid("partition", "An offset belongs to one partition: say which.");
            }
            return CompletableFuture.completedFuture(
                    TailPosition.of(Map.of(only, call.queryNumber("offset", 0, 0, Long.MAX_VALUE))));
        }
        CompletionStage<Map<Integer, Long>> times = timestamp == null
                ? CompletableFuture.completedFuture(Map.of())
                : offsets.atTime(topic, partitions, RecordRoutes.time("timestamp", timestamp));
        boolean earliest = Objects.equals(call.query("from"), "earliest");
        return times.thenCompose(found -> offsets.ranges(topic, partitions).thenApply(ranges -> {
            Map<Integer, Long> next = new TreeMap<>();
            ranges.forEach((partition, range) -> {
                long begin = earliest ? range.earliest() : range.highWatermark();
                long atTime = found.getOrDefault(partition, -1L);
                next.put(partition, atTime >= 0 ? atTime : begin);
            });
            return TailPosition.of(next);
        }));
    }

    private static TailPosition resumed(String text, @Nullable Integer only, List<Integer> partitions) {
        TailPosition position = TailPosition.parse(text.strip());
        if (position == null) {
            throw Problem.invalid("Last-Event-ID", "It is the id of an event of this tail, for example 0:17,1:5.");
        }
        for (int partition : position.nextOffsets().keySet()) {
            if (!partitions.contains(partition)) {
                throw Problem.invalid("Last-Event-ID", "It names partition " + partition + ", which is not tailed here.");
            }
        }
        if (only != null && !position.has(only)) {
            throw Problem.invalid("Last-Event-ID", "It does not name partition " + only + ".");
        }
        return position;
    }
}
