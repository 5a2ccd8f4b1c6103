package dev.sampo.tests.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/** Requests to bytes, bytes to answers, answers to JSON: all by Kafka's generated classes. */
public final class Wire {
    /** An answer with the correlation id of its header. */
    public record Response(int correlationId, ApiMessage body) {}

    private Wire() {}

    /** @return header and body, without the length prefix */
    public static ByteBuffer request(ApiMessage request, short version, int correlationId, String clientId) {
        ByteBuffer head = header(request.apiKey(), version, correlationId, clientId);
        ByteBuffer body = MessageUtil.toByteBufferAccessor(request, version).buffer();
        return ByteBuffer.allocate(head.remaining() + body.remaining()).put(head).put(body).flip();
    }

    /** A request header alone; an API key or version that Kafka does not know gets the newest form of header. */
    public static ByteBuffer header(short apiKey, short version, int correlationId, String clientId) {
        var header = new RequestHeaderData()
                .setRequestApiKey(apiKey)
                .setRequestApiVersion(version)
                .setCorrelationId(correlationId)
                .setClientId(clientId);
        return MessageUtil.toByteBufferAccessor(header, headerVersion(apiKey, version)).buffer();
    }

    private static short headerVersion(short apiKey, short version) {
        for (ApiMessageType type : ApiMessageType.values()) {
            if (type.apiKey() == apiKey) {
                return type.requestHeaderVersion(version);
            }
        }
        return 2;
    }

    /** @throws IOException the bytes are not one answer of that API and version, to the last byte */
    public static Response response(ByteBuffer frame, short apiKey, short version) throws IOException {
        ApiMessageType type = ApiMessageType.fromApiKey(apiKey);
        var readable = new ByteBufferAccessor(frame);
        ApiMessage body = type.newResponse();
        int correlationId;
        try {
            correlationId = new ResponseHeaderData(readable, type.responseHeaderVersion(version)).correlationId();
            body.read(readable, version);
        } catch (RuntimeException e) {
            throw new IOException("not an answer of " + type + " v" + version + ": " + e, e);
        }
        if (frame.hasRemaining()) {
            throw new IOException("answer of " + type + " v" + version + " has " + frame.remaining() + " bytes too many");
        }
        return new Response(correlationId, body);
    }

    /** Kafka's own JSON of a message; record bytes appear as their size only. */
    public static JsonNode json(ApiMessage message, short version) {
        Class<?> type = message.getClass();
        try {
            return (JsonNode) Class.forName(type.getName() + "JsonConverter")
                    .getMethod("write", type, short.class, boolean.class)
                    .invoke(null, message, version, false);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("JSON of " + type.getSimpleName() + " v" + version, e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no JSON converter of " + type, e);
        }
    }
}
