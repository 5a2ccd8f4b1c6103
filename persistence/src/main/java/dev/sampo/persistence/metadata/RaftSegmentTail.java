package dev.sampo.persistence.metadata;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of Raft's open segment file after a crash. A crash can leave the entries of the last, unanswered write torn:
 * they are cut. A damaged entry with a whole one after it is something else, since answered entries may be hit: the
 * log then refuses to start.
 *
 * <pre>
 * 0  "RaftLog1"
 * 8  entries: varint n, n bytes, CRC of varint and bytes (int32); zeros to the end of the file
 * </pre>
 *
 * @see "Apache Ratis, SegmentedRaftLogOutputStream"
 */
final class RaftSegmentTail {
    private static final Logger log = LoggerFactory.getLogger(RaftSegmentTail.class);
    private static final int HEADER_BYTES = 8;
    private static final int CHECKSUM_BYTES = 4;
    private static final String OPEN_PREFIX = "log_inprogress_";

    private RaftSegmentTail() {}

    static boolean isOpenSegment(Path file) {
        return file.getFileName().toString().startsWith(OPEN_PREFIX);
    }

    /**
     * Cuts a torn tail; the file is forced to disk then.
     *
     * @throws IOException a damaged entry is followed by a whole one; names file and position
     */
    static void repair(Path segment) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(segment));
        int end = bytes.limit();
        while (end > 0 && bytes.get(end - 1) == 0) {
            end--;
        }
        if (end <= HEADER_BYTES) {
            return;
        }
        int position = HEADER_BYTES;
        while (position < end) {
            int next = entryEnd(bytes, position);
            if (next < 0) {
                break;
            }
            position = next;
        }
        if (position >= end) {
            return;
        }
        for (int later = position + 1; later < end; later++) {
            int laterEnd = bytes.get(later) == 0 ? -1 : entryEnd(bytes, later);
            if (laterEnd >= 0) {
                throw new IOException(segment.toAbsolutePath() + " is damaged at position " + position
                        + ", and a whole entry follows at " + later
                        + ": committed metadata may be lost. Restore the folder from a copy or from another node");
            }
        }
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            channel.truncate(position);
            channel.force(true);
        }
        log.atInfo()
                .addKeyValue("file", segment)
                .addKeyValue("position", position)
                .addKeyValue("cutBytes", end - position)
                .log("cut an unfinished write from the end of the metadata log");
    }

    /** Where the entry that starts here ends, -1 when there is no whole one. */
    private static int entryEnd(ByteBuffer bytes, int position) {
        int length = 0;
        int at = position;
        for (int shift = 0; ; shift += 7) {
            if (at >= bytes.limit() || shift > 21) { // four groups of seven bits are far above the entry limit
                return -1;
            }
            byte group = bytes.get(at++);
            length |= (group & 0x7f) << shift;
            if (group >= 0) {
                break;
            }
        }
        if (length == 0 || length > bytes.limit() - at - CHECKSUM_BYTES) {
            return -1;
        }
        var checksum = new CRC32C();
        checksum.update(bytes.slice(position, at + length - position));
        return bytes.getInt(at + length) == (int) checksum.getValue() ? at + length + CHECKSUM_BYTES : -1;
    }
}
