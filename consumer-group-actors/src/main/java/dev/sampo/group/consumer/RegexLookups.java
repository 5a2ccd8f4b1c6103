package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.ConsumerGroupEvent.EpochStored;
import dev.sampo.group.journal.ConsumerGroupEvent.RegexStored;
import dev.sampo.group.journal.ConsumerGroupEvent.ResolvedRegex;
import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** When the topics of a group's regular expressions are looked up, and what comes of it. One look-up at a time. */
final class RegexLookups {
    private static final long REFRESH_MIN_INTERVAL_MS = 10_000;

    private final GroupFacts facts;
    private boolean running;

    RegexLookups(GroupFacts facts) {
        this.facts = facts;
    }

    /**
     * The expressions to look up: all, or none while others are being looked up, or were a moment ago.
     *
     * @param next what the group will want
     * @param isNew one of them was wanted by nobody before
     */
    Set<String> due(Subscriptions next, boolean isNew, Topics topics, int refreshIntervalMs, long nowMs) {
        Subscriptions now = facts.subscriptions();
        if (running || (!isNew && now.regexes().isEmpty()) || next.regexes().isEmpty()) {
            return Set.of();
        }
        ResolvedRegex last = now.resolved().values().stream()
                .max(Comparator.comparingLong(ResolvedRegex::timestampMs)).orElse(null);
        if (last != null && nowMs <= last.timestampMs() + REFRESH_MIN_INTERVAL_MS) {
            return Set.of();
        }
        boolean due = isNew || last == null || next.regexes().size() != now.resolved().size()
                || last.version() < topics.newestTopicVersion()
                || nowMs > last.timestampMs() + refreshIntervalMs;
        return due ? Set.copyOf(next.regexes()) : Set.of();
    }

    /** {@link #found} will be called. */
    void begin() {
        running = true;
    }

    /** What a look-up in {@code in} found, none where it failed. */
    Change found(Map<String, Set<String>> topicsByRegex, Topics in, TopicHashes hashes, long nowMs) {
        running = false;
        var events = new ArrayList<ConsumerGroupEvent>();
        Subscriptions next = facts.subscriptions().copy();
        boolean changed = false;
        for (var entry : topicsByRegex.entrySet()) {
            String regex = entry.getKey();
            if (facts.subscriptions().members(regex) == 0) {
                continue; // given up meanwhile
            }
            var found = new ResolvedRegex(entry.getValue(), in.version(), nowMs);
            ResolvedRegex before = facts.subscriptions().resolved(regex);
            changed |= !found.topics().equals(before == null ? Set.of() : before.topics());
            next.resolve(regex, found);
            events.add(new RegexStored(regex, found));
        }
        long hash = next.hash(hashes);
        if (!changed && hash == facts.metadataHash()) {
            return new Change(events, List.of());
        }
        events.add(new EpochStored(facts.groupEpoch() + 1, hash));
        return new Change(events, List.of(new Cause(changed ? Reason.REGEX_RESOLVED : Reason.TOPICS_CHANGED, "", null)));
    }
}
