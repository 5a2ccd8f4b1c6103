package dev.sampo.kafka.metrics;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.metrics.BrokerMetrics;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/** What the listeners and loops of one broker measure. Thread-safe. */
public final class NetworkMetrics implements Extension {
    private static final ExtensionId<NetworkMetrics> ID = new ExtensionId<>() {
        @Override
        public NetworkMetrics createExtension(ActorSystem<?> system) {
            return new NetworkMetrics(BrokerMetrics.get(system));
        }
    };

    private final BrokerMetrics metrics;
    private final AtomicBoolean loopsShown = new AtomicBoolean();

    private NetworkMetrics(BrokerMetrics metrics) {
        this.metrics = metrics;
    }

    /** The broker's of this system. */
    public static NetworkMetrics get(ActorSystem<?> system) {
        return system.registerExtension(ID);
    }

    /** A listener starts on these loops, which are the same for all listeners: its counts, in the order of loops. */
    public List<ProcessorMeters> listener(String name, List<SelectorLoop> loops) {
        if (loopsShown.compareAndSet(false, true)) {
            metrics.add(new LoopSource(loops, metrics.nanoTime()));
        }
        List<ProcessorMeters> processors =
                loops.stream().map(loop -> new ProcessorMeters(name, loop, metrics.nanoTime())).toList();
        metrics.add(new ListenerSource(processors));
        return processors;
    }
}
