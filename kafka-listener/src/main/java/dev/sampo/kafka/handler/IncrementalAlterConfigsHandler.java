package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Controller.ItemResult;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;

/** IncrementalAlterConfigs (44), versions 0-1: set, delete, append and subtract by name (KIP-339). */
public final class IncrementalAlterConfigsHandler implements ApiHandler {
    private final ConfigAlterations alterations;

    /** Shares the rules with {@link AlterConfigsHandler}. */
    public IncrementalAlterConfigsHandler(ConfigAlterations alterations) {
        this.alterations = alterations;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (IncrementalAlterConfigsRequestData) exchange.request();
        var resources = new ArrayList<ConfigAlterations.Resource>();
        for (AlterConfigsResource resource : request.resources()) {
            var changes = new ArrayList<ConfigAlterations.Change>();
            resource.configs()
                    .forEach(c ->
                            changes.add(new ConfigAlterations.Change(c.name(), c.configOperation(), c.value())));
            resources.add(new ConfigAlterations.Resource(resource.resourceType(), resource.resourceName(), changes));
        }
        exchange.respondWhen(alterations.alter(resources, false, request.validateOnly())
                .thenApply(results -> response(resources, results)));
    }

    private static IncrementalAlterConfigsResponseData response(
            List<ConfigAlterations.Resource> resources, List<ItemResult> results) {
        var response = new IncrementalAlterConfigsResponseData();
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
