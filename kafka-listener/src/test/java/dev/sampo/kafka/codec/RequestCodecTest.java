package dev.sampo.kafka.codec;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RequestCodecTest {
    private final AdvertisedApis apis = AdvertisedApis.of(Arrays.stream(ApiKeys.values())
            .filter(key -> key.hasValidVersion()
                    && key.inScope(org.apache.kafka.common.message.ApiMessageType.ListenerType.BROKER))
            .toList());
    private final RequestCodec codec = new RequestCodec(apis);

    @Test
    void emptyRequestOfEveryServedVersionIsParsedAsItWasWritten() throws Exception {
        for (ApiKeys key : ApiKeys.values()) {
            for (short version = 0; version <= key.messageType.highestSupportedVersion(true); version++) {
                if (!apis.serves(key, version)) {
                    continue;
                }
                // Given
                ApiMessage body = key.messageType.newRequest();
                ByteBuffer frame;
                try {
                    frame = frame(key, version, body);
                } catch (RuntimeException e) {
                    continue; // a request that Kafka itself cannot write without contents
                }

                // When
                Request request = codec.parse(frame);

                // Then
                assertThat(request.body()).as("%s %s", key, version).isEqualTo(body);
                assertThat(request.correlationId()).isEqualTo(7);
                assertThat(request.clientId()).isEqualTo("client");
            }
        }
    }

    @Test
    void advertisedRangesAreThoseOfKafka() {
        // When
        ApiVersionsResponseData response = apis.response();

        // Then
        for (var api : response.apiKeys()) {
            ApiKeys key = ApiKeys.forId(api.apiKey());
            var kafka = key.toApiVersionForApiResponse(
                    false, org.apache.kafka.common.message.ApiMessageType.ListenerType.BROKER).orElseThrow();
            assertThat(api.minVersion()).as(key.name).isEqualTo(kafka.minVersion());
            assertThat(api.maxVersion()).as(key.name).isEqualTo(kafka.maxVersion());
        }
        assertThat(response.apiKeys().find(ApiKeys.PRODUCE.id).minVersion()).isZero();
        assertThat(apis.serves(ApiKeys.PRODUCE, (short) 2)).isFalse();
        assertThat(response.apiKeys().find(ApiKeys.INIT_PRODUCER_ID.id).maxVersion()).isEqualTo((short) 5);
    }

    @Test
    void apiVersionsOfAnUnknownVersionIsParsedByItsHeaderAlone() throws Exception {
        // Given
        ByteBuffer frame = frame(ApiKeys.API_VERSIONS, (short) 4, new ApiVersionsRequestData());
        frame.putShort(2, (short) 99);

        // When
        Request request = codec.parse(frame);

        // Then
        assertThat(request.unknownApiVersionsVersion()).isTrue();
        assertThat(request.apiVersion()).isZero();
        assertThat(apis.unsupportedVersion().errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
        assertThat(apis.unsupportedVersion().apiKeys()).as("its own versions alone (KIP-511)").singleElement()
                .satisfies(api -> assertThat(api.apiKey()).isEqualTo(ApiKeys.API_VERSIONS.id));
    }

    @Test
    void trailingBytesAndEveryTruncationAreRefused() {
        // Given
        ByteBuffer whole = frame(ApiKeys.METADATA, (short) 12, new MetadataRequestData()
                .setTopics(List.of(new MetadataRequestTopic().setName("topic"))));

        // When, Then
        assertMalformed(ByteBuffer.allocate(whole.limit() + 1).put(whole.duplicate()).clear());
        for (int size = 8; size < whole.limit(); size++) {
            assertMalformed(whole.slice(0, size));
        }
    }

    @Test
    void hostileLengthsAreRefusedWithoutAllocation() {
        // Given: Metadata v1 topics array and v9 compact array, sizes that only hostile clients send
        for (int count : new int[] {-2, 1_000_001, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            ByteBuffer frame = header((short) 3, (short) 4, 100).putInt(count);
            assertMalformedOrNull(frame.flip());
        }
        ByteBuffer overlong = header((short) 3, (short) 9, 100);
        overlong.put((byte) 0).put(new byte[] {-1, -1, -1, -1, -1, -1, 1});
        assertMalformed(overlong.flip());
    }

    @Test
    void floodOfTaggedFieldsAndDescendingTagsAreRefused() {
        // Given: Metadata v12 with no topics, then tagged fields
        ByteBuffer flood = header((short) 3, (short) 12, 100_000);
        flood.put((byte) 0).put((byte) 0).put((byte) 0).put((byte) -48).put((byte) 15); // 2000 fields
        for (int i = 0; i < 2000; i++) {
            flood.put((byte) (0x80 | i & 0x7f)).put((byte) (i >> 7)).put((byte) 0);
        }
        ByteBuffer descending = header((short) 3, (short) 12, 100);
        descending.put((byte) 0).put((byte) 0).put((byte) 0).put((byte) 2);
        descending.put((byte) 9).put((byte) 0).put((byte) 8).put((byte) 0);

        // When, Then
        assertThatThrownBy(() -> codec.parse(flood.flip())).hasMessageContaining("tagged fields");
        assertThatThrownBy(() -> codec.parse(descending.flip())).hasMessageContaining("out of order");
    }

    @Test
    void stringThatIsNotUtf8IsRefused() {
        // Given
        ByteBuffer frame = frame(ApiKeys.METADATA, (short) 4, new MetadataRequestData()
                .setTopics(List.of(new MetadataRequestTopic().setName("topic"))));
        int at = new String(frame.array(), java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("topic");
        frame.put(at, (byte) 0xff);

        // When, Then
        assertThatThrownBy(() -> codec.parse(frame)).hasMessageContaining("UTF-8");
    }

    @Test
    void randomBytesNeverThrowAnythingButMalformed() {
        // Given
        var random = new Random(42);
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[8 + random.nextInt(200)];
            random.nextBytes(bytes);
            ByteBuffer frame = ByteBuffer.wrap(bytes).putShort(0, (short) random.nextInt(95));
            frame.putShort(2, (short) random.nextInt(14)).putShort(8 < bytes.length - 1 ? 8 : 6, (short) -1);

            // When, Then
            assertMalformedOrNull(frame);
        }
    }

    @Test
    void errorResponseOfAKeyIsItsOwn() {
        // Given
        var noAnswer = new Request(ApiKeys.PRODUCE, (short) 9, 1, "", new ProduceRequestData().setAcks((short) 0), false);
        var metadata = new Request(ApiKeys.METADATA, (short) 12, 1, "", new MetadataRequestData(), false);

        // When, Then
        assertThat(RequestCodec.errorResponse(noAnswer, Errors.UNKNOWN_SERVER_ERROR)).isNull();
        assertThat(RequestCodec.errorResponse(metadata, Errors.UNKNOWN_SERVER_ERROR)).isNotNull();
    }

    private void assertMalformed(ByteBuffer frame) {
        assertThatThrownBy(() -> codec.parse(frame)).isInstanceOf(MalformedRequestException.class);
    }

    private void assertMalformedOrNull(ByteBuffer frame) {
        try {
            codec.parse(frame);
        } catch (MalformedRequestException e) {
            assertThat(e).hasMessageNotContaining("null pointer");
        }
    }

    private static ByteBuffer header(short key, short version, int size) {
        ByteBuffer frame = ByteBuffer.allocate(size + 20).putShort(key).putShort(version).putInt(7).putShort((short) -1);
        return version >= 9 ? frame.put((byte) 0) : frame;
    }

    private static ByteBuffer frame(ApiKeys key, short version, ApiMessage body) {
        var header = new RequestHeader(key, version, "client", 7);
        return RequestUtils.serialize(header.data(), header.headerVersion(), body, version);
    }
}
