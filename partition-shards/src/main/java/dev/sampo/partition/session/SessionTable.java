package dev.sampo.partition.session;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When this metadata voter last heard of each broker, and who is late by the controller's measure. Nobody is late before the
 * controller is nearly, or the broker's registration, is as old as a session. Pure.
 */
public final class SessionTable {
    private record Heard(long incarnation, long nanos) {}

    private final long timeoutNanos;
    private final Map<Integer, Heard> heard = new HashMap<>();
    private long sinceNanos;

    /** @param nowNanos of the same clock as all times here */
    public SessionTable(long timeoutNanos, long nowNanos) {
        this.timeoutNanos = timeoutNanos;
        this.sinceNanos = nowNanos;
    }

    /**
     * The controller starts on this node. Silence that it has noticed as a voter counts from a sixth of a session ago. The leader
     * before it stops renewing leases within that time from now, and a lease is shorter than the rest of a session.
     */
    public void controllerStarted(long nowNanos) {
        sinceNanos = nowNanos - timeoutNanos / 6;
    }

    /** This node was paused and cannot say who was silent: everybody gets a whole session from now. */
    public void heardNobody(long nowNanos) {
        sinceNanos = nowNanos;
    }

    /** A heartbeat came; one of an older incarnation than the last counts for nothing. */
    public void heard(int brokerId, long incarnation, long nowNanos) {
        Heard last = heard.get(brokerId);
        if (last == null || incarnation >= last.incarnation()) {
            heard.put(brokerId, new Heard(incarnation, nowNanos));
        }
    }

    /** Live brokers whose session is over, by id. A registration that is new in the image counts as heard now. */
    public List<Broker> late(MetadataImage image, long nowNanos) {
        var late = new ArrayList<Broker>();
        heard.keySet().retainAll(image.brokers().keySet());
        image.brokers().values().stream()
                .filter(broker -> !broker.fenced())
                .sorted(java.util.Comparator.comparingInt(Broker::id))
                .forEach(broker -> {
                    Heard last = heard.get(broker.id());
                    if (last == null || last.incarnation() < broker.incarnation()) {
                        last = new Heard(broker.incarnation(), nowNanos);
                        heard.put(broker.id(), last);
                    }
                    if (nowNanos - Math.max(last.nanos() - sinceNanos, 0) - sinceNanos > timeoutNanos) {
                        late.add(broker);
                    }
                });
        return late;
    }
}
