package dev.sampo.partition.session;

import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has a {@link ProcessWatch} on the replication listener of each live broker. */
final class DeathWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DeathWatch.class);

    private record Watched(int brokerId, long incarnation, ProcessWatch watch) {}

    /** Told on a thread of the watch. */
    interface Listener {
        void dead(int brokerId, long incarnation);
    }

    private final int self;
    private final Listener listener;
    private final Map<Integer, Watched> watches = new HashMap<>();
    private boolean closed;

    DeathWatch(int self, Listener listener) {
        this.self = self;
        this.listener = listener;
    }

    /** Watches the live brokers of this image, but for this one. */
    synchronized void follow(MetadataImage image) {
        watches.values().removeIf(watched -> {
            Broker broker = image.brokers().get(watched.brokerId());
            boolean over = broker == null || broker.fenced() || broker.incarnation() != watched.incarnation();
            if (over) {
                watched.watch().end();
            }
            return over;
        });
        for (Broker broker : image.brokers().values()) {
            if (!closed && broker.id() != self && !broker.fenced() && !watches.containsKey(broker.id())) {
                broker.endpoints().stream()
                        .filter(endpoint -> endpoint.listener().equals(Endpoint.REPLICATION))
                        .findFirst()
                        .ifPresent(endpoint -> watches.put(broker.id(), new Watched(
                                broker.id(), broker.incarnation(),
                                ProcessWatch.start("death-watch-" + broker.id(), endpoint.host(), endpoint.port(),
                                        () -> onDead(broker.id(), broker.incarnation())))));
            }
        }
    }

    private void onDead(int brokerId, long incarnation) {
        log.atInfo().addKeyValue("brokerId", brokerId).addKeyValue("incarnation", incarnation)
                .log("the process of a broker is gone: its port refuses connections");
        listener.dead(brokerId, incarnation);
    }

    @Override
    public synchronized void close() {
        closed = true;
        watches.values().forEach(watched -> watched.watch().end());
        watches.clear();
    }
}
