package dev.sampo.client.producer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.AbstractRecords;
import org.apache.kafka.common.record.internal.CompressionRatioEstimator;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * The records of one partition that travel and succeed or fail together, written into their final bytes as they come.
 *
 * <p>Life: records are appended; {@link #close} gives it sequence numbers and final bytes; it is sent, perhaps several
 * times with the same bytes; {@link #forgetSequence} and another {@code close} rewrite only the header.
 */
final class ProducerBatch {
    static final int NO_SEQUENCE = RecordBatch.NO_SEQUENCE;

    /** One record's share of the batch, to make its metadata when the offset is known. */
    private record Part(Delivery delivery, long timestampMs, int keySize, int valueSize) {}

    private final PartitionLine line;
    private final long firstRecord;
    private final long createdMs;
    private final int memoryBytes;
    private final MemoryRecordsBuilder builder;
    private final List<Part> parts = new ArrayList<>();
    private @Nullable MemoryRecords records;
    private int baseSequence = NO_SEQUENCE;
    private int attempts;
    private boolean outOfOrder;
    private boolean done;

    /**
     * An empty batch.
     *
     * @param firstRecord how many records this partition was given before; orders batches
     * @param capacityBytes target size; a first record that is larger still fits
     */
    ProducerBatch(PartitionLine line, long firstRecord, Compression compression, int capacityBytes, long nowMs) {
        this.line = line;
        this.firstRecord = firstRecord;
        this.createdMs = nowMs;
        this.memoryBytes = capacityBytes;
        this.builder = MemoryRecords.builder(
                ByteBuffer.allocate(capacityBytes),
                RecordBatch.CURRENT_MAGIC_VALUE,
                compression,
                TimestampType.CREATE_TIME,
                0L);
        builder.setEstimatedCompressionRatio(
                CompressionRatioEstimator.estimation(line.topicPartition().topic(), compression.type()));
    }

    /** Largest number of bytes that one record can take, alone in a batch. */
    static int sizeUpperBound(Compression compression, byte @Nullable [] key, byte @Nullable [] value, Header[] headers) {
        return AbstractRecords.estimateSizeInBytesUpperBound(
                RecordBatch.CURRENT_MAGIC_VALUE, compression.type(), key, value, headers);
    }

    /** Appends one record, unless the batch has no room for it: then gives false and nothing changed. */
    boolean tryAppend(
            Delivery delivery, long timestampMs, byte @Nullable [] key, byte @Nullable [] value, Header[] headers) {
        if (!builder.hasRoomFor(timestampMs, key, value, headers)) {
            return false;
        }
        builder.append(timestampMs, key, value, headers);
        parts.add(new Part(delivery, timestampMs, key == null ? -1 : key.length, value == null ? -1 : value.length));
        return true;
    }

    /** No record of usual size fits any more. */
    boolean isFull() {
        return builder.isFull();
    }

    /** Ends the batch: no record comes any more. Compressors give back their memory. */
    void seal() {
        builder.closeForRecordAppends();
    }

    /** Final bytes without producer state, for a producer that is not idempotent. */
    void close() {
        if (records == null) {
            builder.close();
            records = builder.build();
            CompressionRatioEstimator.updateEstimation(
                    line.topicPartition().topic(), builder.compression().type(), (float) builder.compressionRatio());
        }
    }

    /** Final bytes with the next sequence numbers of {@code sequences}. Only when it has none yet. */
    void close(SequenceLine sequences) {
        int first = sequences.take(parts.size());
        close(sequences.producerId(), sequences.epoch(), first);
    }

    private void close(long producerId, short epoch, int first) {
        if (records == null) {
            builder.setProducerState(producerId, epoch, first, false);
        } else {
            builder.reopenAndRewriteProducerState(producerId, epoch, first, false);
            records = null;
        }
        baseSequence = first;
        close();
    }

    /** The next {@link #close(SequenceLine)} gives new numbers: the old ones belong to an ended epoch. */
    void forgetSequence() {
        baseSequence = NO_SEQUENCE;
    }

    boolean hasSequence() {
        return baseSequence != NO_SEQUENCE;
    }

    /** The final bytes of a closed batch. */
    MemoryRecords records() {
        MemoryRecords built = records;
        if (built == null) {
            throw new IllegalStateException("batch of " + line.topicPartition() + " is not closed");
        }
        return built;
    }

    /** Size on the wire: exact once closed, estimated before. */
    int sizeBytes() {
        MemoryRecords built = records;
        return built == null ? builder.estimatedSizeInBytes() : built.sizeInBytes();
    }

    /**
     * Two or more smaller batches with the same records in the same order, for a broker that refused this one as too
     * large: each at most {@code capacityBytes} or one record, so that splitting again comes to an end. They carry on
     * the same run of sequence numbers, so that batches behind it stay valid.
     *
     * @param capacityBytes target size of each part
     */
    List<ProducerBatch> split(int capacityBytes, Compression compression) {
        RecordBatch whole = records().batches().iterator().next();
        var halves = new ArrayList<ProducerBatch>();
        ProducerBatch current = null;
        int index = 0;
        int usedBytes = 0;
        for (Record record : whole) {
            Part part = parts.get(index);
            byte[] key = bytes(record.key());
            byte[] value = bytes(record.value());
            int sizeBytes = sizeUpperBound(compression, key, value, record.headers());
            boolean fits = usedBytes + sizeBytes <= capacityBytes;
            usedBytes = fits ? usedBytes + sizeBytes : sizeBytes;
            if (current == null
                    || !fits
                    || !current.tryAppend(part.delivery, part.timestampMs, key, value, record.headers())) {
                current = new ProducerBatch(
                        line, firstRecord + index, compression, Math.max(capacityBytes, sizeBytes), createdMs);
                current.tryAppend(part.delivery, part.timestampMs, key, value, record.headers());
                halves.add(current);
            }
            index++;
        }
        int sequence = baseSequence;
        for (ProducerBatch half : halves) {
            half.attempts = attempts;
            if (baseSequence != NO_SEQUENCE) {
                half.close(whole.producerId(), whole.producerEpoch(), sequence);
                sequence = DefaultRecordBatch.incrementSequence(
                        sequence, half.recordCount());
            }
        }
        return halves;
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(copy);
        return copy;
    }

    /**
     * Tells each record's owner its offset.
     *
     * @param baseOffset the first record's offset, or -1 when it is not known
     * @param logAppendTimeMs the broker's time stamp, or -1 when the records' own stamps hold
     */
    void acknowledge(long baseOffset, long logAppendTimeMs) {
        TopicPartition topicPartition = line.topicPartition();
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            long timestampMs = logAppendTimeMs == RecordBatch.NO_TIMESTAMP ? part.timestampMs : logAppendTimeMs;
            part.delivery.acknowledged(new RecordMetadata(
                    topicPartition, baseOffset, i, timestampMs, part.keySize, part.valueSize));
        }
    }

    /** Tells each record's owner that it is given up. */
    void fail(RuntimeException cause) {
        for (Part part : parts) {
            part.delivery.failed(cause);
        }
    }

    PartitionLine line() {
        return line;
    }

    TopicPartition topicPartition() {
        return line.topicPartition();
    }

    int recordCount() {
        return parts.size();
    }

    long firstRecord() {
        return firstRecord;
    }

    long createdMs() {
        return createdMs;
    }

    /** What this batch counts against {@code buffer.memory}. */
    int memoryBytes() {
        return memoryBytes;
    }

    int attempts() {
        return attempts;
    }

    void countAttempt() {
        attempts++;
        outOfOrder = false;
    }

    /** The broker missed the batch before this one, at the last attempt. */
    boolean isOutOfOrder() {
        return outOfOrder;
    }

    void markOutOfOrder() {
        outOfOrder = true;
    }

    /** Its owners know the outcome; only an answer may still come. */
    boolean isDone() {
        return done;
    }

    void markDone() {
        done = true;
    }
}
