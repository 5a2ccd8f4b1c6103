package dev.sampo.cluster;

import dev.sampo.persistence.reserve.DiskReserve;
import java.io.IOException;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the disk once a second, from some seconds after the start on, until the actor system ends. */
final class DiskReserveTimer {
    private static final Logger log = LoggerFactory.getLogger(DiskReserveTimer.class);
    /** After the start, which has better things to write. */
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private DiskReserveTimer() {}

    static void start(ActorSystem<?> system, DiskReserve reserve) {
        var blocking = system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher"));
        var _ = system.scheduler().scheduleWithFixedDelay(FIRST, INTERVAL, () -> check(reserve), blocking);
    }

    private static void check(DiskReserve reserve) {
        try {
            reserve.check(System.nanoTime() / 1_000_000);
        } catch (IOException e) {
            log.atWarn().log("disk reserve cannot be removed, trying again: {}", e.toString());
        }
    }
}
