package dev.sampo.partition.balance;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Replicas that one who begins moves throttles, in the words of KIP-73's settings: a topic's list of {@code partition:broker}, and a
 * rate for each broker. Lists and rates are shared with whoever else throttles; the rules here tell apart whose is what. Pure.
 */
public final class ThrottledReplicas {
    private static final String ALL = "*";

    private final Map<String, Set<String>> byTopic = new TreeMap<>(); // "partition:broker"; no empty sets

    /** Adds one replica. */
    public void add(String topic, int partition, int broker) {
        byTopic.computeIfAbsent(topic, name -> new TreeSet<>()).add(partition + ":" + broker);
    }

    /** Adds those brokers of {@code to} that are not in {@code from}: they copy. */
    public void addMove(String topic, int partition, Collection<Integer> from, Collection<Integer> to) {
        to.stream().filter(broker -> !from.contains(broker)).forEach(broker -> add(topic, partition, broker));
    }

    /** Adds all of {@code others}. */
    public void addAll(ThrottledReplicas others) {
        others.byTopic.forEach((topic, replicas) -> byTopic.computeIfAbsent(topic, name -> new TreeSet<>()).addAll(replicas));
    }

    /** Takes all of {@code others} away. */
    public void removeAll(ThrottledReplicas others) {
        others.byTopic.forEach((topic, replicas) -> byTopic.computeIfPresent(topic, (name, present) -> {
            present.removeAll(replicas);
            return present.isEmpty() ? null : present;
        }));
    }

    /** Whether it names no replica. */
    public boolean isEmpty() {
        return byTopic.isEmpty();
    }

    /** By topic, in the form of the settings. */
    public Map<String, String> lists() {
        return byTopic.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, each -> String.join(",", each.getValue())));
    }

    /** Those that {@code lists} let be added: a topic that is throttled as a whole takes no single replicas. */
    public Map<String, String> addable(Map<String, String> lists) {
        Map<String, String> addable = new TreeMap<>(lists());
        addable.keySet().removeIf(topic -> parts(lists, topic).contains(ALL));
        return addable;
    }

    /** Ids of their brokers. */
    public Set<Integer> brokers() {
        return byTopic.values().stream().flatMap(Set::stream).map(ThrottledReplicas::broker).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Those that {@code lists} do not name: they are not somebody else's.
     *
     * @param lists settings by topic as they are before these are added, those of other topics too
     */
    public ThrottledReplicas notIn(Map<String, String> lists) {
        var free = new ThrottledReplicas();
        byTopic.forEach((topic, replicas) -> {
            var left = new TreeSet<>(replicas);
            Set<String> named = parts(lists, topic);
            left.removeAll(named);
            if (!left.isEmpty() && !named.contains(ALL)) {
                free.byTopic.put(topic, left);
            }
        });
        return free;
    }

    /** Those that {@code lists} name one by one. */
    public ThrottledReplicas in(Map<String, String> lists) {
        var named = new ThrottledReplicas();
        byTopic.forEach((topic, replicas) -> {
            Set<String> both = parts(lists, topic);
            both.retainAll(replicas);
            if (!both.isEmpty()) {
                named.byTopic.put(topic, both);
            }
        });
        return named;
    }

    /**
     * Their brokers of which nobody else throttles a replica: the rates of these may go. With a topic that is throttled as a
     * whole that is none, since any broker may get a replica of it.
     *
     * @param lists settings of all topics, by topic; these may be in them still
     */
    public Set<Integer> onlyTheirs(Map<String, String> lists) {
        Set<Integer> brokers = brokers();
        for (String topic : lists.keySet()) {
            Set<String> others = parts(lists, topic);
            if (others.contains(ALL)) {
                return Set.of();
            }
            others.removeAll(byTopic.getOrDefault(topic, Set.of()));
            others.forEach(replica -> brokers.remove(broker(replica)));
        }
        return brokers;
    }

    private static Integer broker(String replica) {
        return Integer.valueOf(replica.substring(replica.indexOf(':') + 1));
    }

    private static Set<String> parts(Map<String, String> lists, String topic) {
        return Arrays.stream(lists.getOrDefault(topic, "").split(",", -1))
                .map(String::trim)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
