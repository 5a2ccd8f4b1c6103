package dev.sampo.tests.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Requests made of random and nearly right parts: none is answered as if the broker had failed. */
final class HttpFuzzIT {
    private static final int REQUESTS = 5_000;
    private static final long SEED = Long.getLong("sampo.test.seed", 20_261_122);
    private static final String[] METHODS = {"GET", "GET", "GET", "POST", "POST", "DELETE", "PATCH", "PUT", "HEAD", "OPTIONS", "TRACE", "BREW"};
    private static final String[] PARTS = {
        "v1", "topics", "fuzz", "fuzz", "partitions", "0", "1", "-1", "99999999999", "records", "configs", "groups", "g", "offsets",
        "brokers", "1", "log-dirs", "placement", "cluster", "health", "ready", "live", "openapi.json", "%00", "%zz", "%C3%28", "%2F",
        "..", ".", "", "a b", "ü", "__consumer_offsets", "%F0%9F%98%80"
    };
    private static final String[] PATHS = {
        "/v1/topics", "/v1/topics/fuzz", "/v1/topics/fuzz/partitions", "/v1/topics/fuzz/partitions/0",
        "/v1/topics/fuzz/partitions/0/records", "/v1/topics/fuzz/records", "/v1/topics/fuzz/configs", "/v1/groups",
        "/v1/groups/g", "/v1/groups/g/offsets", "/v1/groups/g/lag", "/v1/groups/g/lag/history", "/v1/groups/g/rebalances", "/v1/lag",
        "/v1/brokers/1/configs", "/v1/topics/none/tail", "/v1/topics/__consumer_offsets/records",
        "/v1/reassignments", "/v1/elections", "/v1/balance", "/v1/quorum", "/v1/brokers/1/drain", "/v1/brokers/9"
    };
    private static final String[] NAMES = {
        "dry_run", "page_size", "page_token", "prefix", "offset", "timestamp", "limit", "max_bytes", "format", "partition", "key",
        "before_offset", "topic", "state", "type", "internal", "documentation", "last_event_id", "from", "to", "step", "status", "unknown", "%", ""
    };
    private static final String[] VALUES = {
        "true", "false", "0", "1", "-1", "9223372036854775807", "9223372036854775808", "1e9", "latest", "earliest", "auto", "Zm9v",
        "%E0%A4%A", "%00", "fuzz", "", "2026-01-01T00:00:00Z", "2026-13-01", "0:1", "x".repeat(300)
    };
    private static final String[] TYPES = {
        "application/json", "application/json", "application/json", "application/x-ndjson", "application/octet-stream", "text/plain", "",
        "application/json; charset=latin1", "multipart/form-data", ";;;"
    };
    private static final String[] BODIES = {
        "{}", "[]", "null", "1", "\"x\"", "{", "{\"name\":\"fuzz\"}", "{\"name\":\"fuzz2\",\"partitions\":1}", "{\"count\":2}",
        "{\"count\":-1}", "{\"count\":2147483648}", "{\"name\":null}", "{\"name\":\"a\",\"partitions\":0}",
        "{\"name\":\"b\",\"replication_factor\":70000}", "{\"name\":\"c\",\"replica_assignments\":[[1],[null]]}",
        "{\"name\":\"d\",\"replica_assignments\":[[9]]}", "{\"name\":\"e\",\"configs\":{\"retention.ms\":null}}",
        "{\"set\":{\"retention.ms\":\"x\"}}", "{\"set\":{\"retention.ms\":\"1000\"},\"reset\":[null]}", "{\"reset\":[\"retention.ms\"]}",
        "{\"set\":{\"no.such\":\"1\"}}", "{\"set\":null}", "{\"to\":\"earliest\"}", "{\"to\":\"x\"}", "{\"to_offset\":-1}",
        "{\"shift_by\":9223372036854775807,\"topics\":[{\"topic\":\"fuzz\"}]}", "{\"by_duration\":\"PT\"}",
        "{\"by_duration\":\"PT9223372036854775807S\"}", "{\"to\":\"latest\",\"topics\":[null]}",
        "{\"to\":\"latest\",\"topics\":[{\"topic\":\"fuzz\",\"partitions\":[0,0]}]}", "{\"to\":\"latest\",\"topics\":[{\"topic\":\"fuzz\"}]}",
        "{\"to_time\":\"9999999999999999999\"}", "{\"to_time\":\"+999999999-12-31T23:59:59Z\"}", "{\"value\":\"x\"}",
        "{\"value\":null,\"key\":\"k\"}", "[{\"value\":\"a\",\"partition\":1},{\"value\":\"b\",\"partition\":7}]",
        "{\"value\":{\"type\":\"JSON\",\"data\":1e400}}", "{\"value\":{\"type\":\"BINARY\",\"data\":\"!\"}}", "{\"value\":\"\\ud800\"}",
        "{\"value\":1}", "{\"value\":\"x\",\"timestamp\":-5}", "{\"value\":\"x\",\"timestamp\":9223372036854775807}",
        "{\"value\":\"x\",\"headers\":[{\"key\":1}]}", "{\"value\":\"x\",\"headers\":[{}]}", "{\"value\":\"x\",\"headers\":{}}",
        "[".repeat(3000), "{\"a\":".repeat(600), "{\"value\":\"x\"}\n{\"value\"\n", "\u0000\u0001\u0002", "{\"value\":\"x\",\"value\":\"y\"}",
        "{\"type\":\"preferred\"}", "{\"type\":null}", "{\"type\":\"unclean\",\"topics\":[null]}",
        "{\"type\":\"unclean\",\"topics\":[{\"topic\":\"fuzz\",\"partitions\":[-1,null]}]}",
        "{\"type\":\"preferred\",\"topics\":[{\"topic\":\"fuzz\",\"partitions\":[0,9]}]}",
        "{\"reassignments\":[{\"topic\":\"fuzz\",\"partition\":0,\"replicas\":[1]}]}", "{\"reassignments\":[null]}",
        "{\"reassignments\":[{\"topic\":\"fuzz\",\"partition\":-1,\"replicas\":[null]}],\"throttle_bytes_per_second\":0}",
        "{\"reassignments\":[{\"topic\":\"fuzz\",\"partition\":7,\"replicas\":[9,9]}],\"throttle_bytes_per_second\":1}",
        "{\"throttle_bytes_per_second\":-1}", "{\"leaders_only\":true}", "{\"leaders_only\":1}"
    };
    private static final String[] HEADERS = {
        "Accept: application/json", "Accept: text/event-stream", "Accept: */*;q=0", "Accept: ,", "Accept: image/png", "Sampo-Key: ??",
        "Sampo-Key: AAE=", "Last-Event-ID: 0:0", "Last-Event-ID: ::", "Origin: http://evil.example", "Authorization: Bearer x",
        "Authorization: Basic", "Expect: 100-continue", "Transfer-Encoding: nonsense", "X: " + "y".repeat(4000), "If-Match: *",
        "Range: bytes=0-1", "Cookie: a=b", "Content-Encoding: gzip", "Bad Header: x", "Upgrade: websocket"
    };

