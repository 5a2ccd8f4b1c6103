package dev.sampo.kafka.handler;

import dev.sampo.group.coordinator.GroupAccess;
import java.util.concurrent.CompletableFuture;

/** Coordinators of which nothing is wanted but what a test says. */
abstract class UnaskedGroups implements GroupAccess {
    @Override
    public CompletableFuture<Boolean> nextChange(String groupId) {
        throw new AssertionError("not asked for");
    }

    @Override
    public Listing list() {
        throw new AssertionError("not asked for");
    }

    @Override
    public Location locate(String groupId) {
        throw new AssertionError("not asked for");
    }
}
