package dev.sampo.group.consumer;

import dev.sampo.group.lag.Rebalance.Reason;

/** A member that is late, and with what. */
public record LateMember(String memberId, Reason reason) {}
