package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.ResolvedRegex;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.jspecify.annotations.Nullable;

/**
 * What the members of a group want together: topics by name and by regular expression, and assignors. Counts, so that a
 * member more or less costs what that member brings.
 */
final class Subscriptions {
    /** How many members name a topic, and how many regular expressions match it. */
    private record Wanted(int byName, int byRegex) {
        static final Wanted NOT = new Wanted(0, 0);
    }

    private final Map<String, Wanted> topics = new HashMap<>();
    private final Map<String, Integer> regexes = new HashMap<>(); // to their members
    private final Map<String, Integer> assignors = new HashMap<>(); // to the members that ask for them
    private final Map<String, ResolvedRegex> resolved = new HashMap<>();

    /** What this would be after a change that is not decided yet. */
    Subscriptions copy() {
        var copy = new Subscriptions();
        copy.topics.putAll(topics);
        copy.regexes.putAll(regexes);
        copy.assignors.putAll(assignors);
        copy.resolved.putAll(resolved);
        return copy;
    }

    /** A member wants something else; {@link Subscription#NONE} before it comes and after it has gone. */
    void replace(Subscription before, Subscription after) {
        before.topicNames().forEach(topic -> count(topic, -1, 0));
        after.topicNames().forEach(topic -> count(topic, 1, 0));
        count(regexes, regexOf(before), -1);
        count(regexes, regexOf(after), 1);
        count(assignors, before.assignor(), -1);
        count(assignors, after.assignor(), 1);
    }

    private static void count(Map<String, Integer> counts, @Nullable String key, int change) {
        if (key != null) {
            counts.merge(key, change, (count, more) -> count + more == 0 ? null : count + more);
        }
    }

    private void count(String topic, int byName, int byRegex) {
        topics.compute(topic, (name, before) -> {
            Wanted was = before == null ? Wanted.NOT : before;
            var wanted = new Wanted(was.byName + byName, was.byRegex + byRegex);
            return wanted.equals(Wanted.NOT) ? null : wanted;
        });
    }

    /** The topics of a regular expression, in the place of those that it had. */
    void resolve(String regex, ResolvedRegex found) {
        forget(regex);
        resolved.put(regex, found);
        found.topics().forEach(topic -> count(topic, 0, 1));
    }

    /** A regular expression has no topics any more; nothing happens when it had none. */
    void forget(String regex) {
        ResolvedRegex before = resolved.remove(regex);
        if (before != null) {
            before.topics().forEach(topic -> count(topic, 0, -1));
        }
    }

    /** Null when a member has none. */
    static @Nullable String regexOf(Subscription wants) {
        String regex = wants.topicRegex();
        return regex == null || regex.isEmpty() ? null : regex;
    }

    /** Whether all members want the same, which is easier to assign. */
    SubscriptionType type(int members) {
        Collection<Wanted> wanted = topics.values();
        if (regexes.isEmpty()) {
            return type(wanted.stream().allMatch(topic -> topic.byName == members));
        }
        boolean oneForAll = regexes.values().iterator().next() == members;
        return type(oneForAll && wanted.stream().allMatch(topic -> topic.byRegex == 1 && topic.byName == 0));
    }

    private static SubscriptionType type(boolean same) {
        return same ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
    }

    /** The assignor that most members ask for, null when none asks. A tie goes by the order of a hash map, as in Kafka. */
    @Nullable String preferredAssignor() {
        String best = null;
        int most = 0;
        for (var entry : assignors.entrySet()) {
            if (entry.getValue() > most) {
                best = entry.getKey();
                most = entry.getValue();
            }
        }
        return best;
    }

    /** All names that a member wants, by name or by regular expression. */
    Set<String> topicsOf(Subscription wants) {
        String regex = regexOf(wants);
        ResolvedRegex found = regex == null ? null : resolved.get(regex);
        if (found == null || found.topics().isEmpty()) {
            return wants.topicNames();
        }
        if (wants.topicNames().isEmpty()) {
            return found.topics();
        }
        var all = new HashSet<>(wants.topicNames());
        all.addAll(found.topics());
        return all;
    }

    /** True when a member wants this topic. */
    boolean contains(String topic) {
        return topics.containsKey(topic);
    }

    /** Hash of all topics that somebody wants and that exist, see {@link TopicHashes}. */
    long hash(TopicHashes hashes) {
        return hashes.of(topics.keySet());
    }

    int members(String regex) {
        return regexes.getOrDefault(regex, 0);
    }

    Set<String> regexes() {
        return regexes.keySet();
    }

    /** Null when it was not looked up yet. */
    @Nullable ResolvedRegex resolved(String regex) {
        return resolved.get(regex);
    }

    Map<String, ResolvedRegex> resolved() {
        return resolved;
    }
}
