package dev.sampo.group.consumer;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Kafka's hash of topics: it changes when one comes or goes, gets partitions, or has replicas in other racks. It is in the
 * group's record, so that a coordinator finds out what changed while there was none.
 */
final class TopicHashes {
    private final Topics topics;
    private final Map<String, Long> known = new HashMap<>();

    TopicHashes(Topics topics) {
        this.topics = topics;
    }

    Topics topics() {
        return topics;
    }

    /** Of all that exist, in order of names; 0 when none does. */
    long of(Collection<String> names) {
        List<String> existing = new ArrayList<>();
        for (String name : names) {
            if (topics.topic(name) != null) {
                existing.add(name);
            }
        }
        if (existing.isEmpty()) {
            return 0;
        }
        existing.sort(null);
        HashStream64 hash = Hashing.xxh3_64().hashStream();
        existing.forEach(name -> hash.putLong(known.computeIfAbsent(name, this::of)));
        return hash.getAsLong();
    }

    private long of(String name) {
        Topics.Topic topic = topics.topic(name);
        if (topic == null) {
            return 0;
        }
        HashStream64 hash = Hashing.xxh3_64().hashStream()
                .putByte((byte) 0)
                .putLong(topic.id().getMostSignificantBits())
                .putLong(topic.id().getLeastSignificantBits())
                .putString(topic.name())
                .putInt(topic.partitionCount());
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            hash.putInt(partition);
            topics.racks(topic, partition).stream().sorted()
                    .forEach(rack -> hash.putInt(rack.length()).putString(rack));
        }
        return hash.getAsLong();
    }
}
