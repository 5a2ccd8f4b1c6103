package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What request handlers need of the coordinators of groups. Thread-safe. */
public interface GroupAccess {
    /** Groups coordinated here; {@code loading} when more may come. */
    record Listing(boolean loading, List<Group.Summary> groups) {}

    /** Where a group is coordinated: NONE with the broker's id, or COORDINATOR_NOT_AVAILABLE with -1. */
    record Location(KafkaError error, int brokerId) {}

    /**
     * Asks the coordinator of the request's group. Always completes normally: NOT_COORDINATOR when it is not here,
     * COORDINATOR_LOAD_IN_PROGRESS while it loads, COORDINATOR_NOT_AVAILABLE when there is no answer in time (a commit
     * may then be stored or not).
     */
    <R extends Group.Reply> CompletionStage<R> ask(Group.Request<R> request, Duration timeout);

    /**
     * Completes with true when the state of the group changes next, or when it is no longer coordinated here. Who does not want
     * to wait any longer completes it with false.
     */
    CompletableFuture<Boolean> nextChange(String groupId);

    /** The groups coordinated here. */
    Listing list();

    /** Finds the coordinator's broker; the first call of a cluster's life has {@code __consumer_offsets} created. */
    Location locate(String groupId);
}
