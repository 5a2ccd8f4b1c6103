package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** ListGroups 0-5: the groups that this broker coordinates; filters by state from 4 on, by type from 5 on. */
public final class ListGroupsHandler implements ApiHandler {
    private final GroupAccess groups;

    /** Requests go to {@code groups}. */
    public ListGroupsHandler(GroupAccess groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_GROUPS;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ListGroupsRequestData) exchange.request();
        short version = exchange.apiVersion();
        Set<String> states = lowerCase(request.statesFilter());
        Set<String> types = lowerCase(request.typesFilter());
        GroupAccess.Listing listing = groups.list();
        var response = new ListGroupsResponseData();
        if (listing.loading()) {
            response.setErrorCode(KafkaError.COORDINATOR_LOAD_IN_PROGRESS.code());
        }
        for (Group.Summary group : listing.groups()) {
            boolean wanted = (states.isEmpty() || states.contains(group.state().toLowerCase(Locale.ROOT)))
                    && (types.isEmpty() || types.contains(group.groupType()));
            if (!wanted) {
                continue;
            }
            var listed = new ListGroupsResponseData.ListedGroup()
                    .setGroupId(group.groupId())
                    .setProtocolType(group.protocolType());
            if (version >= 4) {
                listed.setGroupState(group.state());
            }
            if (version >= 5) {
                listed.setGroupType(group.groupType());
            }
            response.groups().add(listed);
        }
        exchange.respond(response);
    }

    private static Set<String> lowerCase(List<String> names) {
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    }
}
