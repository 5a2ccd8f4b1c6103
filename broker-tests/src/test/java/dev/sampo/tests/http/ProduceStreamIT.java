package dev.sampo.tests.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

    /** Sends and reads at the same time: a client that only sends is held back until it reads. */
    private static void run(HttpBroker http, String value, int records, long firstOffset) throws Exception {
        byte[] lines = ("{\"value\":\"" + value + "\"}\n").repeat(100).getBytes(StandardCharsets.UTF_8);
        try (var socket = new Socket()) {
            socket.setSoTimeout(60_000);
            socket.connect(http.address);
            OutputStream out = socket.getOutputStream();
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    out.write(("POST /v1/topics/stream/records HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    + "Content-Type: application/x-ndjson\r\nContent-Length: " + (long) lines.length * records / 100
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
                    for (int i = 0; i < records / 100; i++) {
                        out.write(lines);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            var answers = new BufferedReader(new InputStreamReader(
                    new TailReader.Dechunked(socket.getInputStream()), StandardCharsets.UTF_8));
            for (long offset = firstOffset; offset < firstOffset + records; offset++) {
                assertThat(answers.readLine()).contains("\"offset\":" + offset + ",");
            }
            assertThat(answers.readLine()).isNull();
            sending.get(1, TimeUnit.MINUTES);
        }
    }
}
