package dev.sampo.http;

import dev.sampo.http.body.RecordBodies.ProducedRecord;
import dev.sampo.http.kafka.KafkaProblems;
import dev.sampo.http.kafka.ProduceCalls;
import dev.sampo.http.kafka.TopicCalls;
import dev.sampo.http.record.Envelope;
import dev.sampo.http.record.OutgoingRecord;
import dev.sampo.http.route.Json;
import dev.sampo.http.route.Problem;
import dev.sampo.http.route.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.javadsl.Framing;
import org.apache.pekko.stream.javadsl.FramingTruncation;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Records as lines of one request, an answer line for each, in their order. While some are being written those that
 * come are gathered for the next batch; when that is full, reading stops. A line that is refused does not end the stream.
 */
final class ProduceStream {
    private static final long MAX_GATHERED_BYTES = 1024 * 1024;
    private static final ByteString NEWLINE = ByteString.fromString("\n");

    private final ProduceCalls produce;
    private final TopicCalls topics;
    private final int maxLineBytes;

    ProduceStream(ProduceCalls produce, TopicCalls topics, int maxLineBytes) {
        this.produce = produce;
        this.topics = topics;
        this.maxLineBytes = maxLineBytes;
    }

    /** A line, parsed: one of the two is null. */
    private record Line(@Nullable OutgoingRecord record, @Nullable Problem problem, int sizeBytes) {}

    /** The answer begins at once and goes on as long as the request does. */
    CompletionStage<HttpResponse> answer(String topic, Source<ByteString, ?> body, boolean dryRun) {
        return topics.partitionCount(topic).thenApply(partitions -> Lines.answer(body
                .via(Framing.delimiter(NEWLINE, maxLineBytes, FramingTruncation.ALLOW))
                .filter(line -> !line.isEmpty() && !(line.size() == 1 && line.head() == '\r'))
                .map(ProduceStream::parse)
                .batchWeighted(
                        MAX_GATHERED_BYTES, line -> (long) line.sizeBytes(),
                        line -> {
                            var lines = new ArrayList<Line>();
                            lines.add(line);
                            return lines;
                        },
                        (lines, line) -> {
                            lines.add(line);
                            return lines;
                        })
                .mapAsync(1, lines -> write(topic, lines, dryRun))
                .recover(new PFBuilder<Throwable, ByteString>()
                        .match(org.apache.pekko.stream.scaladsl.Framing.FramingException.class, e -> refused(Problem.of(
                                413, "record-too-large", "The line is too long",
                                "A line has at most " + maxLineBytes + " bytes (sampo.http.max-record). The stream ends here.")))
                        .build())));
    }

    private static Line parse(ByteString line) {
        try {
            return new Line(Envelope.parse(Json.tree(line.toArray()), ""), null, line.size());
        } catch (ProblemException e) {
            return new Line(null, e.problem(), line.size());
        }
    }

    private CompletionStage<ByteString> write(String topic, List<Line> lines, boolean dryRun) {
        var records = new ArrayList<OutgoingRecord>(lines.size());
        for (Line line : lines) {
            if (line.record() != null) {
                records.add(line.record());
            }
        }
        return produce.produce(topic, records, dryRun)
                .exceptionally(failure -> {
                    Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure;
                    Problem problem = KafkaProblems.of(cause);
                    if (problem == null) {
                        throw new CompletionException(cause);
                    }
                    return records.stream().map(record -> new ProducedRecord(null, null, null, problem)).toList();
                })
                .thenApply(results -> answers(lines, results));
    }

    private static ByteString answers(List<Line> lines, List<ProducedRecord> results) {
        var out = new java.io.ByteArrayOutputStream(lines.size() * 64);
        int next = 0;
        for (Line line : lines) {
            Problem problem = line.problem();
            out.writeBytes(Json.bytes(problem == null ? results.get(next++) : new ProducedRecord(null, null, null, problem)));
            out.write('\n');
        }
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }

    private static ByteString refused(Problem problem) {
        return Json.line(new ProducedRecord(null, null, null, problem));
    }
}
