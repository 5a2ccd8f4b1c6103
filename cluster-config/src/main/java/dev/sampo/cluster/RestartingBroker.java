package dev.sampo.cluster;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker that is started again, within the process, each time the cluster has ended its session or shut its node out: after
 * a pause, a cut network, or a downing. It comes back as a new incarnation.
 */
final class RestartingBroker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RestartingBroker.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(5);

    private final BrokerSettings settings;
    private final Consumer<SampoBroker> onStart;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private @Nullable SampoBroker broker; // guarded by this

    private RestartingBroker(BrokerSettings settings, Consumer<SampoBroker> onStart) {
        this.settings = settings;
        this.onStart = onStart;
    }

    /**
     * Returns when the broker serves; a first start that fails is told. {@code onStart} is called after each start.
     *
     * @throws StartException what prevents the start
     */
    static RestartingBroker start(BrokerSettings settings, Consumer<SampoBroker> onStart) {
        var restarting = new RestartingBroker(settings, onStart);
        SampoBroker first = SampoBroker.start(settings);
        restarting.started(first);
        Thread.ofPlatform().daemon().name("sampo-restart").start(() -> restarting.run(first));
        return restarting;
    }

    private synchronized boolean started(SampoBroker now) {
        if (stopping.getCount() == 0) {
            return false;
        }
        broker = now;
        onStart.accept(now);
        return true;
    }

    private void run(SampoBroker first) {
        SampoBroker running = first;
        while (running != null) {
            String reason;
            try {
                reason = running.whenLost().toCompletableFuture().get();
            } catch (Exception e) {
                reason = e.toString();
            }
            if (stopping.getCount() == 0) {
                break;
            }
            log.atWarn().addKeyValue("brokerId", settings.nodeId()).addKeyValue("reason", reason)
                    .log("the broker starts again");
            running.kill();
            running = again();
        }
    }

    /** Null when it is to stop. */
    private @Nullable SampoBroker again() {
        Duration pause = FIRST_PAUSE;
        try {
            while (!stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    SampoBroker next = SampoBroker.start(settings);
                    if (started(next)) {
                        return next;
                    }
                    next.close();
                    return null;
                } catch (RuntimeException e) { // also of parts that ended while they were started
                    log.atWarn().addKeyValue("brokerId", settings.nodeId())
                            .setCause(e instanceof StartException ? null : e)
                            .log("the broker does not start, trying again: {}", e.getMessage());
                    pause = pause.compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : LAST_PAUSE;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return null;
    }

    /** Blocks until it was closed. */
    void awaitTermination() {
        try {
            stopping.await();
            SampoBroker last = current();
            if (last != null) {
                last.awaitTermination();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized @Nullable SampoBroker current() {
        return broker;
    }

    @Override
    public void close() {
        stopping.countDown();
        SampoBroker last = current();
        if (last != null) {
            last.close();
        }
    }
}
