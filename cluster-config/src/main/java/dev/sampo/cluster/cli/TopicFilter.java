package dev.sampo.cluster.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * Topics, or some of their partitions, as {@code orders} or {@code orders:0,3}.
 *
 * @param partitions by topic; empty means all
 */
record TopicFilter(Map<String, Set<Integer>> partitions) implements Predicate<TopicPartition> {
    /** Nothing given means everything. */
    static TopicFilter parse(List<String> texts) {
        var partitions = new HashMap<String, Set<Integer>>();
        for (String text : texts) {
            int colon = text.indexOf(':');
            Set<Integer> numbers =
                    partitions.computeIfAbsent(colon < 0 ? text : text.substring(0, colon), _ -> new TreeSet<>());
            if (colon < 0) {
                continue;
            }
            for (String number : text.substring(colon + 1).split(",", -1)) {
                if (!number.matches("\\d{1,9}")) {
                    throw CliException.usage("\"" + text + "\" names no partitions", "TOPIC, or TOPIC:0,3");
                }
                numbers.add(Integer.parseInt(number));
            }
        }
        return new TopicFilter(partitions);
    }

    @Override
    public boolean test(TopicPartition partition) {
        if (partitions.isEmpty()) {
            return true;
        }
        Set<Integer> numbers = partitions.get(partition.topic());
        return numbers != null && (numbers.isEmpty() || numbers.contains(partition.partition()));
    }
}
