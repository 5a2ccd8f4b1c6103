package dev.sampo.actors.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One platform thread = one selector + one task queue. A turn: wait for sockets, the earliest timer or a task; handle
 * the ready sockets; run the due timers; run at most {@value #MAX_TASKS_PER_TURN} tasks; run the hooks of the turn's
 * end (which write what the turn produced). Actors whose dispatcher is this loop run as its tasks, so that a message
 * between two of them, and between a socket and its actor, wakes no thread. Another loop that sleeps is woken once for
 * all that a part of the turn gave it: after each socket, after every {@value #TASKS_PER_LOOK} tasks, at the end.
 *
 * <p>Nothing on a loop may block. {@link #execute}, {@link #inLoop}, {@link #metrics}, {@link #busyNanos} are safe for any thread,
 * everything else belongs to the loop's own thread.
 */
public final class SelectorLoop implements Executor {
    static final int MAX_TASKS_PER_TURN = 256;
    static final int TASKS_PER_LOOK = 8;
    private static final int MAX_EMPTY_SELECTS = 512;
    private static final int READ_BUFFER_BYTES = 256 * 1024;
    private static final int AWAKE = 0;
    private static final int ASLEEP = 1;
    private static final int WOKEN = 2;
    private static final Logger log = LoggerFactory.getLogger(SelectorLoop.class);

    /** Told that a channel is ready; called on the loop. */
    @FunctionalInterface
    public interface ReadyHandler {
        /** {@code readyOps} are bits of {@link SelectionKey}. */
        void onReady(int readyOps);
    }

    /** Opens selectors; tests give broken ones. */
    @FunctionalInterface
    interface SelectorSource {
        Selector open() throws IOException;
    }

    /** A loop's thread, which knows whom it has to wake. */
    private static final class LoopThread extends Thread {
        private final ArrayList<SelectorLoop> sleepers = new ArrayList<>(Loops.MAX_COUNT);

        LoopThread(Runnable run, String name) {
            super(run, name);
        }

        void wakeLater(SelectorLoop loop) {
            if (!sleepers.contains(loop)) {
                sleepers.add(loop);
            }
        }

        void wakeSleepers() {
            if (!sleepers.isEmpty()) {
                sleepers.forEach(SelectorLoop::wake);
                sleepers.clear();
            }
        }
    }

    /** A channel's place in the selector; survives a rebuild of the selector. */
    public static final class Registration {
        private SelectionKey key;
        private final ReadyHandler handler;

        private Registration(SelectableChannel channel, Selector selector, int ops, ReadyHandler handler)
                throws ClosedChannelException {
            this.handler = handler;
            key = channel.register(selector, ops, this);
        }

        /** Sets what the channel waits for; no effect when it is closed. */
        public void interestOps(int ops) {
            if (key.isValid() && key.interestOps() != ops) {
                key.interestOps(ops);
            }
        }

        /** Takes the channel out of the selector. */
        public void cancel() {
            key.cancel();
        }
    }

    private final int index;
    private final LoopThread thread;
    private final SelectorSource selectors;
    private final TaskQueue remote = new TaskQueue();
    private final ArrayDeque<Runnable> local = new ArrayDeque<>();
    private final Timers timers = new Timers();
    private final AtomicInteger sleep = new AtomicInteger(AWAKE);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final BufferPool buffers;
    private final TurnStatistics statistics;
    private volatile Selector selector;
    private volatile boolean stopping;
    private List<Runnable> turnEnd = new ArrayList<>();
    private List<Runnable> turnEndSpare = new ArrayList<>();
    private @Nullable ByteBuffer readBuffer;
    private long nowNanos = System.nanoTime();
    private int emptySelects;
    private boolean asleep;

    private SelectorLoop(String name, int index, long poolBytes, SelectorSource selectors) throws IOException {
        this.index = index;
        this.selectors = selectors;
        selector = selectors.open();
        buffers = new BufferPool(poolBytes);
        statistics = new TurnStatistics();
        thread = new LoopThread(this::run, name);
        thread.setUncaughtExceptionHandler((ended, e) -> log.atError().addKeyValue("loop", index).setCause(e)
                .log("the loop has ended by an error: its connections and partitions are lost, restart the broker"));
    }

    /**
     * Starts a loop.
     *
     * @param index its number among the loops of its actor system
     * @param poolBytes most bytes that its free buffers may hold
     */
    public static SelectorLoop start(String name, int index, long poolBytes) {
        return start(name, index, poolBytes, Selector::open);
    }

    static SelectorLoop start(String name, int index, long poolBytes, SelectorSource selectors) {
        try {
            var loop = new SelectorLoop(name, index, poolBytes, selectors);
            loop.thread.start();
            return loop;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector for loop " + name + "; is the limit of open files "
                    + "(ulimit -n) reached?", e);
        }
    }

    /** Number of this loop among those of its actor system. */
    public int index() {
        return index;
    }

    /** True on the loop's own thread. */
    public boolean inLoop() {
        return thread.equals(Thread.currentThread());
    }

    /** Runs the task on the loop, in the order of calls of one thread. Throws when the loop was stopped. */
    @Override
    public void execute(Runnable task) {
        if (inLoop()) {
            local.add(task);
            return;
        }
        if (stopping) {
            throw new RejectedExecutionException("loop " + thread.getName() + " was stopped");
        }
        remote.add(task);
        if (sleep.get() == ASLEEP) {
            if (Thread.currentThread() instanceof LoopThread caller) {
                caller.wakeLater(this);
            } else {
                wake();
            }
        }
    }

    private void wake() {
        if (sleep.get() == ASLEEP && sleep.compareAndSet(ASLEEP, WOKEN)) {
            statistics.onWakeUp();
            selector.wakeup();
        }
    }

    /** Runs the task on the loop after {@code delayMs}; from the loop only. */
    public Timer schedule(long delayMs, Runnable task) {
        return timers.add(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, delayMs)), task);
    }

    /** Runs the task once, after the tasks of this turn; one that is added at a turn's end runs at the next one's. */
    public void atTurnEnd(Runnable task) {
        turnEnd.add(task);
    }

    /** Registers a non-blocking channel; readiness is told directly, without a message. */
    public Registration register(SelectableChannel channel, int ops, ReadyHandler handler)
            throws ClosedChannelException {
        return new Registration(channel, selector, ops, handler);
    }

    /** Milliseconds of the monotonic clock at the start of this turn. */
    public long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(nowNanos);
    }

    /** The buffer that all reads of this loop share, 256 KiB: what a caller leaves in it is gone at its return. */
    public ByteBuffer readBuffer() {
        ByteBuffer buffer = readBuffer;
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(READ_BUFFER_BYTES);
            readBuffer = buffer;
        }
        return buffer.clear();
    }

    /** Buffers that belong to this loop. */
    public BufferPool buffers() {
        return buffers;
    }

    /** What the loop did since its start. */
    public LoopMetrics metrics() {
        return statistics.snapshot(index);
    }

    /** Nanoseconds since the loop's start that it did not sleep; up to the turn before this one. */
    public long busyNanos() {
        return statistics.busyNanos();
    }

    /** Asks the loop to run what is queued and then end. */
    public void stop() {
        stopping = true;
        selector.wakeup();
    }

    /** Waits for the end after {@link #stop}; false when it takes longer. */
    public boolean awaitStopped(long timeoutMs) throws InterruptedException {
        return stopped.await(timeoutMs, TimeUnit.MILLISECONDS);
    }

    private void run() {
        try {
            while (!stopping || hasTasks()) {
                turn();
            }
        } catch (IOException | ClosedSelectorException e) {
            throw new IllegalStateException("the selector of loop " + thread.getName() + " failed", e);
        } finally {
            stopping = true;
            thread.wakeSleepers();
            closeAll();
            stopped.countDown();
        }
    }

    private void turn() throws IOException {
        boolean mustNotWait = hasTasks() || !turnEnd.isEmpty() || stopping;
        nowNanos = System.nanoTime();
        int ready = mustNotWait ? selector.selectNow(this::onReady) : waitForWork();
        long start = nowNanos; // of the turn without its sleep
        runTimers();
        int tasks = runTasks();
        runTurnEnd();
        thread.wakeSleepers();
        statistics.onTurn(System.nanoTime() - start, tasks);
        if (ready > 0 || tasks > 0) {
            emptySelects = 0;
        }
    }

    /** Sleeps until a socket, a timer or a task needs the loop. */
    private int waitForWork() throws IOException {
        long before = nowNanos;
        long waitNanos = timers.untilNextNanos(before);
        if (waitNanos <= 0) {
            return selector.selectNow(this::onReady);
        }
        sleep.set(ASLEEP);
        if (!remote.isEmpty() || stopping) { // came after the last look; whoever comes from here on wakes us
            sleep.set(AWAKE);
            return selector.selectNow(this::onReady);
        }
        // Rounded up: waking a part of a millisecond early would turn idly until the deadline.
        long waitMs = waitNanos == Long.MAX_VALUE ? 0 : (waitNanos + 999_999) / 1_000_000;
        asleep = true;
        int ready = selector.select(this::onReady, waitMs);
        boolean woken = sleep.getAndSet(AWAKE) == WOKEN;
        if (asleep) { // no socket was ready
            asleep = false;
            nowNanos = System.nanoTime();
        }
        boolean inTime = waitMs != 0 && nowNanos - before >= TimeUnit.MILLISECONDS.toNanos(waitMs) / 2;
        if (ready == 0 && !woken && !inTime && !Thread.interrupted()) {
            onEmptySelect();
        } else {
            emptySelects = 0;
        }
        return ready;
    }

    private void onReady(SelectionKey key) {
        if (asleep) { // the first socket after a sleep: the turn begins here
            asleep = false;
            sleep.set(AWAKE);
            nowNanos = System.nanoTime();
        }
        if (key.isValid() && key.attachment() instanceof Registration registration) {
            run(() -> registration.handler.onReady(key.readyOps()));
            thread.wakeSleepers();
        }
    }

    private void runTimers() {
        for (Runnable due = timers.poll(nowNanos); due != null; due = timers.poll(nowNanos)) {
            run(due);
        }
    }

    private int runTasks() {
        int done = 0;
        while (done < MAX_TASKS_PER_TURN) {
            Runnable task = local.poll();
            boolean look = done % TASKS_PER_LOOK == 0;
            if (look) {
                thread.wakeSleepers();
            }
            if (look || task == null) { // tasks of other threads are not starved by our own
                Runnable other = remote.poll();
                if (other != null) {
                    run(other);
                    done++;
                }
                if (task == null) {
                    task = other == null ? null : local.poll();
                    if (task == null) {
                        if (other == null) {
                            break;
                        }
                        continue;
                    }
                }
            }
            run(task);
            done++;
        }
        return done;
    }

    private void runTurnEnd() {
        if (turnEnd.isEmpty()) {
            return;
        }
        List<Runnable> hooks = turnEnd;
        turnEnd = turnEndSpare;
        for (Runnable hook : hooks) {
            run(hook);
        }
        hooks.clear();
        turnEndSpare = hooks;
    }

    /** A task's failure is its own: the other actors and sockets of the loop go on. Errors end the loop. */
    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.atError().addKeyValue("loop", index).setCause(e).log("a task of the loop failed");
        }
    }

    private boolean hasTasks() {
        return !local.isEmpty() || !remote.isEmpty();
    }

    /** Some kernels make select return at once for nothing, for ever; a new selector ends that. */
    private void onEmptySelect() throws IOException {
        emptySelects++;
        if (emptySelects < MAX_EMPTY_SELECTS) {
            return;
        }
        emptySelects = 0;
        log.atWarn().addKeyValue("loop", index).log("the selector spins and is replaced");
        replaceSelector();
    }

    /** Moves all channels to a new selector. */
    void replaceSelector() throws IOException {
        statistics.onRebuild();
        Selector old = selector;
        Selector fresh = selectors.open();
        for (SelectionKey key : old.keys()) {
            if (key.isValid() && key.attachment() instanceof Registration registration) {
                int ops = key.interestOps();
                key.cancel();
                registration.key = key.channel().register(fresh, ops, registration);
            }
        }
        selector = fresh;
        old.close();
    }

    private void closeAll() {
        try (Selector closing = selector) {
            for (SelectionKey key : List.copyOf(closing.keys())) {
                key.channel().close();
            }
        } catch (IOException e) {
            log.atWarn().addKeyValue("loop", index).setCause(e).log("the loop's selector did not close cleanly");
        }
    }
}
