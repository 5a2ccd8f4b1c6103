package dev.sampo.http;

import dev.sampo.http.body.RecordBodies.ConsumedRecords;
import dev.sampo.http.body.RecordBodies.ProduceRecord;
import dev.sampo.http.body.RecordBodies.ProducedRecord;
import dev.sampo.http.body.RecordBodies.ProducedRecords;
import dev.sampo.http.kafka.FetchCalls;
import dev.sampo.http.kafka.OffsetCalls;
import dev.sampo.http.kafka.ProduceCalls;
import dev.sampo.http.record.DataFormat;
import dev.sampo.http.record.Envelope;
import dev.sampo.http.record.FetchedPartition;
import dev.sampo.http.record.FetchedRecord;
import dev.sampo.http.record.OutgoingRecord;
import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Json;
import dev.sampo.http.route.Problem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Source;
import tools.jackson.databind.JsonNode;

/** Records: write one, several or a stream of them; read a range. */
final class RecordRoutes {
    static final String FORMAT_TEXT = "How keys and values are shown: auto (JSON objects and lists as JSON, other text as "
            + "STRING, the rest as BINARY), string, binary.";

    private static final int MAX_RECORDS = 10_000;
    private static final int DEFAULT_RECORDS = 100;
    private static final int DEFAULT_BYTES = 1024 * 1024;

    private final ProduceCalls produce;
    private final FetchCalls fetch;
    private final OffsetCalls offsets;
    private final ProduceStream streams;
    private final HttpSettings settings;

