package dev.sampo.persistence.log;

import dev.sampo.persistence.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks the batch headers of a file with few reads: small batches come by the chunk, of large ones only the header is
 * read. One per thread; each use begins with {@link #open}.
 */
final class BatchHeaders {
    private static final int CHUNK_BYTES = 16 * 1024;
    private static final int SINGLE_BYTES = 128;
    private static final ThreadLocal<BatchHeaders> OF_THREAD = ThreadLocal.withInitial(BatchHeaders::new);

    private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private final RecordBatch view = new RecordBatch(chunk);
    private LogSegment segment;
    private LogFile file;
    private int end;
    private int chunkStart;
    private int chunkLength;
    private int lastBatchBytes;

    @SuppressWarnings("NullAway.Init") // set by open, which every use begins with
    private BatchHeaders() {}

    /** For headers of {@code segment} up to byte {@code end}; valid until the next call on this thread. */
    static BatchHeaders open(LogSegment segment, int end) throws IOException {
        BatchHeaders headers = OF_THREAD.get();
        headers.segment = segment;
        headers.file = segment.file();
        headers.end = end;
        headers.chunkStart = 0;
        headers.chunkLength = 0;
        headers.lastBatchBytes = 0;
        return headers;
    }

    /**
     * The header at {@code position}; the view is valid until the next call.
     *
     * @throws DamagedLogException when there is no whole batch
     */
    RecordBatch at(int position) throws IOException {
        if (position < chunkStart || position + RecordBatch.HEADER_BYTES > chunkStart + chunkLength) {
            int wanted = lastBatchBytes > CHUNK_BYTES / 2 ? SINGLE_BYTES : CHUNK_BYTES;
            chunk.clear().limit(Math.min(wanted, end - position));
            chunkStart = position;
            chunkLength = file.read(chunk, position);
            chunk.clear();
        }
        if (position + RecordBatch.HEADER_BYTES > chunkStart + chunkLength) {
            throw damaged(position, (chunkStart + chunkLength - position) + " bytes and the file's end");
        }
        view.at(chunk, position - chunkStart);
        int size = view.sizeInBytes();
        if (size < RecordBatch.HEADER_BYTES || size > end - position || view.magic() != RecordBatch.MAGIC_V2) {
            throw damaged(position, "one of " + size + " bytes with magic " + view.magic());
        }
        lastBatchBytes = size;
        return view;
    }

    private DamagedLogException damaged(int position, String found) {
        return new DamagedLogException(
                segment.path(), position, segment.baseOffset(),
                "the header of a batch with magic 2 and at most " + (end - position) + " bytes", found, null);
    }
}
