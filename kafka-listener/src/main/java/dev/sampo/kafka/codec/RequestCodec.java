package dev.sampo.kafka.codec;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jspecify.annotations.Nullable;

/** Frames to requests, for the keys and versions of {@link AdvertisedApis}. Stateless but for those. */
public final class RequestCodec {
    private final AdvertisedApis apis;

    /** Serves what {@code apis} lists. */
    public RequestCodec(AdvertisedApis apis) {
        this.apis = apis;
    }

    /**
     * True when a request with these bytes keeps views of them beyond parsing (records and the like), so that they
     * must belong to the request before it is parsed.
     */
    public static boolean retainsBytes(ByteBuffer frame) {
        short key = frame.getShort(frame.position());
        return !ApiKeys.hasId(key) || ApiKeys.forId(key).requiresDelayedAllocation;
    }

    /**
     * Parses header and body.
     *
     * @param frame at least 8 bytes, from the API key on; record fields of the body are views of it
     * @throws MalformedRequestException an unknown key or version, or bytes that are no such request: close
     */
    public Request parse(ByteBuffer frame) throws MalformedRequestException {
        short id = frame.getShort(frame.position());
        short version = frame.getShort(frame.position() + 2);
        if (!ApiKeys.hasId(id) || !apis.serves(ApiKeys.forId(id))) {
            throw new MalformedRequestException("API key " + id + " is not served");
        }
        ApiKeys key = ApiKeys.forId(id);
        boolean served = apis.serves(key, version);
        if (!served && (key != ApiKeys.API_VERSIONS || version < 0)) {
            throw new MalformedRequestException("version " + version + " of " + key.name + " is not served");
        }
        try {
            var reader = new FrameReader(frame.duplicate());
            var header = new RequestHeaderData(reader, key.requestHeaderVersion(version));
            String clientId = header.clientId() == null ? "" : header.clientId();
            if (!served) { // only the header of a newer ApiVersions is understood, and answered in version 0
                return new Request(key, (short) 0, header.correlationId(), clientId, new ApiVersionsRequestData(), true);
            }
            ApiMessage body = key.messageType.newRequest();
            body.read(reader, version);
            if (reader.remaining() > 0) {
                throw new MalformedRequestException(reader.remaining() + " bytes behind the end of a " + key.name
                        + " request of version " + version);
            }
            return new Request(key, version, header.correlationId(), clientId, body, false);
        } catch (BufferUnderflowException e) {
            throw new MalformedRequestException(key.name + " request of version " + version + " is cut short", e);
        } catch (RuntimeException e) { // the generated readers throw RuntimeException itself for bad input
            throw new MalformedRequestException("no " + key.name + " request of version " + version + ": "
                    + e.getMessage(), e);
        }
    }

    /**
     * The key's own error response.
     *
     * @return null when this request has no answer (acks=0) or Kafka defines none: close
     */
    public static @Nullable ApiMessage errorResponse(Request request, Errors error) {
        try {
            ByteBufferAccessor body = MessageUtil.toByteBufferAccessor(request.body(), request.apiVersion());
            AbstractRequest parsed =
                    AbstractRequest.parseRequest(request.apiKey(), request.apiVersion(), body).request;
            AbstractResponse response = parsed.getErrorResponse(0, error.exception());
            return response == null ? null : response.data();
        } catch (RuntimeException e) { // Kafka's request classes refuse some contents; then there is no answer
            return null;
        }
    }

    static ResponseHeaderData responseHeader(Request request) {
        return new ResponseHeaderData().setCorrelationId(request.correlationId());
    }
}
