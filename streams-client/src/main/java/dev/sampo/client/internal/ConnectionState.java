package dev.sampo.client.internal;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.jspecify.annotations.Nullable;

/**
 * The protocol of one connection: ApiVersions first (KIP-35), then requests in order, answers matched by correlation
 * id. Pure: bytes in, bytes out, time as {@code nowMs}; its stage moves the bytes.
 *
 * <p>Invariant: answers come in the order of the requests; anything else closes the connection.
 */
final class ConnectionState {
    /** Version 5 names the cluster it expects; this client does not pin one. */
    private static final short API_VERSIONS_VERSION = 4;

    private record Sent(
            int correlationId,
            short version,
            ApiRequest<?> request,
            long deadlineMs,
            CompletableFuture<ApiMessage> response) {}

    private record Queued(ApiRequest<?> request, CompletableFuture<ApiMessage> response) {}

    private final String clientId;
    private final long handshakeTimeoutMs;
    private final ArrayDeque<Queued> queued = new ArrayDeque<>();
    private final ArrayDeque<Sent> sent = new ArrayDeque<>();
    private @Nullable Map<Short, ApiVersionsResponseData.ApiVersion> versions;
    private boolean handshaking;
    private int nextCorrelationId;

    ConnectionState(String clientId, long handshakeTimeoutMs) {
        this.clientId = clientId;
        this.handshakeTimeoutMs = handshakeTimeoutMs;
    }

    /** Takes a request; it leaves with the next {@link #nextFrame} once versions are known. */
    void enqueue(ApiRequest<?> request, CompletableFuture<ApiMessage> response) {
        queued.add(new Queued(request, response));
    }

    /** The next bytes to write, length prefix included, or null when there is nothing to write now. */
    byte @Nullable [] nextFrame(long nowMs) {
        var known = versions;
        if (known == null) {
            if (handshaking) {
                return null;
            }
            handshaking = true;
            return handshake(API_VERSIONS_VERSION, nowMs);
        }
        while (true) {
            Queued next = queued.poll();
            if (next == null) {
                return null;
            }
            try {
                return write(next, known, nowMs);
            } catch (UnsupportedVersionException e) { // this request only; the connection stays good
                next.response().completeExceptionally(e);
            }
        }
    }

    private byte[] write(Queued next, Map<Short, ApiVersionsResponseData.ApiVersion> known, long nowMs) {
        ApiRequest<?> request = next.request();
        ApiVersionsResponseData.ApiVersion range = known.get(request.key().id);
        int version = range == null ? -1 : Math.min(request.maxVersion(), range.maxVersion());
        if (range == null || version < request.minVersion() || version < range.minVersion()) {
            throw new UnsupportedVersionException("the broker does not serve " + request.key().name + " in versions "
                    + request.minVersion() + " to " + request.maxVersion()
                    + (range == null ? "" : ", it serves " + range.minVersion() + " to " + range.maxVersion()));
        }
        int correlationId = nextCorrelationId++;
        byte[] frame = frame(request.key(), (short) version, correlationId, request.body().apply(version));
        if (request.answered()) {
            sent.add(new Sent(correlationId, (short) version, request, nowMs + request.timeoutMs(), next.response()));
        } else {
            next.response().complete(request.key().messageType.newResponse());
        }
        return frame;
    }

    private byte[] handshake(short version, long nowMs) {
        var request = ApiRequest.of(
                ApiKeys.API_VERSIONS,
                ApiVersionsResponseData.class,
                handshakeTimeoutMs,
                new ApiVersionsRequestData().setClientSoftwareName("sampo-streams").setClientSoftwareVersion("0.1.0"));
        int correlationId = nextCorrelationId++;
        sent.add(new Sent(correlationId, version, request, nowMs + handshakeTimeoutMs, new CompletableFuture<>()));
        return frame(request.key(), version, correlationId, request.body().apply(version));
    }

    private byte[] frame(ApiKeys key, short version, int correlationId, ApiMessage body) {
        var cache = new ObjectSerializationCache();
        var header = new RequestHeaderData()
                .setRequestApiKey(key.id)
                .setRequestApiVersion(version)
                .setCorrelationId(correlationId)
                .setClientId(clientId);
        short headerVersion = key.requestHeaderVersion(version);
        int size = header.size(cache, headerVersion) + body.size(cache, version);
        byte[] frame = new byte[4 + size];
        ByteBuffer buffer = ByteBuffer.wrap(frame).putInt(size);
        var writable = new ByteBufferAccessor(buffer);
        header.write(writable, cache, headerVersion);
        body.write(writable, cache, version);
        return frame;
    }

    /**
     * Takes one response and completes its request.
     *
     * @return bytes to write at once (a second handshake), or null
     * @throws IllegalStateException the answer fits no request: close the connection
     */
    byte @Nullable [] onFrame(ByteBuffer frame, long nowMs) {
        Sent answered = sent.poll();
        if (answered == null) {
            throw new IllegalStateException("the broker sent a response that nobody asked for");
        }
        ApiKeys key = answered.request().key();
        int correlationId = frame.getInt(frame.position());
        if (correlationId != answered.correlationId()) {
            throw new IllegalStateException("the broker answered request " + correlationId + ", the next was "
                    + answered.correlationId());
        }
        if (versions == null) {
            return onHandshake(answered, frame, nowMs);
        }
        answered.response().complete(read(key, answered.version(), frame));
        return null;
    }

    private byte @Nullable [] onHandshake(Sent answered, ByteBuffer frame, long nowMs) {
        short error = frame.getShort(frame.position() + 4); // behind the correlation id in every version
        boolean older = error == Errors.UNSUPPORTED_VERSION.code();
        var body = (ApiVersionsResponseData) read(ApiKeys.API_VERSIONS, older ? (short) 0 : answered.version(), frame);
        if (older && answered.version() > 0) {
            ApiVersionsResponseData.ApiVersion range = body.apiKeys().find(ApiKeys.API_VERSIONS.id);
            return handshake(range == null ? (short) 0 : (short) Math.min(range.maxVersion(), answered.version() - 1), nowMs);
        }
        Errors.forCode(body.errorCode()).maybeThrow();
        var known = new HashMap<Short, ApiVersionsResponseData.ApiVersion>();
        body.apiKeys().forEach(range -> known.put(range.apiKey(), range.duplicate()));
        versions = known;
        return null;
    }

    private static ApiMessage read(ApiKeys key, short version, ByteBuffer frame) {
        var readable = new ByteBufferAccessor(frame);
        new ResponseHeaderData().read(readable, key.responseHeaderVersion(version));
        ApiMessage body = key.messageType.newResponse();
        body.read(readable, version);
        return body;
    }

    /** True when a request waits longer than it may; the connection is then to be closed. */
    boolean isOverdue(long nowMs) {
        return sent.stream().anyMatch(request -> nowMs >= request.deadlineMs());
    }

    /** True when nothing waits for an answer or for versions. */
    boolean isIdle() {
        return sent.isEmpty() && queued.isEmpty();
    }

    /** Fails all that is not answered. */
    void fail(Throwable cause) {
        sent.forEach(request -> request.response().completeExceptionally(cause));
        queued.forEach(request -> request.response().completeExceptionally(cause));
        sent.clear();
        queued.clear();
    }
}
