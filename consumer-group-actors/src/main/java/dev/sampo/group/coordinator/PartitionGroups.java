package dev.sampo.group.coordinator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The groups of one partition of {@code __consumer_offsets} while it is coordinated here: when it is loaded, each stored
 * group starts; when all have recovered, it serves. Groups that are stored run all the time, for their sessions and
 * expiry; a group that does not exist starts only by a request that may create it. Pure.
 *
 * @param <R> a request and the way back
 */
public final class PartitionGroups<R> {
    /** What the shell does next, in list order. */
    public sealed interface Effect<R> {
        /** Start the group from what is stored. */
        record Start<R>(String groupId) implements Effect<R> {}

        /** The group gets a request. */
        record Tell<R>(String groupId, R request) implements Effect<R> {}

        /** The group does not exist and the request cannot create it. */
        record AnswerForNobody<R>(R request) implements Effect<R> {}

        /** The group stops, or answers {@link #onStays}. Requests that were sent before are in front of this. */
        record Stop<R>(String groupId) implements Effect<R> {}

        /** The group has stopped: its request comes again, to {@link #onRequest}. */
        record Again<R>(R request) implements Effect<R> {}

        /** From now on requests are answered. */
        record Serve<R>() implements Effect<R> {}
    }

    /** A running group; once {@code leaving}, requests wait for its successor. */
    private static final class Running<R> {
        final List<R> held = new ArrayList<>();
        boolean leaving;
    }

    private final Map<String, Running<R>> groups = new HashMap<>();
    private final Set<String> recovering = new HashSet<>();
    private boolean loaded;
    private boolean serving;

    /** The partition is loaded; once. */
    public List<Effect<R>> onLoaded(Set<String> stored) {
        var effects = new ArrayList<Effect<R>>(stored.size() + 1);
        loaded = true;
        recovering.addAll(stored);
        stored.stream().sorted().forEach(groupId -> start(groupId, effects));
        serveWhenRecovered(effects);
        return effects;
    }

    /** A group has recovered. */
    public List<Effect<R>> onRecovered(String groupId) {
        var effects = new ArrayList<Effect<R>>(1);
        noteRecovered(groupId, effects);
        return effects;
    }

    /**
     * A request to one of the groups.
     *
     * @param stored whether something is stored about it
     */
    public List<Effect<R>> onRequest(String groupId, R request, boolean mayCreate, boolean stored) {
        var effects = new ArrayList<Effect<R>>(2);
        Running<R> group = groups.get(groupId);
        if (group == null) {
            if (!mayCreate && loaded && !stored) {
                effects.add(new Effect.AnswerForNobody<>(request));
                return effects;
            }
            group = start(groupId, effects);
        }
        if (group.leaving) {
            group.held.add(request);
        } else {
            effects.add(new Effect.Tell<>(groupId, request));
        }
        return effects;
    }

    /** The group does not exist (any more). */
    public List<Effect<R>> onGone(String groupId) {
        Running<R> group = groups.get(groupId);
        if (group == null || group.leaving) {
            return List.of();
        }
        group.leaving = true;
        return List.of(new Effect.Stop<>(groupId));
    }

    /** The answer to {@link Effect.Stop}: it has come into being again meanwhile. */
    public List<Effect<R>> onStays(String groupId) {
        var effects = new ArrayList<Effect<R>>();
        Running<R> group = groups.get(groupId);
        if (group != null && group.leaving) {
            group.leaving = false;
            group.held.forEach(request -> effects.add(new Effect.Tell<>(groupId, request)));
            group.held.clear();
        }
        return effects;
    }

    /**
     * A group has stopped, told to or by a failure: then its sessions and expiry go on.
     *
     * @param stored whether something is stored about it
     */
    public List<Effect<R>> onStopped(String groupId, boolean stored) {
        var effects = new ArrayList<Effect<R>>(1);
        Running<R> group = groups.remove(groupId);
        if (group == null) {
            return effects;
        }
        group.held.forEach(request -> effects.add(new Effect.Again<>(request)));
        if (group.held.isEmpty() && loaded && stored) {
            start(groupId, effects);
        } else if (group.held.isEmpty()) {
            noteRecovered(groupId, effects);
        }
        return effects;
    }

    /** It is not coordinated here any more: the requests that still wait for the end of a group. */
    public List<R> onEnd() {
        return groups.values().stream().flatMap(group -> group.held.stream()).toList();
    }

    /** Number of running groups. */
    public int size() {
        return groups.size();
    }

    private Running<R> start(String groupId, List<Effect<R>> effects) {
        var group = new Running<R>();
        groups.put(groupId, group);
        effects.add(new Effect.Start<>(groupId));
        return group;
    }

    private void noteRecovered(String groupId, List<Effect<R>> effects) {
        if (recovering.remove(groupId)) {
            serveWhenRecovered(effects);
        }
    }

    private void serveWhenRecovered(List<Effect<R>> effects) {
        if (recovering.isEmpty() && !serving) {
            serving = true;
            effects.add(new Effect.Serve<>());
        }
    }
}
