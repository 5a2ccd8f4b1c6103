package dev.sampo.client.internal;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ConnectionStateTest {
    private final ConnectionState state = new ConnectionState("test", 1_000);

    private static ByteBuffer response(ApiKeys key, int version, int correlationId, ApiMessage body) {
        var header = new ResponseHeaderData().setCorrelationId(correlationId);
        short headerVersion = key.responseHeaderVersion((short) version);
        var cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(
                header.size(cache, headerVersion) + body.size(cache, (short) version));
        header.write(new ByteBufferAccessor(bytes), cache, headerVersion);
        bytes.put(MessageUtil.toByteBufferAccessor(body, (short) version).buffer());
        return bytes.flip();
    }

    private static RequestHeader header(byte[] frame) {
        return RequestHeader.parse(ByteBuffer.wrap(frame, 4, frame.length - 4));
    }

    private static ApiVersionsResponseData heartbeatUpTo(int version) {
        var data = new ApiVersionsResponseData();
        data.apiKeys().add(new ApiVersionsResponseData.ApiVersion()
                .setApiKey(ApiKeys.HEARTBEAT.id).setMinVersion((short) 0).setMaxVersion((short) version));
        return data;
    }

    private CompletableFuture<ApiMessage> heartbeat(long timeoutMs) {
        var response = new CompletableFuture<ApiMessage>();
        state.enqueue(
                ApiRequest.of(ApiKeys.HEARTBEAT, HeartbeatResponseData.class, timeoutMs,
                        new HeartbeatRequestData().setGroupId("g").setMemberId("m")),
                response);
        return response;
    }

    @Test
    void requestsWaitForTheVersionsAndTakeTheHighestThatBothKnow() {
        // Given
        var response = heartbeat(100);
        byte[] handshake = state.nextFrame(0);
        assertThat(header(handshake).apiKey()).isEqualTo(ApiKeys.API_VERSIONS);
        assertThat(state.nextFrame(0)).isNull();

        // When
        state.onFrame(response(ApiKeys.API_VERSIONS, 4, 0, heartbeatUpTo(2)), 1);
        byte[] request = state.nextFrame(1);
        state.onFrame(response(ApiKeys.HEARTBEAT, 2, 1, new HeartbeatResponseData().setErrorCode((short) 27)), 2);

        // Then
        assertThat(header(request).apiVersion()).isEqualTo((short) 2);
        assertThat(response).isCompletedWithValueMatching(
                body -> ((HeartbeatResponseData) body).errorCode() == Errors.REBALANCE_IN_PROGRESS.code());
    }

    @Test
    void anOlderBrokerIsAskedForItsVersionsAgainInItsOwn() {
        // Given
        heartbeat(100);
        state.nextFrame(0);
        var refusal = new ApiVersionsResponseData().setErrorCode(Errors.UNSUPPORTED_VERSION.code());
        refusal.apiKeys().add(new ApiVersionsResponseData.ApiVersion()
                .setApiKey(ApiKeys.API_VERSIONS.id).setMaxVersion((short) 2));

        // When
        byte[] again = state.onFrame(response(ApiKeys.API_VERSIONS, 0, 0, refusal), 0);

        // Then
        assertThat(again).isNotNull();
        assertThat(header(again).apiVersion()).isEqualTo((short) 2);
    }

    @Test
    void aRequestThatTheBrokerDoesNotServeFailsAloneAndNamesTheVersions() {
        // Given
        var response = new CompletableFuture<ApiMessage>();
        state.enqueue(ApiRequest.of(ApiKeys.HEARTBEAT, HeartbeatResponseData.class, 100,
                new HeartbeatRequestData()).atLeast(3), response);
        var good = heartbeat(100);
        state.nextFrame(0);
        state.onFrame(response(ApiKeys.API_VERSIONS, 4, 0, heartbeatUpTo(2)), 0);

        // When
        byte[] frame = state.nextFrame(0);

        // Then
        assertThat(response).isCompletedExceptionally();
        assertThat(response.handle((body, failure) -> failure).join()).isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("3 to 4").hasMessageContaining("0 to 2");
        assertThat(frame).isNotNull();
        assertThat(good).isNotDone();
    }

    @Test
    void anAnswerToAnotherRequestEndsTheConnection() {
        // Given
        heartbeat(100);
        state.nextFrame(0);
        ByteBuffer wrong = response(ApiKeys.API_VERSIONS, 4, 77, heartbeatUpTo(2));

        // When, Then
        assertThatThrownBy(() -> state.onFrame(wrong, 0)).hasMessageContaining("77");
    }

    @Test
    void aRequestIsOverdueWhenItsTimeIsOver() {
        // Given
        heartbeat(100);
        state.nextFrame(0);
        state.onFrame(response(ApiKeys.API_VERSIONS, 4, 0, heartbeatUpTo(2)), 0);
        state.nextFrame(50);

        // When, Then
        assertThat(state.isOverdue(149)).isFalse();
        assertThat(state.isOverdue(150)).isTrue();
    }
}
