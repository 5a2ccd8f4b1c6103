package dev.sampo.partition.replica;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.replica.LogRefusedException.Reason;
import dev.sampo.persistence.log.Flush;
import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.LogSettings;
import dev.sampo.persistence.log.PartitionLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logs of one broker: each has at most one owner at a time, and is handed over open, so that a change between leader
 * and follower needs no flush, no close and no recovery. Who wants a log {@link #claim}s it in a leader epoch and gets it
 * in turn; a claim in a newer epoch asks the present owner to give it back, and makes older claims fail. Deletion takes
 * its turn as well. What is open at the end is closed by {@link #close}.
 *
 * <p>Knows what the clean-shutdown marker needs: which logs this process has opened and whether each was closed clean.
 *
 * <p>Thread-safe. Futures are completed, and owners are called, outside of its lock.
 */
public final class ReplicaLogs {
    private static final Logger log = LoggerFactory.getLogger(ReplicaLogs.class);
    private static final int CLOSING_THREADS = 8;
    private static final long CLOSE_TIMEOUT_S = 60;

    /** What waits for its turn at a log. */
    sealed interface Turn permits Claim, Deletion {}

    private record Deletion(CompletableFuture<Void> done) implements Turn {}

    /** Somebody's wish to own a log. */
    public static final class Claim implements Turn {
        private final ReplicaLogs logs;
        private final TopicIdPartition id;
        private final String topicPartition;
        private final int leaderEpoch;
        private final LogSettings settings;
        private final IntConsumer onWanted;
        private final CompletableFuture<Replica> taken = new CompletableFuture<>();
        private boolean granted; // guarded by logs
        private boolean withdrawn; // guarded by logs

        private Claim(
                ReplicaLogs logs, TopicIdPartition id, String topicPartition, int leaderEpoch, LogSettings settings,
                IntConsumer onWanted) {
            this.logs = logs;
            this.id = id;
            this.topicPartition = topicPartition;
            this.leaderEpoch = leaderEpoch;
            this.settings = settings;
            this.onWanted = onWanted;
        }

        /**
         * The log, once it is this claim's turn and it is open.
         *
         * <p>Fails with {@link LogRefusedException}, with {@code DamagedLogException}, or with the disk's IOException.
         */
        public CompletableFuture<Replica> taken() {
            return taken;
        }

        /**
         * The claimant does not want it any more. When it is too late for that, whatever comes of it is given back.
         *
         * @return true when nothing of the log was touched for this claim; {@link #taken} then fails
         */
        public boolean withdraw() {
            boolean inTime;
            synchronized (logs) {
                inTime = !granted;
                withdrawn = inTime;
            }
            if (inTime) {
                taken.completeExceptionally(new LogRefusedException(Reason.WITHDRAWN, id + " is not wanted any more"));
            }
            return inTime;
        }

        /** Whatever comes of this claim is given back. */
        public void abandon() {
            if (!withdraw()) {
                var _ = taken.thenAccept(Replica::giveBack);
            }
        }
    }

    /** One log's place: who has it, who waits. Guarded by this object. */
    private static final class Place {
        private final TopicIdPartition id;
        private final ArrayDeque<Turn> waiting = new ArrayDeque<>();
        private Replica.@Nullable Held held; // open
        private @Nullable Turn current;
        private int leaderEpoch = -1; // the newest that it was claimed in

        Place(TopicIdPartition id) {
            this.id = id;
        }
    }

    private final Path logFolder;
    private final LogFiles files;
    private final boolean cleanStart;
    private final Executor blocking;
    private final LongSupplier wallClockMs;
    private final HighWatermarkCheckpoint highWatermarks;
    private final Map<TopicIdPartition, Place> places = new HashMap<>();
    private final AtomicBoolean allClean = new AtomicBoolean(true);
    private final Set<String> opened = ConcurrentHashMap.newKeySet(); // directory names
    private final Set<String> forceFailed = ConcurrentHashMap.newKeySet();
    private final Set<String> quarantined = ConcurrentHashMap.newKeySet();
    private volatile Predicate<TopicIdPartition> keeps = id -> false;
    private boolean closing;

    /**
     * Opens nothing yet.
     *
     * @param logFolder holds one folder per partition, see {@code TopicIdPartition.directoryName}
     * @param cleanStart the log folder was closed cleanly: no log needs recovery when it is opened for the first time
     * @param blocking opens, recovers and deletes logs
     */
    public ReplicaLogs(
            Path logFolder, LogFiles files, boolean cleanStart, Executor blocking, LongSupplier wallClockMs) {
        this.logFolder = logFolder;
        this.files = files;
        this.cleanStart = cleanStart;
        this.blocking = blocking;
        this.wallClockMs = wallClockMs;
        this.highWatermarks = HighWatermarkCheckpoint.read(logFolder, files);
    }

    /** The file system of the logs. */
    public LogFiles files() {
        return files;
    }

    /**
     * Which logs {@link #delete} leaves alone, since this broker is to hold them: what is to be held is known from the
     * metadata, while who asks for a deletion may know less.
     */
    public void keep(Predicate<TopicIdPartition> which) {
        keeps = which;
    }

    // ---- owners ----

    /**
     * Asks for a log.
     *
     * @param topicPartition {@code topic-3}, for the log
     * @param leaderEpoch the epoch that the claimant leads or follows in
     * @param onWanted called at most a few times, on any thread, with a newer epoch that somebody else claims the log
     *     in: the owner gives it back soon. It only tells an actor
     */
    public Claim claim(
            TopicIdPartition id, String topicPartition, int leaderEpoch, LogSettings settings, IntConsumer onWanted) {
        var claim = new Claim(this, id, topicPartition, leaderEpoch, settings, onWanted);
        Claim owner = null;
        Place place;
        synchronized (this) {
            place = places.computeIfAbsent(id, Place::new);
            if (leaderEpoch > place.leaderEpoch) {
                place.leaderEpoch = leaderEpoch;
                owner = place.current instanceof Claim present ? present : null;
            }
            place.waiting.add(claim);
        }
        if (owner != null) {
            owner.onWanted.accept(leaderEpoch);
        }
        next(place);
        return claim;
    }

    /**
     * Removes a log's folder, after its present owner and all who wait before have given it back. The present owner is
     * told. Completes without fail.
     */
    public CompletionStage<Void> delete(TopicIdPartition id) {
        var deletion = new Deletion(new CompletableFuture<>());
        Claim owner;
        Place place;
        synchronized (this) {
            place = places.computeIfAbsent(id, Place::new);
            place.waiting.add(deletion);
            owner = place.current instanceof Claim present ? present : null;
        }
        if (owner != null && !keeps.test(id)) {
            owner.onWanted.accept(Integer.MAX_VALUE);
        }
        next(place);
        return deletion.done();
    }

    boolean renew(Replica.Held held, int leaderEpoch) {
        synchronized (this) {
            Place place = place(held);
            if (leaderEpoch < place.leaderEpoch) {
                return false;
            }
            place.leaderEpoch = leaderEpoch;
            return true;
        }
    }

    void free(Replica.Held held) {
        Place place;
        synchronized (this) {
            place = place(held);
            place.current = null;
        }
        next(place);
    }

    void discard(Replica.Held held, CompletionStage<?> quiet) {
        allClean.set(false);
        Place place;
        synchronized (this) {
            place = place(held);
            place.held = null;
        }
        highWatermarks.closed(held);
        closeUnclean(held.log());
        var _ = quiet.whenComplete((done, failure) -> free(place));
    }

    private void free(Place place) {
        synchronized (this) {
            place.current = null;
        }
        next(place);
    }

    private Place place(Replica.Held held) {
        Place place = places.get(held.id());
        if (place == null) {
            throw new IllegalStateException(held.id() + " has no place among the logs");
        }
        return place;
    }

    /** Whose turn it is now. */
    private void next(Place place) {
        while (true) {
            Turn turn;
            Replica.Held held;
            LogRefusedException refusal = null;
            synchronized (this) {
                if (place.current != null || place.waiting.isEmpty()) {
                    return;
                }
                turn = place.waiting.remove();
                held = place.held;
                if (turn instanceof Claim claim) {
                    refusal = refusal(place, claim);
                    claim.granted = refusal == null;
                }
                if (refusal == null) {
                    place.current = turn;
                }
            }
            if (turn instanceof Claim refused && refusal != null) {
                refused.taken.completeExceptionally(refusal);
            } else {
                begin(place, held, turn);
                return;
            }
        }
    }

    private void begin(Place place, Replica.@Nullable Held held, Turn turn) {
        switch (turn) {
            case Claim claim when held != null -> {
                held.log().reconfigure(claim.settings);
                claim.taken.complete(new Replica(this, held));
            }
            case Claim claim ->
                inBackground(() -> open(place, claim), () -> notOpened(place, claim, closed(place.id)));
            case Deletion deletion -> delete(place, held, deletion);
        }
    }

    private @Nullable LogRefusedException refusal(Place place, Claim claim) {
        if (closing) {
            return closed(place.id);
        }
        if (claim.withdrawn) {
            return new LogRefusedException(Reason.WITHDRAWN, place.id + " is not wanted any more");
        }
        if (claim.leaderEpoch < place.leaderEpoch) {
            return new LogRefusedException(Reason.STALE_EPOCH, place.id + " was claimed in leader epoch "
                    + claim.leaderEpoch + ", and in " + place.leaderEpoch + " meanwhile");
        }
        return isOffline(place.id)
                ? new LogRefusedException(Reason.OFFLINE, place.id + " is offline until the broker starts again")
                : null;
    }

    private static LogRefusedException closed(TopicIdPartition id) {
        return new LogRefusedException(Reason.CLOSED, id + " is not opened: the broker stops");
    }

    private void inBackground(Runnable task, Runnable whenStopped) {
        try {
            blocking.execute(task);
        } catch (RejectedExecutionException e) { // the actor system has ended
            whenStopped.run();
        }
    }

    private void open(Place place, Claim claim) {
        Replica.Held held;
        try {
            held = open(claim);
        } catch (IOException | RuntimeException e) {
            notOpened(place, claim, e);
            return;
        }
        boolean late;
        synchronized (this) {
            late = closing;
            place.held = late ? null : held;
        }
        if (late) {
            closeUnclean(held.log());
            notOpened(place, claim, closed(place.id));
        } else {
            highWatermarks.opened(held);
            claim.taken.complete(new Replica(this, held));
        }
    }

    private Replica.Held open(Claim claim) throws IOException {
        String name = claim.id.directoryName();
        boolean first = opened.add(name); // this process opens it for the first time: it is as the one before has left it
        boolean clean = first && cleanStart;
        var partitionLog = PartitionLog.open(
                logFolder.resolve(name), claim.id.topicId(), claim.settings, clean, files, wallClockMs.getAsLong());
        if (!clean && partitionLog.logEndOffset() > 0) {
            log.atInfo()
                    .addKeyValue("topicPartition", claim.topicPartition)
                    .addKeyValue("logEndOffset", partitionLog.logEndOffset())
                    .log("recovered log");
        }
        long highWatermark = Math.min(
                Math.max(highWatermarks.of(claim.id), partitionLog.logStartOffset()), partitionLog.logEndOffset());
        return new Replica.Held(claim.id, claim.topicPartition, partitionLog, highWatermark);
    }

    private void notOpened(Place place, Claim claim, Exception failure) {
        allClean.set(false);
        free(place); // before anybody hears of it, so that whoever asks anew comes last
        claim.taken.completeExceptionally(failure);
    }

    private void delete(Place place, Replica.@Nullable Held held, Deletion deletion) {
        if (keeps.test(place.id)) {
            free(place);
            deletion.done().complete(null);
            return;
        }
        CompletableFuture<Void> flushed =
                held == null ? CompletableFuture.completedFuture(null) : held.flushes();
        var _ = flushed.whenComplete((done, failure) -> inBackground(
                () -> {
                    if (held != null) {
                        synchronized (this) {
                            place.held = null;
                        }
                        closeUnclean(held.log());
                    }
                    highWatermarks.deleted(place.id);
                    LogFolders.delete(logFolder.resolve(place.id.directoryName()));
                    deleted(place, deletion);
                },
                () -> deleted(place, deletion)));
    }

    private void deleted(Place place, Deletion deletion) {
        synchronized (this) {
            place.current = null;
            if (place.waiting.isEmpty()) {
                places.remove(place.id, place);
            }
        }
        deletion.done().complete(null);
        next(place);
    }

    // ---- what must not be opened ----

    /** A force failed: what the disk holds of this log is known only after a restart. */
    public void forceFailed(TopicIdPartition id) {
        allClean.set(false);
        forceFailed.add(id.directoryName());
    }

    /** Whether {@link #forceFailed} was called. */
    public boolean isForceFailed(TopicIdPartition id) {
        return forceFailed.contains(id.directoryName());
    }

    /** Whether a force of any log failed. */
    public boolean hasForceFailed() {
        return !forceFailed.isEmpty();
    }

    /** Damage was found: nothing of the log is touched until a restart, when somebody may have mended it. */
    public void quarantine(TopicIdPartition id) {
        allClean.set(false);
        quarantined.add(id.directoryName());
    }

    /** Whether this process may not open the log again. */
    public boolean isOffline(TopicIdPartition id) {
        return isForceFailed(id) || quarantined.contains(id.directoryName());
    }

    // ---- high watermarks ----

    /** Writes the high watermarks of all logs, unless none has moved. Blocks; durable on return. */
    public void checkpoint() throws IOException {
        highWatermarks.write();
    }

    /** The logs that are open, owned or not. */
    public Set<TopicIdPartition> open() {
        synchronized (this) {
            var ids = new HashSet<TopicIdPartition>();
            places.forEach((id, place) -> {
                if (place.held != null) {
                    ids.add(id);
                }
            });
            return ids;
        }
    }

    // ---- the end ----

    /**
     * The broker stops: no log is opened any more, and each one that nobody owns is forced and closed clean. Blocks. One
     * that is still owned is closed as it is.
     */
    public void close() {
        List<Replica.Held> idle = end();
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.clamp(idle.size(), 1, CLOSING_THREADS),
                task -> Thread.ofPlatform().daemon().name("sampo-close-logs").unstarted(task));
        idle.forEach(held -> threads.execute(() -> closeClean(held)));
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_TIMEOUT_S, TimeUnit.SECONDS)) {
                allClean.set(false);
                log.atError().log("logs could not be closed within {} s, they will be recovered", CLOSE_TIMEOUT_S);
            }
            highWatermarks.write();
        } catch (InterruptedException e) {
            allClean.set(false);
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            log.atWarn().log("high watermarks could not be written: {}", e.toString());
        }
    }

    /** The process ends as by a crash: closes all files as they are. */
    public void abandon() {
        allClean.set(false);
        end().forEach(held -> closeUnclean(held.log()));
    }

    /** From now on every claim is refused. The logs that nobody owns are left to the caller, the others are closed. */
    private List<Replica.Held> end() {
        var idle = new ArrayList<Replica.Held>();
        var owned = new ArrayList<Replica.Held>();
        List<Place> all;
        synchronized (this) {
            closing = true;
            all = List.copyOf(places.values());
            for (Place place : all) {
                if (place.held != null) {
                    (place.current == null ? idle : owned).add(place.held);
                    if (place.current == null) {
                        place.held = null;
                    }
                }
            }
        }
        for (Replica.Held held : owned) {
            allClean.set(false);
            closeUnclean(held.log());
        }
        all.forEach(this::next);
        return idle;
    }

    private void closeClean(Replica.Held held) {
        PartitionLog partitionLog = held.log();
        try {
            held.flushes().join();
            Flush last = partitionLog.prepareFlush();
            last.force();
            partitionLog.flushed(last);
            partitionLog.close(true);
        } catch (IOException | RuntimeException e) {
            allClean.set(false);
            log.atError()
                    .addKeyValue("topicPartition", held.topicPartition())
                    .log("log could not be closed cleanly, it will be recovered: {}", e.toString());
            closeUnclean(partitionLog);
        }
    }

    private static void closeUnclean(PartitionLog partitionLog) {
        try {
            partitionLog.close(false);
        } catch (IOException | UncheckedIOException e) {
            log.atWarn().addKeyValue("folder", partitionLog.directory()).log("close failed: {}", e.toString());
        }
    }

    /**
     * Whether the clean-shutdown marker may be written: every log was closed clean, and none is on disk that still needs
     * the recovery which this start found due. Blocks.
     */
    public boolean mayMarkClean() throws IOException {
        synchronized (this) {
            for (Place place : places.values()) {
                if (place.held != null || place.current != null) {
                    return false;
                }
            }
        }
        if (!allClean.get()) {
            return false;
        }
        return cleanStart || files.list(logFolder).stream().filter(LogFolders::isPartition).allMatch(opened::contains);
    }
}
