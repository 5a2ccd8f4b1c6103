package dev.sampo.client.internal.consumer;

import java.util.ArrayDeque;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.jspecify.annotations.Nullable;

/** The chunks that a stage holds, and the record it is at. Owned by one stage. */
final class ChunkBuffer<K, V> {
    private final Deserializers<K, V> deserializers;
    private final Consumer<Chunk> consumed;
    private final BufferSupplier buffers = BufferSupplier.create();
    private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();
    private @Nullable RecordDecoder<K, V> decoder;

    /** Tells {@code consumed} of each chunk that it is through with. */
    ChunkBuffer(Deserializers<K, V> deserializers, Consumer<Chunk> consumed) {
        this.deserializers = deserializers;
        this.consumed = consumed;
    }

    void add(Chunk chunk) {
        chunks.add(chunk);
    }

    /** The next record, or null when nothing is held. */
    @Nullable ConsumerRecord<K, V> next() {
        while (true) {
            RecordDecoder<K, V> current = decoder;
            if (current == null) {
                Chunk chunk = chunks.poll();
                if (chunk == null) {
                    return null;
                }
                current = new RecordDecoder<>(
                        chunk, deserializers.checkCrcs(), deserializers.keys(), deserializers.values(), buffers);
                decoder = current;
            }
            ConsumerRecord<K, V> record = current.next();
            if (record != null) {
                return record;
            }
            decoder = null;
            consumed.accept(current.chunk());
        }
    }

    /** The assignment that the record returned last belongs to. */
    long assignment() {
        return decoder == null ? -1 : decoder.chunk().assignment();
    }

    /** First offset held, or -1. */
    long firstOffset() {
        if (decoder != null) {
            return decoder.chunk().fetchOffset();
        }
        Chunk first = chunks.peek();
        return first == null ? -1 : first.fetchOffset();
    }

    /** Throws away what is held of these partitions. */
    void drop(Set<TopicPartition> partitions) {
        chunks.removeIf(chunk -> partitions.contains(chunk.partition()));
        if (decoder != null && partitions.contains(decoder.chunk().partition())) {
            decoder.close();
            decoder = null;
        }
    }

    /** Throws away everything. */
    void clear() {
        chunks.clear();
        if (decoder != null) {
            decoder.close();
            decoder = null;
        }
        buffers.close();
    }
}
