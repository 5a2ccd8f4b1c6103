package dev.sampo.client.internal.consumer;

import dev.sampo.client.ChangelogMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Folds a topic's records to a snapshot, until the mark; then passes them on. Pure. Keys are told apart by
 * {@code equals}, byte arrays by their content, each partition by itself as compaction does it.
 */
final class ChangelogState<K, V> {
    private record PartitionKey(TopicPartition partition, Object key) {}

    private final Map<PartitionKey, ConsumerRecord<K, V>> snapshot = new LinkedHashMap<>();
    private final Map<TopicPartition, Long> offsets = new HashMap<>();
    private boolean isWhole;

    /** @param record empty for the mark */
    List<ChangelogMessage<K, V>> next(Optional<ConsumerRecord<K, V>> record) {
        if (record.isPresent()) {
            return isWhole ? List.of(new ChangelogMessage.Change<>(record.get())) : collect(record.get());
        }
        isWhole = true;
        var all = new ArrayList<ChangelogMessage<K, V>>(snapshot.size() + 1);
        snapshot.values().forEach(entry -> all.add(new ChangelogMessage.Entry<>(entry)));
        all.add(new ChangelogMessage.SnapshotEnd<>(offsets));
        snapshot.clear();
        return all;
    }

    private List<ChangelogMessage<K, V>> collect(ConsumerRecord<K, V> record) {
        var partition = new TopicPartition(record.topic(), record.partition());
        offsets.put(partition, record.offset() + 1);
        @Nullable K key = record.key();
        if (key != null) { // compacted topics take no record without a key
            var where = new PartitionKey(partition, key instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : key);
            snapshot.remove(where); // so that entries come in the order of their last change
            if (record.value() != null) {
                snapshot.put(where, record);
            }
        }
        return List.of();
    }
}
