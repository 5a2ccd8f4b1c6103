package dev.sampo.tests.chaos.history;

import java.util.List;
import java.util.Optional;

/**
 * All that is known of a run.
 *
 * @param events in the order of their times
 * @param group the readers that belong to the group and must together have read all; empty when there was no group
 * @param errorsAllowed whether clients may have been given errors
 */
public record Observed(
        List<Event> events, List<FinalRead> finalReads, List<ReplicaLog> replicas, Optional<String> group, boolean errorsAllowed) {}
