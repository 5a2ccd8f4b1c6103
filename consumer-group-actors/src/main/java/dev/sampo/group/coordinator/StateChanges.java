package dev.sampo.group.coordinator;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Who waits for the next change of a group's state. Thread-safe. */
final class StateChanges {
    private final ConcurrentHashMap<String, Map<Long, CompletableFuture<Boolean>>> waiting = new ConcurrentHashMap<>(); // by group
    private final AtomicLong ids = new AtomicLong();

    /** See {@link GroupAccess#nextChange}. */
    CompletableFuture<Boolean> next(String groupId) {
        var change = new CompletableFuture<Boolean>();
        long id = ids.incrementAndGet();
        waiting.compute(groupId, (group, changes) -> {
            Map<Long, CompletableFuture<Boolean>> all = changes == null ? new HashMap<>() : changes;
            all.put(id, change);
            return all;
        });
        var _ = change.thenRun(() -> waiting.computeIfPresent(groupId, (group, changes) -> {
            changes.remove(id);
            return changes.isEmpty() ? null : changes;
        }));
        return change;
    }

    /** The state of the group has changed, or it is no longer coordinated here. */
    void changed(String groupId) {
        Map<Long, CompletableFuture<Boolean>> changes = waiting.remove(groupId);
        if (changes != null) {
            changes.values().forEach(change -> change.complete(true));
        }
    }

    /** Groups that somebody waits for. */
    int size() {
        return waiting.size();
    }
}