    @TempDir
    private static Path folder;

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void noRequestIsAnsweredWith5xxAndTheServerGoesOn() throws IOException {
        var random = new Random(SEED);
        var statuses = new TreeMap<Integer, Integer>();
        try (HttpBroker http = HttpBroker.start(
                folder.resolve("data"), settings -> settings.with("sampo.http.heartbeat", "100ms"))) {
            http.post("/v1/topics", "{\"name\":\"fuzz\",\"partitions\":2}");
            for (int i = 0; i < REQUESTS; i++) {
                byte[] request = request(random, http.address.getPort());
                int status = status(http.address, request);
                statuses.merge(status, 1, Integer::sum);
                assertThat(status)
                        .as("request %d of seed %d:%n%s", i, SEED, new String(request, StandardCharsets.ISO_8859_1))
                        .isLessThan(500);
            }
            assertThat(http.get("/health/ready").status()).isEqualTo(200);
            assertThat(http.post("/v1/topics", "{\"name\":\"after\"}").status()).isEqualTo(201);
            assertThat(http.post("/v1/topics/after/records", "{\"value\":\"x\"}").status()).isEqualTo(200);
        }
        System.out.println("fuzz: " + statuses);
        assertThat(statuses.keySet()).contains(200, 400, 404, 405, 415);
    }

    private static byte[] request(Random random, int port) {
        var text = new StringBuilder();
        text.append(pick(random, METHODS)).append(' ').append(path(random));
        int parameters = random.nextInt(3);
        for (int i = 0; i < parameters; i++) {
            text.append(i == 0 ? '?' : '&').append(pick(random, NAMES)).append('=').append(pick(random, VALUES));
        }
        text.append(" HTTP/1.1\r\nHost: ").append(random.nextInt(30) == 0 ? "evil.example" : "localhost:" + port).append("\r\n");
        text.append("Connection: close\r\n");
        for (int i = random.nextInt(3); i > 0; i--) {
            text.append(pick(random, HEADERS)).append("\r\n");
        }
        byte[] body = new byte[0];
        if (random.nextInt(3) > 0) {
            body = pick(random, BODIES).getBytes(StandardCharsets.UTF_8);
            for (int i = random.nextInt(8) == 0 ? random.nextInt(4) : 0; i > 0 && body.length > 0; i--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt();
            }
            String type = pick(random, TYPES);
            if (!type.isEmpty()) {
                text.append("Content-Type: ").append(type).append("\r\n");
            }
            text.append("Content-Length: ").append(body.length).append("\r\n");
        }
        byte[] head = text.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
        byte[] all = java.util.Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    private static String path(Random random) {
        if (random.nextInt(4) > 0) {
            return pick(random, PATHS);
        }
        var path = new StringBuilder();
        for (int i = random.nextInt(6); i >= 0; i--) {
            path.append('/').append(pick(random, PARTS));
        }
        return path.toString();
    }

    private static String pick(Random random, String[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** The status; the rest of the answer is left unread, as tails would not end. */
    private static int status(InetSocketAddress address, byte[] request) throws IOException {
        try (var socket = new Socket()) {
            socket.setSoTimeout(60_000);
            socket.connect(address);
            socket.getOutputStream().write(request);
            InputStream in = socket.getInputStream();
            var line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                assertThat(c).as("the connection ended without an answer:%n%s", new String(request, StandardCharsets.ISO_8859_1)).isNotNegative();
                line.append((char) c);
            }
            return Integer.parseInt(line.substring(9, 12));
        }
    }
}
