package dev.sampo.persistence.record;

import dev.sampo.persistence.record.Validation.Invalid;
import dev.sampo.persistence.record.Validation.Reason;
import dev.sampo.persistence.record.Validation.RecordError;
import dev.sampo.persistence.record.Validation.Valid;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks what a client sent for one partition, and makes of it what the log will hold. Pure but for the bytes: the
 * timestamp type is patched in place. Single records are walked, never made into objects, unless they must be
 * compressed anew.
 */
public final class BatchValidator {
    private static final int KNOWN_ATTRIBUTES = 0x7f;
    private static final int MAX_CODEC = 4;
    private static final int MAX_RECORD_ERRORS = 100;
    /** Only records that fit into memory a few times over are taken out of their compression. */
    private static final long MAX_REBUILT_BYTES = 64L << 20;

    private BatchValidator() {}

    /**
     * @param records one batch, from position to limit
     * @param fromClient false for coordinators, which may write control batches
     */
    public static Validation validate(ByteBuffer records, BatchRules rules, boolean fromClient, long nowMs) {
        int size = records.remaining();
        if (size < RecordBatch.LENGTH_OVERHEAD + 5) {
            return invalid(Reason.CORRUPT_MESSAGE, "no record batch: " + size + " bytes");
        }
        var batch = new RecordBatch(records);
        if (batch.magic() < 0 || batch.magic() > RecordBatch.MAGIC_V2) {
            return invalid(Reason.CORRUPT_MESSAGE, "unknown message format " + batch.magic());
        }
        if (batch.magic() != RecordBatch.MAGIC_V2) {
            return invalid(
                    Reason.UNSUPPORTED_FOR_MESSAGE_FORMAT,
                    "message format " + batch.magic() + " is not supported, format 2 is");
        }
        if (size < RecordBatch.HEADER_BYTES || batch.sizeInBytes() < RecordBatch.HEADER_BYTES) {
            return invalid(Reason.CORRUPT_MESSAGE, "a record batch of " + Math.min(size, batch.sizeInBytes()) + " bytes");
        }
        if (batch.sizeInBytes() > size) {
            return invalid(
                    Reason.CORRUPT_MESSAGE, "the batch says " + batch.sizeInBytes() + " bytes, " + size + " were sent");
        }
        if (batch.sizeInBytes() < size) {
            return invalid(Reason.INVALID_RECORD, "more than one record batch for a partition");
        }
        if (size > rules.maxMessageBytes()) {
            return tooLarge(size, rules);
        }
        if (size > rules.segmentBytes()) {
            return invalid(
                    Reason.RECORD_LIST_TOO_LARGE,
                    "a batch of " + size + " bytes is larger than segment.bytes, " + rules.segmentBytes());
        }
        if (!batch.isCrcValid()) {
            return invalid(Reason.CORRUPT_MESSAGE, "the CRC of the record batch is wrong");
        }
        Validation header = checkHeader(batch, fromClient);
        return header != null ? header : checkRecords(batch, rules, nowMs);
    }

    private static @Nullable Validation checkHeader(RecordBatch batch, boolean fromClient) {
        if ((batch.attributes() & ~KNOWN_ATTRIBUTES) != 0) {
            return invalid(Reason.INVALID_RECORD, "unknown attributes " + batch.attributes());
        }
        if (fromClient && batch.baseOffset() != 0) {
            return invalid(
                    Reason.INVALID_RECORD, "the base offset of a produced batch must be 0, it is " + batch.baseOffset());
        }
        if (fromClient && batch.isControl()) {
            return invalid(Reason.INVALID_RECORD, "clients may not write control batches");
        }
        if (fromClient && batch.hasDeleteHorizon()) {
            return invalid(Reason.INVALID_RECORD, "clients may not set a delete horizon");
        }
        if (batch.compressionCodec() > MAX_CODEC) {
            return invalid(
                    Reason.UNSUPPORTED_COMPRESSION_TYPE, "unknown compression codec " + batch.compressionCodec());
        }
        if (batch.recordCount() <= 0 || batch.recordCount() - 1 != batch.lastOffsetDelta()) {
            return invalid(
                    Reason.INVALID_RECORD,
                    batch.recordCount() + " records with a last offset delta of " + batch.lastOffsetDelta());
        }
        if (batch.hasProducerId() && (batch.producerEpoch() < 0 || (batch.baseSequence() < 0 && !batch.isControl()))) {
            return invalid(
                    Reason.INVALID_RECORD,
                    "producer id " + batch.producerId() + " with epoch " + batch.producerEpoch() + " and sequence "
                            + batch.baseSequence());
        }
        // Epoch and sequence say nothing without a producer id: kafkajs leaves both at 0.
        if (!batch.hasProducerId() && batch.isTransactional()) {
            return invalid(Reason.INVALID_RECORD, "a transactional batch without a producer id");
        }
        return null;
    }

