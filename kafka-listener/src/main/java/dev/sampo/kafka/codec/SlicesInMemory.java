package dev.sampo.kafka.codec;

import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Turns the file slices of a fetch response into records in memory, for callers within this process. */
public final class SlicesInMemory {
    private SlicesInMemory() {}

    /** The slices hold more bytes than the caller takes. */
    public static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLargeException(long sizeBytes, long maxBytes) {
            super("the records have " + sizeBytes + " bytes, the limit is " + maxBytes);
        }
    }

    /** True when the response holds slices of files, which someone must release. */
    public static boolean areIn(ApiMessage response) {
        return response instanceof FetchResponseData fetch && !holders(fetch).isEmpty();
    }

    /**
     * Reads all slices and puts their bytes in their place. Blocks for the disk. Each slice is released once, also when
     * this fails.
     *
     * @throws TooLargeException the slices hold more than {@code maxBytes} bytes; nothing was read
     * @throws IOException the disk refused
     */
    public static void load(ApiMessage response, long maxBytes) throws IOException {
        List<PartitionData> holders = response instanceof FetchResponseData fetch ? holders(fetch) : List.of();
        int next = 0;
        try {
            long sizeBytes = holders.stream().mapToLong(holder -> slice(holder).sizeBytes()).sum();
            if (sizeBytes > maxBytes) {
                throw new TooLargeException(sizeBytes, maxBytes);
            }
            while (next < holders.size()) {
                PartitionData holder = holders.get(next);
                FileSlice slice = slice(holder);
                ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
                slice.read(0, bytes);
                holder.setRecords(MemoryRecords.readableRecords(bytes.flip()));
                next++;
                slice.release();
            }
        } finally {
            for (; next < holders.size(); next++) {
                PartitionData holder = holders.get(next);
                FileSlice slice = slice(holder);
                holder.setRecords(MemoryRecords.EMPTY);
                slice.release();
            }
        }
    }

    private static List<PartitionData> holders(FetchResponseData fetch) {
        var holders = new ArrayList<PartitionData>();
        fetch.responses().forEach(topic -> topic.partitions().forEach(partition -> {
            if (partition.records() instanceof FileSliceRecords) {
                holders.add(partition);
            }
        }));
        return holders;
    }

    private static FileSlice slice(PartitionData holder) {
        return ((FileSliceRecords) holder.records()).slice();
    }
}
