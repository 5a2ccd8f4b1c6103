package dev.sampo.persistence.reserve;

import dev.sampo.persistence.log.LogFile;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.RealLogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of real blocks on the metadata log's disk, given back to the disk when it runs short, so that topics can still be
 * deleted and retention still be lowered. From then on no record is taken ({@link #mayWriteRecords}) until there is
 * space for the file again; then it is made again and records are taken, without anybody's help.
 *
 * <p>Thread-safe. {@link #check} is called now and then where blocking is allowed; {@link #beforeMetadataWrite} before
 * each write of the metadata log, since a Raft log that meets a full disk has failed for good.
 */
public final class DiskReserve {
    private static final Logger log = LoggerFactory.getLogger(DiskReserve.class);

    /** The most that counts as short; of a small reserve it is half of its size. */
    private static final long MOST_LOW_BYTES = 32L << 20;
    /** What a write of the metadata log takes besides its own bytes: a piece of the next segment is allocated with it. */
    private static final long WRITE_EXTRA_BYTES = 2L << 20;
    private static final int STEP_BYTES = 1 << 20;
    private static final long FIRST_RETRY_MS = 1_000;
    private static final long LAST_RETRY_MS = 60_000;

    private enum State {
        /** Not made yet: records are taken. */
        MISSING,
        HELD,
        /** Given back: no records are taken. */
        RELEASED
    }

    private final Path file;
    private final long sizeBytes;
    private final long lowBytes;
    private final LogFiles files;
    private final LongSupplier usableBytes;
    private State state = State.MISSING; // guarded by this, as the next three
    private long retryAtMs = Long.MIN_VALUE;
    private long retryMs;
    private long checkedAtMs;
    private volatile boolean refusesRecords;
    private volatile boolean full; // somebody was told so since the file was made last

    /**
     * Finds the file of an earlier process, or none; makes nothing yet.
     *
     * @param file on the disk of the metadata log; its folder exists
     * @param sizeBytes 0 for no reserve: then every call allows everything
     * @param usableBytes how many bytes the disk has left
     */
    public DiskReserve(Path file, long sizeBytes, LogFiles files, LongSupplier usableBytes) throws IOException {
        this.file = file;
        this.sizeBytes = sizeBytes;
        this.lowBytes = Math.min(MOST_LOW_BYTES, sizeBytes / 2);
        this.files = files;
        this.usableBytes = usableBytes;
        if (sizeBytes > 0 && files.exists(file)) {
            if (files.size(file) == sizeBytes) {
                state = State.HELD;
            } else {
                files.deleteIfExists(file); // of another size, or not finished
            }
        }
    }

    /** With the disk's own figures. */
    public static DiskReserve open(Path file, long sizeBytes, LogFiles files) throws IOException {
        Path folder = LogFiles.parentOf(file);
        return new DiskReserve(file, sizeBytes, files, () -> folder.toFile().getUsableSpace());
    }

    /** For a log whose disk nobody else writes to. */
    public static DiskReserve none() {
        try {
            return new DiskReserve(Path.of(""), 0, new RealLogFiles(), () -> Long.MAX_VALUE);
        } catch (IOException e) {
            throw new IllegalStateException("no file is touched", e);
        }
    }

    /** False from the moment that space runs short until the reserve is held again. */
    public boolean mayWriteRecords() {
        return !refusesRecords;
    }

    /** Whether the disk has space for records, as the disk itself says. Blocks. */
    public boolean hasRoom() {
        return sizeBytes == 0 || usableBytes.getAsLong() >= (isHeld() ? lowBytes : sizeBytes + 2 * lowBytes);
    }

    public synchronized boolean isHeld() {
        return state == State.HELD;
    }

    /** The disk has refused a write for want of space: at once no more records are taken. Does not block. */
    public void onDiskFull() {
        if (sizeBytes > 0) {
            full = true;
            refusesRecords = true;
        }
    }

    /**
     * Makes room for a write of the metadata log.
     *
     * @throws IOException there is none, even without the reserve; nothing may be written
     */
    public void beforeMetadataWrite(long bytes) throws IOException {
        if (sizeBytes == 0) {
            return;
        }
        if (full || usableBytes.getAsLong() < lowBytes + bytes) {
            release();
            long usable = usableBytes.getAsLong();
            if (usable < bytes + WRITE_EXTRA_BYTES) {
                throw new IOException("No space left on device: the metadata log's disk has " + usable
                        + " bytes left, " + (bytes + WRITE_EXTRA_BYTES) + " are needed: free space below "
                        + LogFiles.parentOf(file));
            }
        }
    }

    /** Gives the reserve back when the disk is short, makes it (again) when there is space. Blocks. */
    public void check(long nowMs) throws IOException {
        if (sizeBytes == 0) {
            return;
        }
        long usable = usableBytes.getAsLong();
        synchronized (this) {
            checkedAtMs = nowMs;
            if (state == State.HELD) {
                if (full || usable < lowBytes) {
                    releaseAt(nowMs);
                } else if (nowMs >= retryAtMs) {
                    retryMs = 0; // it has held long enough
                }
                return;
            }
            if (state == State.MISSING && (full || usable < sizeBytes + lowBytes)) {
                releaseAt(nowMs);
                return;
            }
            if (state == State.RELEASED && (nowMs < retryAtMs || usable < sizeBytes + 2 * lowBytes)) {
                return;
            }
            full = false;
        }
        make(nowMs);
    }

    private synchronized void release() throws IOException {
        if (state != State.RELEASED) {
            releaseAt(checkedAtMs);
        }
        refusesRecords = true;
    }

    private synchronized void releaseAt(long nowMs) throws IOException {
        refusesRecords = true;
        full = true; // also for one that is being made
        if (state == State.HELD) {
            files.deleteIfExists(file);
        }
        state = State.RELEASED;
        retryMs = Math.clamp(2 * retryMs, FIRST_RETRY_MS, LAST_RETRY_MS);
        retryAtMs = nowMs + retryMs;
        log.atError()
                .addKeyValue("folder", LogFiles.parentOf(file))
                .addKeyValue("usableBytes", usableBytes.getAsLong())
                .addKeyValue("reserveBytes", sizeBytes)
                .log("disk is full: no records are taken until there is space, deletion of topics and changes of"
                        + " configuration go on; free space, delete topics or lower retention.ms");
    }

    /** Random bytes, which no file system stores in less. */
    private void make(long nowMs) throws IOException {
        boolean made = false;
        try {
            files.deleteIfExists(file);
            made = write();
        } finally {
            synchronized (this) {
                if (made && !full) {
                    boolean again = state == State.RELEASED;
                    state = State.HELD;
                    refusesRecords = false;
                    retryAtMs = nowMs + LAST_RETRY_MS;
                    log.atInfo()
                            .addKeyValue("file", file)
                            .addKeyValue("reserveBytes", sizeBytes)
                            .log(again ? "disk has space again, records are taken" : "disk reserve is held");
                } else {
                    files.deleteIfExists(file);
                    if (state == State.MISSING) {
                        releaseAt(nowMs);
                    } else {
                        retryMs = Math.clamp(2 * retryMs, FIRST_RETRY_MS, LAST_RETRY_MS);
                        retryAtMs = nowMs + retryMs;
                    }
                }
            }
        }
    }

    private boolean write() throws IOException {
        var random = new SplittableRandom(sizeBytes);
        var step = new byte[STEP_BYTES];
        try (LogFile target = files.openOrCreate(file)) {
            for (long at = 0; at < sizeBytes; at += STEP_BYTES) {
                if (full) {
                    return false;
                }
                random.nextBytes(step);
                target.write(at, ByteBuffer.wrap(step, 0, (int) Math.min(STEP_BYTES, sizeBytes - at)));
            }
            target.force();
            return true;
        } catch (IOException e) {
            log.atWarn().addKeyValue("file", file).log("disk reserve cannot be made: {}", e.toString());
            return false;
        }
    }
}
