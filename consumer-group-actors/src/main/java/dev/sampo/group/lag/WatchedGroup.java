package dev.sampo.group.lag;

import dev.sampo.group.offsets.CommittedOffsets;

/** What any thread may look at of a group that is coordinated here. What is committed may not be stored yet. */
public record WatchedGroup(String groupId, CommittedOffsets offsets, RebalanceHistory rebalances) {}
