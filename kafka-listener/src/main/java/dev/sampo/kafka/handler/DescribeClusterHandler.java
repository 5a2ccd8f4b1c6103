package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.kafka.handler.ClusterView.Node;
import dev.sampo.partition.controller.MetadataImage;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * DescribeCluster, versions 0 to 2. Controllers have no listener of their own, so a question for them answers
 * MISMATCHED_ENDPOINT_TYPE, as a broker of Kafka does.
 *
 * @see "KIP-700, KIP-919, KIP-1073"
 */
public final class DescribeClusterHandler implements ApiHandler {
    private static final byte BROKERS = 1;
    private static final byte CONTROLLERS = 2;

    private final ClusterView cluster;

    public DescribeClusterHandler(ClusterView cluster) {
        this.cluster = cluster;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_CLUSTER;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (DescribeClusterRequestData) exchange.request();
        if (request.endpointType() == CONTROLLERS) {
            exchange.respond(refuse(
                    KafkaError.MISMATCHED_ENDPOINT_TYPE,
                    "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"));
            return;
        }
        if (request.endpointType() != BROKERS) {
            exchange.respond(refuse(
                    KafkaError.UNSUPPORTED_ENDPOINT_TYPE, "Unsupported endpoint type " + request.endpointType()));
            return;
        }
        MetadataImage image = cluster.image();
        String listener = exchange.client().listener();
        var response = new DescribeClusterResponseData()
                .setClusterId(cluster.clusterId())
                .setControllerId(cluster.controllerId(image, listener));
        for (Node node : ClusterView.brokers(image, listener, request.includeFencedBrokers())) {
            response.brokers()
                    .add(new DescribeClusterBroker()
                            .setBrokerId(node.broker().id())
                            .setHost(node.endpoint().host())
                            .setPort(node.endpoint().port())
                            .setRack(node.broker().rack())
                            .setIsFenced(node.broker().fenced()));
        }
        if (request.includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        exchange.respond(response);
    }

    private static DescribeClusterResponseData refuse(KafkaError error, String message) {
        return new DescribeClusterResponseData().setErrorCode(error.code()).setErrorMessage(message);
    }
}
