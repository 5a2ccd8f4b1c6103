package dev.sampo.tests.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * What a seed draws of consumer groups. A topic of so many partitions is read by {@code groups} groups of {@code members} members
 * each, for a start; {@code committers} clients commit from outside of the group protocol, each for a group of its own.
 *
 * @param offsetsPartitions of {@code __consumer_offsets}
 * @param partitions that the members of a group divide among themselves
 * @param staticShare of the members: those have an instance id (KIP-345)
 * @param consumerGroups of the groups, the last ones: their members use the consumer protocol (KIP-848)
 */
record GroupPlan(
        int offsetsPartitions, int committers, int groups, int members, int partitions, double staticShare, int sessionTimeoutMs,
        int rebalanceTimeoutMs, int initialRebalanceDelayMs, long commitEveryMicros, boolean requireKnownMemberId,
        int maxBatchBytes, int consumerGroups) {
    /** In half of the schedules there are groups; null in the other half. */
    static GroupPlan draw(Dice dice) {
        if (dice.chance(0.5)) {
            return null;
        }
        int rebalanceTimeoutMs = dice.between(5_000, 12_000);
        int groups = dice.between(1, 2);
        return new GroupPlan(
                dice.between(1, 2), dice.between(0, 2), groups, dice.between(1, 4), dice.between(1, 5),
                dice.chance(0.5) ? 0 : dice.between(20, 100) / 100.0,
                dice.between(3_000, 14_000), rebalanceTimeoutMs, dice.pick(List.of(0, 500, 3_000)),
                dice.between(150, 1_500) * Timeline.MILLIS, dice.chance(0.7), dice.chance(0.3) ? 1_024 : 524_288,
                dice.chance(0.4) ? dice.between(1, groups) : 0);
    }

    boolean isConsumerGroup(String groupId) {
        for (int i = groups - consumerGroups; i < groups; i++) {
            if (groupId.equals("group" + i)) {
                return true;
            }
        }
        return false;
    }

    /** What is done to groups and their coordinators, besides what is done to all brokers. */
    List<Plan.Act> acts(Dice dice, long chaosMicros) {
        var bag = new ArrayList<Plan.Kind>();
        for (Plan.Kind kind : Plan.Kind.values()) {
            if (kind.ofGroups() && dice.chance(0.6)) {
                for (int i = 0; i < kind.weight(); i++) {
                    bag.add(kind);
                }
            }
        }
        var acts = new ArrayList<Plan.Act>();
        long gap = dice.between(1_000, 6_000) * Timeline.MILLIS;
        long at = dice.between(3_000, 6_000) * Timeline.MILLIS;
        while (at < chaosMicros && !bag.isEmpty()) {
            acts.add(new Plan.Act(at, dice.pick(bag), Plan.duration(dice), dice.next()));
            at += dice.heavyTail(gap, 12 * Timeline.SECONDS);
        }
        return acts;
    }
}
