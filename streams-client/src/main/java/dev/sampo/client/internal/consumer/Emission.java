package dev.sampo.client.internal.consumer;

import dev.sampo.client.ConsumerMessage.CommittableMessage;
import dev.sampo.client.ConsumerMessage.GroupTopicPartition;
import dev.sampo.client.ConsumerMessage.PartitionOffset;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.internal.consumer.OffsetBatch.RecordOffset;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** What a source makes of a record. */
public interface Emission<K, V, T> {
    /** The element for this record. */
    T element(ConsumerRecord<K, V> record, long assignment, ConsumerHandle consumer);

    /** True when elements may be committed, so that a stopped consumer waits for that. */
    boolean committable();

    /** The element for the mark of a {@link Span}; null when the source ends there. */
    default @Nullable T mark() {
        return null;
    }

    /** Records, and an empty element for the mark. */
    static <K, V> Emission<K, V, Optional<ConsumerRecord<K, V>>> marked() {
        return new Emission<>() {
            @Override
            public Optional<ConsumerRecord<K, V>> element(
                    ConsumerRecord<K, V> record, long assignment, ConsumerHandle consumer) {
                return Optional.of(record);
            }

            @Override
            public Optional<ConsumerRecord<K, V>> mark() {
                return Optional.empty();
            }

            @Override
            public boolean committable() {
                return false;
            }
        };
    }

    /** The record itself. */
    static <K, V> Emission<K, V, ConsumerRecord<K, V>> plain() {
        return new Emission<>() {
            @Override
            public ConsumerRecord<K, V> element(ConsumerRecord<K, V> record, long assignment, ConsumerHandle consumer) {
                return record;
            }

            @Override
            public boolean committable() {
                return false;
            }
        };
    }

    /**
     * The record with its offset.
     *
     * @param metadata text that is committed with the offset
     * @throws ConfigException the settings name no group
     */
    static <K, V> Emission<K, V, CommittableMessage<K, V>> committable(
            ConsumerSettings<K, V> settings, Function<ConsumerRecord<K, V>, String> metadata) {
        String groupId = settings.getProperty("group.id");
        if (groupId == null || groupId.isEmpty()) {
            throw new ConfigException("group.id", null, "committing needs a consumer group: use withGroupId");
        }
        return new Emission<>() {
            @Override
            public CommittableMessage<K, V> element(
                    ConsumerRecord<K, V> record, long assignment, ConsumerHandle consumer) {
                var key = new GroupTopicPartition(groupId, record.topic(), record.partition());
                return new CommittableMessage<>(record, new RecordOffset(
                        consumer,
                        new PartitionOffset(key, record.offset()),
                        assignment,
                        record.leaderEpoch().orElse(-1),
                        metadata.apply(record)));
            }

            @Override
            public boolean committable() {
                return true;
            }
        };
    }
}
