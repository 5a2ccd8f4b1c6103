package dev.sampo.kafka.codec;

import dev.sampo.actors.loop.BufferPool;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** The other side of {@link RequestCodec}: requests to frames and frames to responses, for this broker as a client. */
public final class ClientCodec {
    private ClientCodec() {}

    /**
     * A request with its length prefix.
     *
     * @return a buffer of {@code pool}, ready to be sent
     */
    public static ByteBuffer encode(
            ApiKeys key, short version, int correlationId, String clientId, ApiMessage body, BufferPool pool) {
        short headerVersion = key.requestHeaderVersion(version);
        var header = new RequestHeaderData()
                .setRequestApiKey(key.id)
                .setRequestApiVersion(version)
                .setCorrelationId(correlationId)
                .setClientId(clientId);
        var cache = new ObjectSerializationCache();
        var size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        body.addSize(size, cache, version);
        ByteBuffer buffer = pool.take(4 + size.totalSize());
        buffer.putInt(size.totalSize());
        var writer = new ByteBufferAccessor(buffer);
        header.write(writer, cache, headerVersion);
        body.write(writer, cache, version);
        return buffer.flip();
    }

    /**
     * Parses header and body.
     *
     * @param frame without its length prefix; record fields of the response are views of it
     * @param response an empty one of {@code key}, which is filled
     * @throws MalformedResponseException another correlation id, or bytes that are no such response: close
     */
    public static <T extends ApiMessage> T decode(
            ApiKeys key, short version, int correlationId, ByteBuffer frame, T response)
            throws MalformedResponseException {
        try {
            var reader = new FrameReader(frame.duplicate());
            var header = new ResponseHeaderData(reader, key.responseHeaderVersion(version));
            if (header.correlationId() != correlationId) {
                throw new MalformedResponseException("correlation id " + header.correlationId() + " instead of "
                        + correlationId);
            }
            response.read(reader, version);
            return response;
        } catch (BufferUnderflowException e) {
            throw new MalformedResponseException(key.name + " response of version " + version + " is cut short", e);
        } catch (RuntimeException e) { // the generated readers throw RuntimeException itself for bad input
            throw new MalformedResponseException("no " + key.name + " response of version " + version + ": "
                    + e.getMessage(), e);
        }
    }
}
