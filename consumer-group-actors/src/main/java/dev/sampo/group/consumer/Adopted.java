package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/**
 * A member of the classic protocol on its way between groups of both types.
 *
 * @param wants with what is kept of a classic member
 * @param partitions its part of the assignment, by topic id
 */
public record Adopted(String memberId, Subscription wants, Map<Uuid, Set<Integer>> partitions) {}
