package dev.sampo.group.coordinator;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which partitions of {@code __consumer_offsets} are coordinated on this broker, and for which leader: a new one begins
 * only after the coordinator of the one before has stopped with all its groups. Pure.
 *
 * @param <L> who leads
 */
public final class LedPartitions<L> {
    /**
     * A serving leader.
     *
     * @param handedOff its group is on the way to another broker: it serves until that one leads
     */
    public record Led<L>(TopicIdPartition id, L leader, int leaderEpoch, boolean handedOff) {}

    /** What the shell does next. */
    public sealed interface Effect<L> {
        /** Start the coordinator of the leader's partition. */
        record Start<L>(Led<L> led) implements Effect<L> {}

        /** It answers nothing any more; {@link #onStopped} hears when it has stopped. */
        record Stop<L>(int partition) implements Effect<L> {}
    }

    private final Map<Integer, Led<L>> leaders = new HashMap<>(); // wanted
    private final Set<Integer> running = new HashSet<>();
    private final Set<Integer> stopping = new HashSet<>();

    /**
     * A leader serves.
     *
     * @param current whether it is the one that serves at this moment: a report that was overtaken by its removal is no news
     */
    public List<Effect<L>> onEntered(Led<L> led, boolean current) {
        int partition = led.id().partition();
        Led<L> known = leaders.get(partition);
        if (goesOn(known, led)) {
            leaders.put(partition, led);
            return List.of();
        }
        boolean newer = known == null || led.leaderEpoch() > known.leaderEpoch()
                || !led.id().equals(known.id()) || !led.leader().equals(known.leader());
        if (!newer || !current) {
            return List.of();
        }
        leaders.put(partition, led);
        return running.contains(partition) ? stop(partition) : start(led);
    }

    /** A leader has stopped. */
    public List<Effect<L>> onLeft(Led<L> led) {
        int partition = led.id().partition();
        Led<L> known = leaders.get(partition);
        if (!led.equals(known) && !goesOn(known, led)) { // of the latter its entering may be heard of later still
            return List.of();
        }
        leaders.remove(partition);
        return stop(partition);
    }

    /** A coordinator has stopped, told to or by a failure. */
    public List<Effect<L>> onStopped(int partition) {
        running.remove(partition);
        stopping.remove(partition);
        Led<L> next = leaders.get(partition);
        return next == null ? List.of() : start(next);
    }

    /** The same leader elsewhere on this broker, after a hand-off: its groups go on, and end with it. */
    private static <L> boolean goesOn(@Nullable Led<L> known, Led<L> led) {
        return known != null && led.handedOff() && led.id().equals(known.id())
                && led.leaderEpoch() == known.leaderEpoch();
    }

    private List<Effect<L>> start(Led<L> led) {
        running.add(led.id().partition());
        return List.of(new Effect.Start<>(led));
    }

    private List<Effect<L>> stop(int partition) {
        return running.contains(partition) && stopping.add(partition)
                ? List.of(new Effect.Stop<>(partition))
                : List.of();
    }
}
