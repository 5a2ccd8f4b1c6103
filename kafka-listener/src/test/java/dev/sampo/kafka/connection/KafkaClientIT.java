package dev.sampo.kafka.connection;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KafkaClientIT {
    private int port;

    @Test
    void realAdminClientNegotiatesVersionsAndDescribesTheCluster() throws Exception {
        // Given
        try (var fixture = ListenerFixture.start(
                "",
                ListenerFixture.handler(ApiKeys.METADATA, true, exchange -> exchange.respond(metadata())),
                ListenerFixture.handler(ApiKeys.DESCRIBE_CLUSTER, false, exchange -> exchange.respond(cluster())))) {
            port = fixture.listener.address().getPort();

            // When
            Node node;
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", fixture.bootstrap()))) {
                node = admin.describeCluster().nodes().get(10, TimeUnit.SECONDS).iterator().next();
            }

            // Then
            assertThat(node.id()).isEqualTo(1);
            assertThat(fixture.listener.metrics().requests().get(ApiKeys.API_VERSIONS)).isGreaterThanOrEqualTo(1);
            assertThat(fixture.listener.metrics().malformed()).isZero();
        }
    }

    private ApiMessage metadata() {
        var response = new MetadataResponseData().setClusterId("cluster").setControllerId(1);
        response.brokers().add(new MetadataResponseData.MetadataResponseBroker()
                .setNodeId(1).setHost("127.0.0.1").setPort(port));
        return response;
    }

    private ApiMessage cluster() {
        var response = new DescribeClusterResponseData().setClusterId("cluster").setControllerId(1);
        response.brokers().add(new DescribeClusterResponseData.DescribeClusterBroker()
                .setBrokerId(1).setHost("127.0.0.1").setPort(port));
        return response;
    }
}
