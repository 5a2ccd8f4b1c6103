package dev.sampo.tests.http;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Records as lines over one connection. */
final class ProduceStreamIT {
    private static final int RECORDS = 200_000;

    @TempDir
    private Path folder;

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void eachLineOfOneConnectionIsAnsweredInOrderAndWrittenOnce() throws Exception {
        try (HttpBroker http = HttpBroker.start(folder.resolve("data"))) {
            // Given
            http.post("/v1/topics", "{\"name\":\"stream\",\"partitions\":1}");
            String value = "x".repeat(100);
            run(http, value, RECORDS / 10, 0);

            // When
            long begin = System.nanoTime();
            run(http, value, RECORDS, RECORDS / 10);
            double seconds = (System.nanoTime() - begin) / 1e9;

            // Then
            assertThat(http.get("/v1/topics/stream/partitions/0").body().get("high_watermark").longValue())
                    .isEqualTo(RECORDS + RECORDS / 10);
            System.out.printf("NDJSON over one connection: %,.0f records/s (100 bytes each, acks=all)%n", RECORDS / seconds);
        }
    }

    private static void run(HttpBroker http, String value, int records, long firstOffset) throws Exception {
        Iterable<byte[]> lines = () -> IntStream.range(0, records / 100)
                .mapToObj(i -> ("{\"value\":\"" + value + "\"}\n").repeat(100).getBytes(StandardCharsets.UTF_8))
                .iterator();
        HttpRequest request = http.request("/v1/topics/stream/records")
                .timeout(java.time.Duration.ofMinutes(4))
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofByteArrays(lines))
                .build();
        HttpResponse<Stream<String>> response = http.client().send(request, HttpResponse.BodyHandlers.ofLines());
        assertThat(response.statusCode()).isEqualTo(200);
        var next = new AtomicLong(firstOffset);
        try (Stream<String> answers = response.body()) {
            answers.forEach(answer -> {
                long offset = next.getAndIncrement();
                if (!answer.contains("\"offset\":" + offset + ",")) {
                    throw new AssertionError("expected offset " + offset + ", got " + answer);
                }
            });
        }
        assertThat(next.get()).isEqualTo(firstOffset + records);
    }
}
