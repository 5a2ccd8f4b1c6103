package dev.sampo.kafka.handler;

import dev.sampo.kafka.codec.AdvertisedApis;
import java.util.List;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class ApiVersionsHandlerTest {
    private final ApiVersionsHandler handler =
            new ApiVersionsHandler(AdvertisedApis.of(List.of(ApiKeys.API_VERSIONS)), "ours", 1);

    /** KIP-1242: a client names both or neither. */
    @ParameterizedTest
    @CsvSource({
        ",-1,NONE", "ours,1,NONE", "other,1,REBOOTSTRAP_REQUIRED", "ours,2,REBOOTSTRAP_REQUIRED", ",1,INVALID_REQUEST",
        "ours,-1,INVALID_REQUEST"
    })
    void aClientThatLooksForAnotherBrokerIsToldSo(@Nullable String clusterId, int nodeId, Errors error) {
        // Given
        var exchange = new FakeExchange(ApiKeys.API_VERSIONS, 5, new ApiVersionsRequestData()
                .setClientSoftwareName("test").setClientSoftwareVersion("1").setClusterId(clusterId).setNodeId(nodeId));

        // When
        handler.handle(exchange);

        // Then
        assertThat(exchange.response(ApiVersionsResponseData.class).errorCode()).isEqualTo(error.code());
    }
}
