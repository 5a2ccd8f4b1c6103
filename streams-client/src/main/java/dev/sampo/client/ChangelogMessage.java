package dev.sampo.client;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** What a changelog source emits: entries, one {@link SnapshotEnd}, then changes. */
public sealed interface ChangelogMessage<K, V> {
    /** A key of the snapshot with its last value; a removed key has none. */
    record Entry<K, V>(ConsumerRecord<K, V> record) implements ChangelogMessage<K, V> {}

    /**
     * The snapshot is whole: it holds what was in the topic when the stream began, and perhaps a little more.
     *
     * @param offsets by partition the offset behind the last record that went into it; absent where there was none
     */
    record SnapshotEnd<K, V>(Map<TopicPartition, Long> offsets) implements ChangelogMessage<K, V> {
        /** Copies the map. */
        public SnapshotEnd {
            offsets = Map.copyOf(offsets);
        }
    }

    /** A record behind the snapshot. */
    record Change<K, V>(ConsumerRecord<K, V> record) implements ChangelogMessage<K, V> {
        /** The key has no value any more. */
        public boolean isRemoval() {
            return record.value() == null;
        }
    }
}
