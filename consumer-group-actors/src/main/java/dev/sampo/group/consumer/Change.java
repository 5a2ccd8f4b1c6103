package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.lag.Rebalance.Cause;
import java.util.List;

/**
 * What was decided together: nothing of it is true before {@link ConsumerGroup#accept}.
 *
 * @param events facts to store, in order
 * @param causes why the group rebalances, where it does
 */
public record Change(List<ConsumerGroupEvent> events, List<Cause> causes) {
    /** Everything stays as it is. */
    public static final Change NONE = new Change(List.of(), List.of());
}
