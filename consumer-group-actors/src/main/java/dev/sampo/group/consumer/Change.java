package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.lag.Rebalance.Cause;
import java.util.List;
import java.util.Set;

/**
 * What was decided together: nothing of it is true before {@link ConsumerGroup#accept}.
 *
 * @param events facts to store, in order
 * @param causes why the group rebalances, where it does
 * @param gone ids of members that it removes
 */
public record Change(List<ConsumerGroupEvent> events, List<Cause> causes, Set<String> gone) {
    /** Everything stays as it is. */
    public static final Change NONE = new Change(List.of(), List.of());

    /** One that removes nobody. */
    Change(List<ConsumerGroupEvent> events, List<Cause> causes) {
        this(events, causes, Set.of());
    }
}
