package dev.sampo.persistence.record;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * What a topic's configuration demands of a batch.
 *
 * @param maxMessageBytes largest batch as sent (and as recompressed)
 * @param segmentBytes largest batch that a segment takes
 * @param compacted every record needs a key
 * @param logAppendTime the broker's time is stamped on the batch; the client's timestamps are not looked at
 * @param timestampBeforeMaxMs how far behind {@code nowMs} a record may be
 * @param timestampAfterMaxMs how far ahead of {@code nowMs} a record may be
 * @param compressionType producer, uncompressed, gzip, snappy, lz4 or zstd
 * @param compressionLevel for that type; what the type does not know is its default
 * @param maxDecompressedRecordBytes most bytes of one record of a compressed batch, once decompressed
 */
public record BatchRules(
        int maxMessageBytes,
        int segmentBytes,
        boolean compacted,
        boolean logAppendTime,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        String compressionType,
        int compressionLevel,
        long maxDecompressedRecordBytes) {
    private static final String PRODUCER = "producer";
    private static final String UNCOMPRESSED = "uncompressed";

    public BatchRules {
        if (!compressionType.equals(PRODUCER) && !compressionType.equals(UNCOMPRESSED)) {
            CompressionType.forName(compressionType); // throws, naming the type
        }
    }

    /** The codec that a batch with {@code producerCodec} must have in the log. */
    int targetCodec(int producerCodec) {
        if (compressionType.equals(PRODUCER)) {
            return producerCodec;
        }
        return compressionType.equals(UNCOMPRESSED) ? 0 : CompressionType.forName(compressionType).id;
    }

    /** The compression to be used when a batch has to be compressed anew. */
    Compression targetCompression() {
        int level = compressionLevel;
        return switch (compressionType) {
            case "gzip" -> Compression.gzip().level(known(CompressionType.GZIP, level)).build();
            case "lz4" -> Compression.lz4().level(known(CompressionType.LZ4, level)).build();
            case "zstd" -> Compression.zstd().level(known(CompressionType.ZSTD, level)).build();
            case "snappy" -> Compression.snappy().build();
            default -> Compression.NONE;
        };
    }

    private static int known(CompressionType type, int level) {
        boolean gzipDefault = type == CompressionType.GZIP && level == type.defaultLevel();
        return gzipDefault || (level >= type.minLevel() && level <= type.maxLevel()) ? level : type.defaultLevel();
    }
}
