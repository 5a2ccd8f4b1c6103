package dev.sampo.kafka.codec;

import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/** Bodies of requests and responses as bytes, without a header: for what travels between brokers beside Kafka's port. */
public final class MessageBytes {
    private MessageBytes() {}

    /** The body in this version. */
    public static byte[] of(ApiMessage message, short version) {
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** A request of this key; throws a {@link RuntimeException} when the bytes are none. */
    public static ApiMessage request(ApiKeys key, short version, byte[] bytes) {
        ApiMessage request = key.messageType.newRequest();
        request.read(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), version);
        return request;
    }

    /** A response of this key; throws a {@link RuntimeException} when the bytes are none. */
    public static ApiMessage response(ApiKeys key, short version, byte[] bytes) {
        ApiMessage response = key.messageType.newResponse();
        response.read(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), version);
        return response;
    }
}
