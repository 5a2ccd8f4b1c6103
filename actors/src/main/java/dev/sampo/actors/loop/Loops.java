package dev.sampo.actors.loop;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.apache.pekko.actor.ActorSystem;

/**
 * The loops of one actor system. They start with the first dispatcher or listener that uses them and end with the last;
 * several systems in one process share nothing.
 *
 * <p>Users are the dispatchers (which Pekko shuts down when idle and with the system) and {@link Lease}s.
 */
public final class Loops {
    /** Most loops of an actor system: so many dispatchers {@code sampo.loop-0 …} are configured. */
    public static final int MAX_COUNT = 16;

    /** Keeps the loops alive until it is closed. */
    public static final class Lease implements AutoCloseable {
        private final ActorSystem.Settings system;
        private final Loops loops;
        private boolean closed;

        private Lease(ActorSystem.Settings system, Loops loops) {
            this.system = system;
            this.loops = loops;
        }

        /** The loops, by index. */
        public List<SelectorLoop> loops() {
            return loops.loops;
        }

        /** Ends this use; the loops stop with their last one. */
        @Override
        public void close() {
            synchronized (BY_SYSTEM) {
                if (!closed) {
                    closed = true;
                    loops.leases--;
                    if (loops.leases == 0) {
                        BY_SYSTEM.remove(system);
                        loops.loops.forEach(SelectorLoop::stop);
                    }
                }
            }
        }
    }

    // By identity: Pekko makes one settings object for each actor system, and a dispatcher's configurator is given
    // nothing else that tells systems apart.
    private static final IdentityHashMap<ActorSystem.Settings, Loops> BY_SYSTEM = new IdentityHashMap<>();

    private final List<SelectorLoop> loops;
    private int leases;

    private Loops(List<SelectorLoop> loops) {
        this.loops = List.copyOf(loops);
    }

    /** Uses the loops of this actor system, and starts them when nobody does yet. */
    public static Lease lease(org.apache.pekko.actor.typed.ActorSystem<?> system) {
        return lease(system.classicSystem().settings());
    }

    static Lease lease(ActorSystem.Settings system) {
        synchronized (BY_SYSTEM) {
            Loops loops = BY_SYSTEM.computeIfAbsent(system, Loops::start);
            loops.leases++;
            return new Lease(system, loops);
        }
    }

    /** How many loops the configuration asks for. */
    public static int count(Config config) {
        int count = config.getInt("sampo.loop.count");
        if (count < 0 || count > MAX_COUNT) {
            throw new IllegalArgumentException(
                    "sampo.loop.count is " + count + "; it must be 0 (one for every two cores) to " + MAX_COUNT);
        }
        return count == 0 ? Math.clamp((Runtime.getRuntime().availableProcessors() + 1) / 2, 1, MAX_COUNT) : count;
    }

    private static Loops start(ActorSystem.Settings system) {
        Config config = system.config();
        int count = count(config);
        long poolBytes = config.getBytes("sampo.loop.free-buffers-max");
        List<SelectorLoop> started = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            started.add(SelectorLoop.start(system.name() + "-loop-" + i, i, poolBytes));
        }
        return new Loops(started);
    }
}
