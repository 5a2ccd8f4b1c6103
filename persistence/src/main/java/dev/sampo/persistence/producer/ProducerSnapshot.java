package dev.sampo.persistence.producer;

import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.LogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The producers of a log up to an offset, in a file named after that offset ({@code 00000000000000000042.snapshot}).
 * Kafka's version 1, the only one that 4.x reads; it holds the last batch of each producer.
 *
 * <pre>
 * 0 int16 version  2 uint32 crc (CRC-32C of byte 6 to the end)  6 int32 entries, then for each
 * int64 producerId, int16 epoch, int32 lastSequence, int64 lastOffset, int32 offsetDelta, int64 timestamp,
 * int32 coordinatorEpoch, int64 currentTxnFirstOffset
 * </pre>
 */
public final class ProducerSnapshot {
    public static final String SUFFIX = ".snapshot";

    private static final short VERSION = 1;
    private static final int CRC_AT = 2;
    private static final int BODY_AT = 6;
    private static final int ENTRY_BYTES = 46;

    private ProducerSnapshot() {}

    /** Writes the file anew. Not durable: a torn one is found out by its CRC and passed over. */
    public static void write(LogFiles files, Path path, ProducerStates states) throws IOException {
        List<ProducerState> all = states.ordered();
        ByteBuffer bytes = ByteBuffer.allocate(BODY_AT + 4 + all.size() * ENTRY_BYTES);
        bytes.putShort(VERSION).putInt(0).putInt(all.size());
        for (ProducerState state : all) {
            List<ProducerState.Batch> batches = state.batches();
            ProducerState.Batch last = batches.isEmpty()
                    ? new ProducerState.Batch(-1, -1, -1, 0, state.lastTimestamp())
                    : batches.getLast();
            bytes.putLong(state.producerId())
                    .putShort(state.epoch())
                    .putInt(last.lastSequence())
                    .putLong(last.lastOffset())
                    .putInt(last.offsetDelta())
                    .putLong(state.lastTimestamp())
                    .putInt(state.coordinatorEpoch())
                    .putLong(state.currentTransactionFirstOffset());
        }
        bytes.flip();
        bytes.putInt(CRC_AT, crc(bytes));
        files.deleteIfExists(path);
        try (LogFile file = files.openOrCreate(path)) {
            file.write(0, bytes);
        }
    }

    /**
     * Puts the file's producers in place of those in {@code states}.
     *
     * @return false, with {@code states} empty, when the file does not read as a snapshot
     */
    public static boolean read(LogFiles files, Path path, ProducerStates states) throws IOException {
        states.clear();
        ByteBuffer bytes = ByteBuffer.wrap(files.readAll(path));
        if (bytes.remaining() < BODY_AT + 4
                || bytes.getShort(0) != VERSION
                || bytes.getInt(CRC_AT) != crc(bytes)
                || bytes.getInt(BODY_AT) < 0
                || bytes.remaining() != BODY_AT + 4 + (long) bytes.getInt(BODY_AT) * ENTRY_BYTES) {
            return false;
        }
        bytes.position(BODY_AT + 4);
        while (bytes.hasRemaining()) {
            long producerId = bytes.getLong();
            short epoch = bytes.getShort();
            int lastSequence = bytes.getInt();
            long lastOffset = bytes.getLong();
            int offsetDelta = bytes.getInt();
            long timestamp = bytes.getLong();
            int coordinatorEpoch = bytes.getInt();
            var state = new ProducerState(producerId, epoch, coordinatorEpoch, timestamp, bytes.getLong());
            if (lastOffset >= 0) {
                int firstSequence = lastSequence < 0 ? lastSequence : (lastSequence - offsetDelta) & Integer.MAX_VALUE;
                state.restore(
                        new ProducerState.Batch(firstSequence, lastSequence, lastOffset, offsetDelta, timestamp));
            }
            states.restore(state);
        }
        return true;
    }

    private static int crc(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes.slice(BODY_AT, bytes.limit() - BODY_AT));
        return (int) crc.getValue();
    }
}
