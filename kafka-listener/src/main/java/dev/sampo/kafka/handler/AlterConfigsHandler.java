package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Controller.ItemResult;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;

/** AlterConfigs (33), versions 0-2: each resource's values are replaced by those given; what is not named is unset. */
public final class AlterConfigsHandler implements ApiHandler {
    private final ConfigAlterations alterations;

    /** Shares the rules with {@link IncrementalAlterConfigsHandler}. */
    public AlterConfigsHandler(ConfigAlterations alterations) {
        this.alterations = alterations;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.ALTER_CONFIGS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (AlterConfigsRequestData) exchange.request();
        var resources = new ArrayList<ConfigAlterations.Resource>();
        for (AlterConfigsResource resource : request.resources()) {
            var changes = new ArrayList<ConfigAlterations.Change>();
            resource.configs().forEach(c -> changes.add(new ConfigAlterations.Change(c.name(), (byte) 0, c.value())));
            resources.add(new ConfigAlterations.Resource(resource.resourceType(), resource.resourceName(), changes));
        }
        exchange.respondWhen(alterations.alter(resources, true, request.validateOnly())
                .thenApply(results -> response(resources, results)));
    }

    private static AlterConfigsResponseData response(
            List<ConfigAlterations.Resource> resources, List<ItemResult> results) {
        var response = new AlterConfigsResponseData();
        for (int i = 0; i < results.size(); i++) {
            response.responses()
                    .add(new AlterConfigsResourceResponse()
                            .setResourceType(resources.get(i).type())
                            .setResourceName(resources.get(i).name())
                            .setErrorCode(results.get(i).error().code())
                            .setErrorMessage(ErrorMessages.fitting(results.get(i).errorMessage())));
        }
        return response;
    }
}
