package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Gathers the batches of one group commit into one write: small ones are copied to a stage, large ones are written from
 * where they are. Measured: staging costs a quarter of a write call at 200 bytes, and more than it saves at 4 KiB.
 */
final class SegmentWriter {
    private static final int STAGED_BELOW_BYTES = 2048;
    private static final int STAGE_BYTES = 256 * 1024;
    private static final int MAX_BUFFERS = 1024; // IOV_MAX
    private static final ThreadLocal<SegmentWriter> OF_THREAD = ThreadLocal.withInitial(SegmentWriter::new);

    private final ByteBuffer stage = ByteBuffer.allocateDirect(STAGE_BYTES);
    private final ByteBuffer[] buffers = new ByteBuffer[MAX_BUFFERS];
    private int count;
    private int stagedFrom;
    private long position;

    private SegmentWriter() {}

    /** The thread's writer, empty, writing from {@code position} on. */
    static SegmentWriter at(long position) {
        SegmentWriter writer = OF_THREAD.get();
        writer.stage.clear();
        writer.count = 0;
        writer.stagedFrom = 0;
        writer.position = position;
        return writer;
    }

    /** Adds a batch; its position and limit stay as they are. */
    void add(ByteBuffer batch, LogFile file) throws IOException {
        int size = batch.remaining();
        if (size < STAGED_BELOW_BYTES) {
            if (size > stage.remaining()) {
                flush(file);
            }
            stage.put(stage.position(), batch, batch.position(), size);
            stage.position(stage.position() + size);
        } else {
            if (count + 2 > MAX_BUFFERS) {
                flush(file);
            }
            endStagedRun();
            buffers[count++] = batch.duplicate();
        }
    }

    /** Writes what was added. */
    void flush(LogFile file) throws IOException {
        endStagedRun();
        if (count > 0) {
            long bytes = 0;
            for (int i = 0; i < count; i++) {
                bytes += buffers[i].remaining();
            }
            try {
                file.write(position, buffers, count);
            } finally {
                Arrays.fill(buffers, 0, count, null);
            }
            position += bytes;
        }
        stage.clear();
        count = 0;
        stagedFrom = 0;
    }

    private void endStagedRun() {
        if (stage.position() > stagedFrom) {
            buffers[count++] = stage.slice(stagedFrom, stage.position() - stagedFrom);
            stagedFrom = stage.position();
        }
    }
}
