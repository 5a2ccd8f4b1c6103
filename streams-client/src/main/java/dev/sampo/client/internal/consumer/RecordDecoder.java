package dev.sampo.client.internal.consumer;

import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RecordDeserializationException.DeserializationExceptionOrigin;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.CloseableIterator;
import org.jspecify.annotations.Nullable;

/**
 * Turns one {@link Chunk} into records, one at a time: checks each batch's CRC, decompresses, leaves out control
 * records, aborted transactions and what lies before the offset wanted. Owned by one stage.
 */
final class RecordDecoder<K, V> {
    private final Chunk chunk;
    private final boolean checkCrcs;
    private final Deserializer<K> keys;
    private final Deserializer<V> values;
    private final BufferSupplier buffers;
    private final Iterator<MutableRecordBatch> batches;
    private final PriorityQueue<AbortedTransaction> aborted;
    private final Set<Long> abortedProducers = new HashSet<>();
    private @Nullable RecordBatch batch;
    private @Nullable CloseableIterator<Record> records;
    private Optional<Integer> leaderEpoch = Optional.empty();

    RecordDecoder(
            Chunk chunk, boolean checkCrcs, Deserializer<K> keys, Deserializer<V> values, BufferSupplier buffers) {
        this.chunk = chunk;
        this.checkCrcs = checkCrcs;
        this.keys = keys;
        this.values = values;
        this.buffers = buffers;
        this.batches = chunk.records().batchIterator();
        this.aborted = new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
        aborted.addAll(chunk.aborted());
    }

    Chunk chunk() {
        return chunk;
    }

    /**
     * The next record, or null at the end.
     *
     * @throws CorruptRecordException a batch fails its CRC
     * @throws RecordDeserializationException a deserializer failed; names partition and offset
     */
    @Nullable ConsumerRecord<K, V> next() {
        while (true) {
            CloseableIterator<Record> current = records;
            if (current == null || !current.hasNext()) {
                if (!openNextBatch()) {
                    return null;
                }
                continue;
            }
            Record record = current.next();
            if (record.offset() >= chunk.until()) {
                close();
                return null;
            }
            if (record.offset() >= chunk.fetchOffset()) {
                return decode(record);
            }
        }
    }

    private boolean openNextBatch() {
        close();
        while (batches.hasNext()) {
            MutableRecordBatch next = batches.next();
            if (next.lastOffset() < chunk.fetchOffset() && !next.isControlBatch()) {
                continue;
            }
            if (checkCrcs && !next.isValid()) {
                throw new CorruptRecordException("the record batch at offset " + next.baseOffset() + " of "
                        + chunk.partition() + " does not match its CRC");
            }
            if (isLeftOut(next)) {
                continue;
            }
            batch = next;
            leaderEpoch = next.partitionLeaderEpoch() == RecordBatch.NO_PARTITION_LEADER_EPOCH
                    ? Optional.empty()
                    : Optional.of(next.partitionLeaderEpoch());
            records = next.streamingIterator(buffers);
            return true;
        }
        return false;
    }

    private boolean isLeftOut(RecordBatch next) {
        AbortedTransaction begun = aborted.peek();
        while (begun != null && begun.firstOffset() <= next.lastOffset()) {
            abortedProducers.add(begun.producerId());
            aborted.remove();
            begun = aborted.peek();
        }
        if (next.isControlBatch()) {
            if (!abortedProducers.isEmpty() && next.hasProducerId() && isAbortMarker(next)) {
                abortedProducers.remove(next.producerId());
            }
            return true;
        }
        return next.isTransactional() && abortedProducers.contains(next.producerId());
    }

    private static boolean isAbortMarker(RecordBatch control) {
        Iterator<Record> records = control.iterator();
        return records.hasNext() && ControlRecordType.parse(records.next().key()) == ControlRecordType.ABORT;
    }

    private ConsumerRecord<K, V> decode(Record record) {
        TopicPartition partition = chunk.partition();
        var headers = new RecordHeaders(record.headers());
        TimestampType timestampType = batch == null ? TimestampType.NO_TIMESTAMP_TYPE : batch.timestampType();
        K key;
        try {
            ByteBuffer bytes = record.key();
            key = bytes == null ? null : keys.deserialize(partition.topic(), headers, bytes);
        } catch (RuntimeException e) {
            throw failed(DeserializationExceptionOrigin.KEY, record, timestampType, headers, e);
        }
        V value;
        try {
            ByteBuffer bytes = record.value();
            value = bytes == null ? null : values.deserialize(partition.topic(), headers, bytes);
        } catch (RuntimeException e) {
            throw failed(DeserializationExceptionOrigin.VALUE, record, timestampType, headers, e);
        }
        return new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                record.offset(),
                record.timestamp(),
                timestampType,
                record.hasKey() ? record.keySize() : ConsumerRecord.NULL_SIZE,
                record.hasValue() ? record.valueSize() : ConsumerRecord.NULL_SIZE,
                key,
                value,
                headers,
                leaderEpoch);
    }

    private KafkaException failed(
            DeserializationExceptionOrigin origin,
            Record record,
            TimestampType timestampType,
            RecordHeaders headers,
            RuntimeException cause) {
        return new RecordDeserializationException(
                origin,
                chunk.partition(),
                record.offset(),
                record.timestamp(),
                timestampType,
                record.key(),
                record.value(),
                headers,
                "the " + origin + " of offset " + record.offset() + " of " + chunk.partition()
                        + " cannot be deserialized; seek past it or mend the deserializer",
                cause);
    }

    /** Gives decompression buffers back. */
    void close() {
        if (records != null) {
            records.close();
            records = null;
        }
    }
}