    private static Validation checkRecords(RecordBatch batch, BatchRules rules, long nowMs) {
        var walk = new Walk(rules, batch.baseTimestamp(), nowMs);
        try {
            if (batch.compressionCodec() == 0) {
                walk.over(new RecordScan(batch.records()), batch.recordCount());
            } else {
                CompressionType type = CompressionType.forId(batch.compressionCodec());
                if (type == CompressionType.SNAPPY) {
                    SnappyFrames.check(batch.records());
                }
                try (InputStream stream = Compression.of(type)
                        .build()
                        .wrapForInput(batch.records(), RecordBatch.MAGIC_V2, BufferSupplier.NO_CACHING)) {
                    walk.over(new RecordScan(stream, rules.maxDecompressedRecordBytes()), batch.recordCount());
                }
            }
        } catch (RecordScan.TooLarge e) {
            return invalid(Reason.INVALID_RECORD, String.valueOf(e.getMessage()));
        } catch (RecordScan.Malformed e) {
            return invalid(Reason.INVALID_RECORD, "malformed records: " + e.getMessage());
        } catch (IOException | KafkaException e) {
            return invalid(Reason.CORRUPT_MESSAGE, "records cannot be read: " + e.getMessage());
        }
        if (!walk.errors.isEmpty()) {
            return new Invalid(walk.errorReason, String.valueOf(walk.errors.getFirst().message()), walk.errors);
        }
        if (rules.targetCodec(batch.compressionCodec()) != batch.compressionCodec()) {
            return rebuilt(batch, rules, walk, nowMs);
        }
        if (rules.logAppendTime()) {
            batch.setLogAppendTime(nowMs);
            return new Valid(batch.buffer(), nowMs, batch.recordCount() - 1);
        }
        if (batch.isLogAppendTime() || batch.maxTimestamp() != walk.maxTimestamp) {
            batch.setCreateTime(walk.maxTimestamp);
        }
        return new Valid(batch.buffer(), walk.maxTimestamp, walk.maxTimestampIndex);
    }

    /** Compresses the batch the way the topic wants it. */
    private static Validation rebuilt(RecordBatch batch, BatchRules rules, Walk walk, long nowMs) {
        if (walk.recordBytes > Math.max(MAX_REBUILT_BYTES, rules.maxMessageBytes())) {
            return invalid(
                    Reason.MESSAGE_TOO_LARGE,
                    "records of " + walk.recordBytes + " bytes once decompressed are too many to be compressed anew: send them"
                            + " in the topic's compression.type or in smaller batches");
        }
        TimestampType type = rules.logAppendTime() ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
        ByteBuffer target = ByteBuffer.allocate(Math.max(batch.sizeInBytes(), 512));
        MemoryRecordsBuilder builder = MemoryRecords.builder(
                target, RecordBatch.MAGIC_V2, rules.targetCompression(), type, 0L, nowMs, batch.producerId(),
                batch.producerEpoch(), batch.baseSequence(), batch.isTransactional(), batch.isControl(),
                batch.partitionLeaderEpoch());
        long offset = 0;
        for (Record record : MemoryRecords.readableRecords(
                        batch.buffer().slice(batch.startIndex(), batch.sizeInBytes()))
                .records()) {
            builder.appendWithOffset(offset++, record.timestamp(), record.key(), record.value(), record.headers());
        }
        ByteBuffer built = builder.build().buffer();
        if (built.remaining() > rules.maxMessageBytes()) {
            return tooLarge(built.remaining(), rules);
        }
        if (built.remaining() > rules.segmentBytes()) {
            return invalid(
                    Reason.RECORD_LIST_TOO_LARGE,
                    "recompressed to " + built.remaining() + " bytes, more than segment.bytes, " + rules.segmentBytes());
        }
        return rules.logAppendTime()
                ? new Valid(built, nowMs, batch.recordCount() - 1)
                : new Valid(built, walk.maxTimestamp, walk.maxTimestampIndex);
    }

    private static Validation tooLarge(int size, BatchRules rules) {
        return invalid(
                Reason.MESSAGE_TOO_LARGE,
                "a batch of " + size + " bytes is larger than max.message.bytes, " + rules.maxMessageBytes());
    }

    private static Invalid invalid(Reason reason, String message) {
        return new Invalid(reason, message, List.of());
    }

    /** One pass over the records. */
    private static final class Walk {
        private final BatchRules rules;
        private final long baseTimestamp;
        private final long nowMs;
        private final List<RecordError> errors = new ArrayList<>();
        private Reason errorReason = Reason.INVALID_RECORD;
        private long maxTimestamp = RecordBatch.NO_TIMESTAMP;
        private int maxTimestampIndex;
        private long recordBytes; // decompressed

        Walk(BatchRules rules, long baseTimestamp, long nowMs) {
            this.rules = rules;
            this.baseTimestamp = baseTimestamp;
            this.nowMs = nowMs;
        }

        void over(RecordScan scan, int count) throws IOException {
            for (int i = 0; i < count; i++) {
                scan.next();
                if (scan.offsetDelta() != i) {
                    throw new RecordScan.Malformed("record " + i + " has offset delta " + scan.offsetDelta());
                }
                long timestamp = baseTimestamp + scan.timestampDelta();
                if (timestamp > maxTimestamp) {
                    maxTimestamp = timestamp;
                    maxTimestampIndex = i;
                }
                if (rules.compacted() && !scan.hasKey()) {
                    refuse(i, Reason.INVALID_RECORD, "a record of a compacted topic needs a key");
                } else if (!rules.logAppendTime() && isOutOfRange(timestamp)) {
                    refuse(i, Reason.INVALID_TIMESTAMP, "timestamp " + timestamp + " is not within "
                            + rules.timestampBeforeMaxMs() + " ms before and " + rules.timestampAfterMaxMs()
                            + " ms after the broker's time " + nowMs);
                }
            }
            recordBytes = scan.position();
            scan.assertEnd();
        }

        private boolean isOutOfRange(long timestamp) {
            return timestamp != RecordBatch.NO_TIMESTAMP
                    && (nowMs - timestamp > rules.timestampBeforeMaxMs()
                            || timestamp - nowMs > rules.timestampAfterMaxMs());
        }

        private void refuse(int index, Reason reason, String message) {
            if (errors.isEmpty()) {
                errorReason = reason;
            }
            if (errors.size() < MAX_RECORD_ERRORS) {
                errors.add(new RecordError(index, message));
            }
        }
    }
}
