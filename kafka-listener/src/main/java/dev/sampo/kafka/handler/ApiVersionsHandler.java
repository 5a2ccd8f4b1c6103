package dev.sampo.kafka.handler;

import dev.sampo.kafka.codec.AdvertisedApis;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Tells which keys and versions are served. An unknown version is answered by the connection, since its request cannot
 * be parsed.
 *
 * @see "KIP-511 (software name and version), KIP-1242 (cluster id and node id)"
 */
public final class ApiVersionsHandler implements ApiHandler {
    private static final Pattern SOFTWARE = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9\\-.]*[a-zA-Z0-9])?");

    private final AdvertisedApis apis;
    private final String clusterId;
    private final int nodeId;

    /** {@code clusterId} and {@code nodeId} are this broker's. */
    public ApiVersionsHandler(AdvertisedApis apis, String clusterId, int nodeId) {
        this.apis = apis;
        this.clusterId = clusterId;
        this.nodeId = nodeId;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ApiVersionsRequestData) exchange.request();
        if (exchange.apiVersion() >= 3) {
            if (!isValid(request.clientSoftwareName()) || !isValid(request.clientSoftwareVersion())) {
                exchange.respond(error(Errors.INVALID_REQUEST));
                return;
            }
            exchange.client().software(request.clientSoftwareName(), request.clientSoftwareVersion());
        }
        if (exchange.apiVersion() >= 5 && (request.clusterId() == null) != (request.nodeId() == -1)) {
            exchange.respond(error(Errors.INVALID_REQUEST)); // a client names both or neither
            return;
        }
        if (exchange.apiVersion() >= 5 && isMeantForAnother(request)) {
            exchange.respond(error(Errors.REBOOTSTRAP_REQUIRED));
            return;
        }
        exchange.respond(apis.response());
    }

    private boolean isMeantForAnother(ApiVersionsRequestData request) {
        return (request.clusterId() != null && !request.clusterId().equals(clusterId))
                || (request.nodeId() != -1 && request.nodeId() != nodeId);
    }

    private static boolean isValid(String software) {
        return SOFTWARE.matcher(software).matches();
    }

    private static ApiVersionsResponseData error(Errors error) {
        return new ApiVersionsResponseData().setErrorCode(error.code());
    }
}
