package dev.sampo.tests.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.tests.broker.Await;
import dev.sampo.tests.wire.RawConnection;
import dev.sampo.tests.wire.Wire;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Sends the catalogue's requests to one broker in order and keeps the normalized answers by name. A broker that closes, stays
 * silent or answers nonsense gets that as its answer, and the run goes on with an empty message, so that one wrong API shows
 * as one difference.
 */
final class OracleRun implements Closeable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final Duration CONDITION_LIMIT = Duration.ofSeconds(10);

    /** One TCP connection under a name, which is also its client id; reopened after it was closed. */
    final class Client implements Closeable {
        private final String clientId;
        private RawConnection connection;

        private Client(String clientId) {
            this.clientId = clientId;
            this.connection = open();
        }

        private RawConnection open() {
            try {
                return RawConnection.open(host, port, ANSWER_LIMIT, clientId);
            } catch (IOException e) {
                throw new UncheckedIOException("broker at " + host + ":" + port + " takes no connection", e);
            }
        }

        private void reopen() {
            close();
            connection = open();
        }

        /** Sends now; the answer is taken with {@link Pending#finish()}. For requests that wait for others. */
        Pending start(String name, int version, ApiMessage request) {
            return new Pending(this, name, (short) version, request, sendOrBroken(version, request));
        }

        private int sendOrBroken(int version, ApiMessage request) {
            try {
                return connection.send((short) version, request);
            } catch (IOException e) {
                return -1; // the answer will be "closed"
            }
        }

        /** A recorded request. @return the answer, or an empty message of the right kind */
        <T extends ApiMessage> T call(String name, int version, ApiMessage request) {
            return start(name, version, request).finish();
        }

        @Override
        public void close() {
            try {
                connection.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A request on its way. */
    final class Pending {
        private final Client client;
        private final String name;
        private final short version;
        private final ApiMessage request;
        private final int correlationId;

        private Pending(Client client, String name, short version, ApiMessage request, int correlationId) {
            this.client = client;
            this.name = name;
            this.version = version;
            this.request = request;
            this.correlationId = correlationId;
        }

        <T extends ApiMessage> T finish() {
            return finish(answer -> {});
        }

        /** @param learn sees the answer before it is normalized */
        <T extends ApiMessage> T finish(Consumer<ApiMessage> learn) {
            short apiKey = request.apiKey();
            ApiMessage answer = ApiMessageType.fromApiKey(apiKey).newResponse();
            JsonNode json;
            try {
                Wire.Response response = Wire.response(client.connection.receiveFrame(), apiKey, version);
                answer = response.body();
                learn.accept(answer);
                json = response.correlationId() == correlationId
                        ? normalizer.normalize(AnswerJson.of(answer, version))
                        : outcome("answer to another request: correlation id is not the request's");
            } catch (IOException e) {
                json = failure(e);
                client.reopen();
            }
            record(name, apiKey, version, json);
            @SuppressWarnings("unchecked") // the caller names the answer's class; a wrong one fails at its assignment
            T typed = (T) answer;
            return typed;
        }
    }

    private final String host;
    private final int port;
    private final Normalizer normalizer;
    private final Client main;
    private final List<Client> clients = new ArrayList<>();
    private final Map<String, Integer> leaderEpochs = new HashMap<>();
    private final LinkedHashMap<String, JsonNode> answers = new LinkedHashMap<>();
    private final long baseTimeMs = System.currentTimeMillis() / 1000 * 1000 - 600_000;

    OracleRun(String bootstrap) {
        int colon = bootstrap.lastIndexOf(':');
        host = bootstrap.substring(0, colon);
        port = Integer.parseInt(bootstrap.substring(colon + 1));
        normalizer = new Normalizer(host, port, baseTimeMs);
        main = client("oracle");
    }

    Client client(String clientId) {
        var client = new Client(clientId);
        clients.add(client);
        return client;
    }

    /** Record timestamps are this plus something under a minute: ten minutes ago, so that no policy minds. */
    long baseTimeMs() {
        return baseTimeMs;
    }

    Normalizer normalizer() {
        return normalizer;
    }

    <T extends ApiMessage> T call(String name, int version, ApiMessage request) {
        return main.call(name, version, request);
    }

    /** A request that gets no answer by design (acks=0); it runs before the connection's next. */
    void callWithoutAnswer(int version, ApiMessage request) {
        main.sendOrBroken(version, request);
    }

    /** Any bytes as a frame, on an own connection; an answer is read as of this API and version. */
    void callRaw(String name, ByteBuffer frame, short apiKey, int answerVersion) {
        JsonNode json;
        try (var connection = RawConnection.open(host, port, ANSWER_LIMIT, "oracle-raw")) {
            connection.sendFrame(frame);
            Wire.Response response = Wire.response(connection.receiveFrame(), apiKey, (short) answerVersion);
            json = normalizer.normalize(AnswerJson.of(response.body(), (short) answerVersion));
        } catch (IOException e) {
            json = failure(e);
        }
        record(name, apiKey, (short) answerVersion, json);
    }

    /** A request that is not recorded: preparation. */
    <T extends ApiMessage> T ask(int version, ApiMessage request) {
        try {
            @SuppressWarnings("unchecked") // as in call
            T typed = (T) main.connection.ask((short) version, request);
            return typed;
        } catch (IOException e) {
            main.reopen();
            @SuppressWarnings("unchecked") // as in call
            T typed = (T) ApiMessageType.fromApiKey(request.apiKey()).newResponse();
            return typed;
        }
    }

    /** Waits for what a broker does after its answer; one that never does it shows in the next answers. */
    boolean await(BooleanSupplier condition) {
        return Await.holds(CONDITION_LIMIT, condition);
    }

    void learnLeaderEpoch(String topic, int leaderEpoch) {
        leaderEpochs.put(topic, leaderEpoch);
        normalizer.learnLeaderEpoch(leaderEpoch);
    }

    int leaderEpoch(String topic) {
        return leaderEpochs.getOrDefault(topic, 0);
    }

    LinkedHashMap<String, JsonNode> answers() {
        return answers;
    }

    private void record(String name, short apiKey, short version, JsonNode answer) {
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        line.put("name", name);
        line.put("api", ApiMessageType.fromApiKey(apiKey).name);
        line.put("version", version);
        line.set("answer", answer);
        if (answers.put(name, line) != null) {
            throw new IllegalStateException("two requests named " + name);
        }
    }

    private static JsonNode failure(IOException e) {
        return switch (e) {
            case EOFException closed -> outcome("connection closed");
            case SocketTimeoutException silent -> outcome("no answer within " + ANSWER_LIMIT);
            case SocketException reset -> outcome("connection closed");
            default -> outcome(String.valueOf(e.getMessage()));
        };
    }

    private static JsonNode outcome(String text) {
        return JsonNodeFactory.instance.objectNode().put("outcome", text);
    }

    @Override
    public void close() {
        clients.forEach(Client::close);
    }
}
