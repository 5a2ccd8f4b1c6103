package dev.sampo.actors.loop;

import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SelectorLoopTest {
    private final SelectorLoop loop = SelectorLoop.start("test-loop", 0, 1 << 20);

    @AfterEach
    void stop() throws InterruptedException {
        loop.stop();
        assertThat(loop.awaitStopped(10_000)).isTrue();
    }

    @Test
    void tasksOfOneThreadRunInOrderOnTheLoop() throws Exception {
        // Given
        List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
        var done = new CountDownLatch(10_000);

        // When
        for (int i = 0; i < 10_000; i++) {
            int number = i;
            loop.execute(() -> {
                ran.add(loop.inLoop() ? number : -1);
                done.countDown();
            });
        }

        // Then
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).isEqualTo(IntStream.range(0, 10_000).boxed().toList());
    }

    @Test
    void tasksOfFourThreadsAreNeitherLostNorStarvedByTheLoopsOwn() throws Exception {
        // Given
        var counted = new AtomicInteger();
        var busy = new Runnable() {
            @Override
            public void run() {
                if (counted.get() < 40_000) {
                    loop.execute(this); // the loop's own queue is never empty
                }
            }
        };
        loop.execute(busy);

        // When
        for (int t = 0; t < 4; t++) {
            Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 10_000; i++) {
                    loop.execute(counted::incrementAndGet);
                }
            });
        }

        // Then
        Waiting.until("all tasks ran", () -> counted.get() == 40_000);
    }

    @Test
    void timersRunByDeadlineAndCancelledOnesDoNot() throws Exception {
        // Given
        List<String> ran = Collections.synchronizedList(new ArrayList<>());
        var done = new CountDownLatch(1);

        // When
        loop.execute(() -> {
            loop.schedule(40, () -> {
                ran.add("third");
                done.countDown();
            });
            loop.schedule(20, () -> ran.add("second"));
            loop.schedule(30, () -> ran.add("cancelled")).cancel();
            loop.schedule(0, () -> ran.add("first"));
        });

        // Then
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).containsExactly("first", "second", "third");
    }

    @Test
    void hooksOfTheTurnsEndRunAfterItsTasks() throws Exception {
        // Given
        List<String> ran = Collections.synchronizedList(new ArrayList<>());
        var done = new CountDownLatch(1);

        // When
        loop.execute(() -> {
            loop.atTurnEnd(() -> {
                ran.add("end");
                loop.atTurnEnd(() -> {
                    ran.add("next turn's end");
                    done.countDown();
                });
                loop.execute(() -> ran.add("task of the next turn"));
            });
            loop.execute(() -> ran.add("task"));
        });

        // Then
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).containsExactly("task", "end", "task of the next turn", "next turn's end");
    }

    @Test
    void twoLoopsThatSleepWakeEachOther() throws Exception {
        // Given
        SelectorLoop other = SelectorLoop.start("test-loop-other", 1, 1 << 20);
        var rounds = new CountDownLatch(20_000);

        // When
        var ping = new Runnable() {
            @Override
            public void run() {
                rounds.countDown();
                if (rounds.getCount() > 0) {
                    (loop.inLoop() ? other : loop).execute(this);
                }
            }
        };
        loop.execute(ping);

        // Then
        assertThat(rounds.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(loop.metrics().wakeUps()).isPositive();
        other.stop();
        assertThat(other.awaitStopped(10_000)).isTrue();
    }

    @Test
    void sleepingLoopIsWokenOnceForAllThatOneTaskGivesIt() throws Exception {
        // Given
        SelectorLoop other = SelectorLoop.start("test-loop-other", 1, 1 << 20);
        var ran = new CountDownLatch(50);

        // When
        loop.execute(() -> {
            for (int i = 0; i < 50; i++) {
                other.execute(ran::countDown);
                LockSupport.parkNanos(100_000); // long enough for a loop that was woken to sleep again
            }
        });

        // Then
        assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(other.metrics().wakeUps()).isLessThanOrEqualTo(1);
        other.stop();
        assertThat(other.awaitStopped(10_000)).isTrue();
    }

    @Test
    void failingTaskDoesNotEndTheLoop() throws Exception {
        // Given
        var done = new CountDownLatch(1);

        // When
        loop.execute(() -> {
            throw new IllegalStateException("thrown on purpose");
        });
        loop.execute(done::countDown);

        // Then
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void slowTurnShowsInTheMetrics() {
        // When
        loop.execute(() -> {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(30);
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        });

        // Then
        Waiting.until("stall seen", () -> loop.metrics().slowestTurnNanos() >= 30_000_000);
        assertThat(loop.metrics().turnMicros(1.0)).isGreaterThanOrEqualTo(16_384);
    }

    @Test
    void idleLoopDoesNotTurn() {
        // Given
        Waiting.until("asleep", () -> loop.metrics().turns() == 0);
        var timer = new CountDownLatch(1);

        // When
        loop.execute(() -> loop.schedule(300, timer::countDown));
        Waiting.until("timer ran", () -> timer.getCount() == 0);

        // Then
        assertThat(loop.metrics().turns()).isLessThan(10);
    }

    @Test
    void spinningSelectorIsReplaced() throws Exception {
        // Given
        var opened = new AtomicInteger();
        SelectorLoop spinning = SelectorLoop.start(
                "test-loop-spinning", 1, 0, () -> opened.getAndIncrement() == 0 ? new SpinningSelector() : Selector.open());

        // Then
        Waiting.until("replaced", () -> spinning.metrics().rebuilds() == 1);
        var done = new CountDownLatch(1);
        spinning.execute(() -> spinning.schedule(10, done::countDown));
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        spinning.stop();
        assertThat(spinning.awaitStopped(10_000)).isTrue();
    }

    @Test
    void channelsSurviveTheReplacementOfTheSelector() throws Exception {
        // Given
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        var read = new AtomicInteger();
        loop.execute(() -> {
            try {
                loop.register(pipe.source(), SelectionKey.OP_READ, ops -> {
                    try {
                        read.addAndGet(pipe.source().read(ByteBuffer.allocate(10)));
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                loop.replaceSelector();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });

        // When
        pipe.sink().write(ByteBuffer.wrap(new byte[3]));

        // Then
        Waiting.until("read through the new selector", () -> read.get() == 3);
        pipe.sink().close();
        loop.execute(() -> {
            try {
                pipe.source().close();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @Test
    void stoppedLoopRunsWhatWasQueuedAndRefusesMore() throws Exception {
        // Given
        SelectorLoop ending = SelectorLoop.start("test-loop-ending", 1, 0);
        var ran = new AtomicInteger();
        for (int i = 0; i < 1000; i++) {
            ending.execute(ran::incrementAndGet);
        }

        // When
        ending.stop();

        // Then
        assertThat(ending.awaitStopped(10_000)).isTrue();
        assertThat(ran).hasValue(1000);
        assertThatThrownBy(() -> ending.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    /** Returns from each select at once, with nothing. */
    private static final class SpinningSelector extends AbstractSelector {
        SpinningSelector() {
            super(SelectorProvider.provider());
        }

        @Override
        protected void implCloseSelector() {}

        @Override
        protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
            throw new UnsupportedOperationException(((SelectableChannel) channel).toString());
        }

        @Override
        public Set<SelectionKey> keys() {
            return Set.of();
        }

        @Override
        public Set<SelectionKey> selectedKeys() {
            return Set.of();
        }

        @Override
        public int selectNow() {
            return 0;
        }

        @Override
        public int select(long timeout) {
            return 0;
        }

        @Override
        public int select() {
            return 0;
        }

        @Override
        public int select(java.util.function.Consumer<SelectionKey> action, long timeout) {
            return 0;
        }

        @Override
        public int selectNow(java.util.function.Consumer<SelectionKey> action) {
            return 0;
        }

        @Override
        public Selector wakeup() {
            return this;
        }
    }
}
