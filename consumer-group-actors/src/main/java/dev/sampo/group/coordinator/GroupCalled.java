package dev.sampo.group.coordinator;

import java.util.Set;

/** A group rebalances: told on the actor system's event stream for those who can reach its members on nodes of the cluster. */
public record GroupCalled(String groupId, Set<String> nodes) {}
