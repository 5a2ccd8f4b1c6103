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
    private int beforeMark = -1; // chunks that are not begun; none when there is no mark
    private @Nullable RecordDecoder<K, V> decoder;

    /** Tells {@code consumed} of each chunk that it is through with. */
    ChunkBuffer(Deserializers<K, V> deserializers, Consumer<Chunk> consumed) {
        this.deserializers = deserializers;
        this.consumed = consumed;
    }

    void add(Chunk chunk) {
        chunks.add(chunk);
    }

    /** Sets a mark behind what is held now. */
    void mark() {
        beforeMark = chunks.size();
    }

    /** True, once, when nothing is held before the mark any more. */
    boolean takeMark() {
        if (beforeMark != 0 || decoder != null) {
            return false;
        }
        beforeMark = -1;
        return true;
    }

    /** The next record, or null when nothing is held, or nothing before the mark. */
    @Nullable ConsumerRecord<K, V> next() {
        while (true) {
            RecordDecoder<K, V> current = decoder;
            if (current == null) {
                Chunk chunk = beforeMark == 0 ? null : chunks.poll();
                if (chunk == null) {
                    return null;
                }
                beforeMark -= beforeMark > 0 ? 1 : 0;
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
        beforeMark -= (int) chunks.stream().limit(Math.max(0, beforeMark))
                .filter(chunk -> partitions.contains(chunk.partition())).count();
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