    RecordRoutes(
            ProduceCalls produce, FetchCalls fetch, OffsetCalls offsets, ProduceStream streams, HttpSettings settings) {
        this.produce = produce;
        this.fetch = fetch;
        this.offsets = offsets;
        this.streams = streams;
        this.settings = settings;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("POST", "/v1/topics/{topic}/records", "Writes records, acknowledged by all in-sync replicas.")
                        .dryRun()
                        .query("partition", "integer", "For application/octet-stream: the partition; default by the key, or any.")
                        .query("key", "string", "For application/octet-stream: the key as text.")
                        .query("timestamp", "integer", "For application/octet-stream: milliseconds since 1970; default now.")
                        .header("Sampo-Key", "For application/octet-stream: the key as base64, when it is no text.")
                        .takes(Endpoint.JSON, ProduceRecord.class)
                        .takes(Endpoint.NDJSON, ProduceRecord.class)
                        .takes(Endpoint.BINARY, null)
                        .answers(200, ProducedRecords.class, Endpoint.JSON, Endpoint.NDJSON)
                        .answers(207, ProducedRecords.class)
                        .handle(this::write),
                Endpoint.of("GET", "/v1/topics/{topic}/partitions/{partition}/records", "Reads a range of a partition.")
                        .query("offset", "integer", "The first offset; default where the log begins.")
                        .query("timestamp", "string", "Instead of offset: the first record at or after this time, "
                                + "milliseconds since 1970 or ISO 8601 with a zone.")
                        .query("limit", "integer", "Most records, 1 to 10000; default 100.")
                        .query("max_bytes", "integer", "About how many bytes are read from the log; default 1 MiB.")
                        .query("format", "string", FORMAT_TEXT, DataFormat.names())
                        .answers(200, ConsumedRecords.class, Endpoint.JSON, Endpoint.NDJSON)
                        .handle(this::read));
    }

    private CompletionStage<HttpResponse> write(Call call) {
        String topic = call.path("topic");
        return switch (call.contentType()) {
            case Endpoint.NDJSON -> streams.answer(topic, call.stream(), call.dryRun());
            case Endpoint.BINARY -> call.body().thenCompose(bytes -> write(topic, List.of(binary(call, bytes)), call.dryRun()));
            default -> call.body().thenCompose(bytes -> write(topic, parse(Json.tree(bytes)), call.dryRun()));
        };
    }

    private static List<OutgoingRecord> parse(JsonNode body) {
        if (!body.isArray()) {
            return List.of(Envelope.parse(body, ""));
        }
        if (body.size() == 0 || body.size() > MAX_RECORDS) {
            throw Problem.invalid("", "A list of records has 1 to " + MAX_RECORDS + " of them; send more as "
                    + "application/x-ndjson.");
        }
        var records = new ArrayList<OutgoingRecord>(body.size());
        for (int i = 0; i < body.size(); i++) {
            records.add(Envelope.parse(body.get(i), "[" + i + "]."));
        }
        return records;
    }

    private static OutgoingRecord binary(Call call, byte[] value) {
        String text = call.query("key");
        String base64 = call.header("Sampo-Key");
        if (text != null && base64 != null) {
            throw Problem.invalid("key", "Say the key once: as the parameter key or in the header Sampo-Key.");
        }
        byte[] key = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
        if (base64 != null) {
            try {
                key = java.util.Base64.getDecoder().decode(base64);
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("Sampo-Key", "The header is no base64.");
            }
        }
        Integer partition = call.query("partition") == null
                ? null
                : (Integer) (int) call.queryNumber("partition", 0, 0, Integer.MAX_VALUE);
        Long timestamp = call.query("timestamp") == null
                ? null
                : (Long) call.queryNumber("timestamp", 0, 0, Long.MAX_VALUE);
        return new OutgoingRecord(partition, key, value, List.of(), timestamp);
    }

    private CompletionStage<HttpResponse> write(String topic, List<OutgoingRecord> records, boolean dryRun) {
        return produce.produce(topic, records, dryRun).thenApply(results -> {
            List<Problem> problems = problems(results);
            if (problems.size() == results.size()) {
                throw problems.getFirst().exception();
            }
            return Answers.json(problems.isEmpty() ? 200 : 207, new ProducedRecords(topic, results, dryRun));
        });
    }

    private static List<Problem> problems(List<ProducedRecord> results) {
        var problems = new ArrayList<Problem>();
        for (ProducedRecord result : results) {
            if (result.error() != null) {
                problems.add(result.error());
            }
        }
        return problems;
    }

    private CompletionStage<HttpResponse> read(Call call) {
        String topic = call.path("topic");
        int partition = call.pathNumber("partition");
        int limit = (int) call.queryNumber("limit", DEFAULT_RECORDS, 1, MAX_RECORDS);
        int maxBytes = (int) call.queryNumber("max_bytes", Math.min(DEFAULT_BYTES, settings.maxFetchBytes()), 1, settings.maxFetchBytes());
        DataFormat format = DataFormat.of(call.query("format"));
        boolean lines = call.accepted().equals(Endpoint.NDJSON);
        return offsets.ranges(topic, List.of(partition)).thenCompose(ranges -> {
            OffsetCalls.Range range = ranges.getOrDefault(partition, new OffsetCalls.Range(0, 0));
            return start(call, topic, partition, range).thenCompose(offset -> {
                if (offset >= range.highWatermark()) {
                    return CompletableFuture.completedFuture(
                            new FetchedPartition(partition, List.of(), offset, range.highWatermark(), range.earliest(), false));
                }
                return fetch.fetch(topic, Map.of(partition, offset), Duration.ZERO, maxBytes, maxBytes)
                        .thenApply(List::getFirst);
            });
        }).thenApply(read -> answer(topic, read, limit, format, lines));
    }

    private CompletionStage<Long> start(Call call, String topic, int partition, OffsetCalls.Range range) {
        String timestamp = call.query("timestamp");
        if (timestamp != null) {
            if (call.query("offset") != null) {
                throw Problem.invalid("timestamp", "Say either offset or timestamp.");
            }
            return offsets.atTime(topic, List.of(partition), time("timestamp", timestamp)).thenApply(found -> {
                long offset = found.getOrDefault(partition, -1L);
                return offset < 0 ? (Long) range.highWatermark() : (Long) offset;
            });
        }
        long offset = call.queryNumber("offset", range.earliest(), 0, Long.MAX_VALUE);
        if (offset < range.earliest() || offset > range.highWatermark()) {
            throw outOfRange(offset, range);
        }
        return CompletableFuture.completedFuture(offset);
    }

    private static RuntimeException outOfRange(long offset, OffsetCalls.Range range) {
        return new Problem(
                        Problem.TYPE_PREFIX + "offset-out-of-range", "offset out of range", 400,
                        "The partition has the offsets " + range.earliest() + " to " + range.highWatermark() + " (exclusive), not "
                                + offset + ".",
                        null, 1, "OFFSET_OUT_OF_RANGE", false, "offset")
                .exception();
    }

    private static HttpResponse answer(String topic, FetchedPartition read, int limit, DataFormat format, boolean lines) {
        if (read.outOfRange()) { // deleted since we looked
            throw outOfRange(read.nextOffset(), new OffsetCalls.Range(read.logStartOffset(), read.highWatermark()));
        }
        List<FetchedRecord> records = read.records();
        long next = read.nextOffset();
        if (records.size() > limit) {
            records = records.subList(0, limit);
            next = records.getLast().offset() + 1;
        }
        if (lines) {
            List<FetchedRecord> shown = records;
            return Lines.answer(Source.from(shown).map(record -> Json.line(record.show(format))));
        }
        return Answers.ok(new ConsumedRecords(
                topic, read.partition(), records.stream().map(record -> record.show(format)).toList(), next,
                read.highWatermark(), read.logStartOffset()));
    }

    /** Milliseconds since 1970 of a number or of ISO 8601 with a zone. */
    static long time(String field, String text) {
        try {
            long millis = text.matches("\\d{1,18}") ? Long.parseLong(text) : OffsetDateTime.parse(text).toInstant().toEpochMilli();
            if (millis >= 0) {
                return millis;
            }
        } catch (DateTimeParseException | ArithmeticException e) {
            // told below
        }
        throw Problem.invalid(field, "\"" + text + "\" is neither milliseconds since 1970 nor a time like " + Instant.EPOCH + ".");
    }
}
