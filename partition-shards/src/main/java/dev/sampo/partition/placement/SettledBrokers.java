package dev.sampo.partition.placement;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.util.HashMap;
import java.util.Map;

/**
 * Which brokers have been live for a while. A process that has just started is slow for some seconds: leadership that
 * comes back to it at once makes clients wait longer than its stop did. Times are of a clock that never goes back.
 */
final class SettledBrokers {
    private record Life(long incarnation, long sinceMs) {}

    private final long afterMs;
    private final Map<Integer, Life> lives = new HashMap<>();

    /** {@code afterMs}: how long a broker has to be live, as seen here. */
    SettledBrokers(long afterMs) {
        this.afterMs = afterMs;
    }

    /** Looks who is live; called often. */
    void look(MetadataImage image, long nowMs) {
        lives.keySet().removeIf(broker -> !image.isLive(broker));
        for (Broker broker : image.brokers().values()) {
            Life life = lives.get(broker.id());
            if (!broker.fenced() && (life == null || life.incarnation() != broker.incarnation())) {
                lives.put(broker.id(), new Life(broker.incarnation(), nowMs));
            }
        }
    }

    boolean contains(int broker, long nowMs) {
        Life life = lives.get(broker);
        return life != null && nowMs - life.sinceMs() >= afterMs;
    }
}
