package dev.sampo.group.consumer;

import dev.sampo.actors.protocol.Group.JoinReply;
import java.util.Set;

/**
 * What a join comes to: a change for {@link ConsumerGroup#accept}, then the answer.
 *
 * @param downgrades it took the place of the last member of the consumer protocol: the group goes on as a classic one
 * @param rebalances what the group should own is not decided for its newest epoch
 */
public record JoinDecision(
        Change change, JoinReply reply, Set<String> resolve, boolean downgrades, boolean rebalances) {
    static JoinDecision answer(JoinReply reply) {
        return new JoinDecision(Change.NONE, reply, Set.of(), false, false);
    }
}
