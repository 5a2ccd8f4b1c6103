package dev.sampo.tests.simulation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a seed draws before anything runs: the shape of the cluster, how bad its network is, which kinds of fault occur at all
 * (swarm testing: a uniform mix hides bugs), and when. A shorter list of acts is a smaller schedule, which is how a failing one is
 * made minimal.
 */
record Plan(
        long seed, int brokers, int voters, int partitions, short replicationFactor, int minInSyncReplicas, long flushMessages,
        long replicaLagMs, long typicalDelayMicros, double lossRate, double duplicateRate, double lateRate, long latestMicros,
        long imageLagMicros, boolean holdingCuts, double acksOneShare, long produceEveryMicros, int inFlight, int fetchBatches,
        long flushEveryMicros, long chaosMicros, @Nullable GroupPlan groups, List<Act> acts) {
    /** Things that are done to the cluster. */
    enum Kind {
        KILL(5), POWER_CUT(4), PAUSE(5), WIPE(2), CUT_FROM_ALL(4), CUT_FROM_PEERS(3), ONE_WAY_CUT(3), BRIDGE(3), BREAK(6),
        CLOCK_JUMP(2), FAILED_FORCE(2), KILL_ALL(1), SECOND_SENTINEL(4), RAFT_ELECTION(3), STOP_CLEANLY(3), MOVE_GROUP(4),
        SLOW_IMAGES(2), CREATE_TOPIC(2), DELETE_TOPIC(1), DELETE_RECORDS(2), FLUSH(3),
        // of schedules with groups
        MEMBER_JOINS(4), MEMBER_LEAVES(3), MEMBER_DIES(4), MEMBER_PAUSES(4), MEMBER_TWIN(2), GROUP_LEAVES(2),
        COORDINATOR_DIES(6), COORDINATOR_MOVES(3), COORDINATOR_CUT(3);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }

        int weight() {
            return weight;
        }

        boolean ofGroups() {
            return ordinal() >= MEMBER_JOINS.ordinal();
        }
    }

    /** {@code dice} decides whom it hits, so that it hits alike whatever other acts are left out. */
    record Act(long atMicros, Kind kind, long durationMicros, long dice) {
        @Override
        public String toString() {
            return String.format("%9.3f s %s for %.3f s", atMicros / 1e6, kind, durationMicros / 1e6);
        }
    }

    static Plan draw(long seed) {
        var dice = new Dice(seed * 0x9E3779B97F4A7C15L + 11);
        int brokers = dice.chance(0.75) ? 3 : dice.between(4, 5);
        short replicationFactor = (short) (dice.chance(0.85) ? 3 : 2);
        int minInSync = dice.chance(0.7) ? Math.min(2, replicationFactor) : 1;
        boolean harsh = dice.chance(0.5);
        boolean calm = dice.chance(0.04); // half of the bugs that others found showed in healthy clusters
        long chaos = dice.between(20, 45) * Timeline.SECONDS;
        var groupDice = new Dice(seed * 0xD1342543DE82EF95L + 5); // its own: what it draws changes nothing else
        GroupPlan groups = GroupPlan.draw(groupDice);
        return new Plan(
                seed, brokers, dice.chance(0.15) ? 1 : 3, dice.between(1, 3), replicationFactor, minInSync,
                dice.chance(0.12) ? 1 : Long.MAX_VALUE,
                dice.chance(0.7) ? dice.between(1_500, 5_000) : 30_000,
                dice.between(150, 3_000),
                harsh ? dice.between(0, 30) / 1000.0 : 0,
                harsh ? dice.between(0, 40) / 1000.0 : 0,
                harsh ? dice.between(0, 50) / 100.0 : 0,
                dice.chance(0.3) ? 25 * Timeline.SECONDS : 3 * Timeline.SECONDS,
                dice.chance(0.3) ? dice.between(50, 2_000) * Timeline.MILLIS : 2 * Timeline.MILLIS,
                dice.chance(0.5),
                dice.chance(0.5) ? 0 : dice.between(0, 60) / 100.0,
                dice.between(200, 1_500) * Timeline.MILLIS,
                dice.between(1, 5), dice.between(1, 6),
                dice.between(1, 20) * Timeline.SECONDS,
                chaos, groups,
                calm ? List.of() : both(acts(dice, chaos), groups == null ? List.of() : groups.acts(groupDice, chaos)));
    }

    private static List<Act> both(List<Act> some, List<Act> others) {
        return Stream.concat(some.stream(), others.stream()).sorted(Comparator.comparingLong(Act::atMicros)).toList();
    }

    private static List<Act> acts(Dice dice, long chaos) {
        Set<Kind> on = EnumSet.noneOf(Kind.class);
        for (Kind kind : Kind.values()) {
            if (!kind.ofGroups() && dice.chance(0.45)) {
                on.add(kind);
            }
        }
        if (on.isEmpty()) {
            on.add(Kind.KILL);
        }
        var bag = new ArrayList<Kind>();
        on.forEach(kind -> {
            for (int i = 0; i < kind.weight; i++) {
                bag.add(kind);
            }
        });
        var acts = new ArrayList<Act>();
        long gap = dice.between(600, 5_000) * Timeline.MILLIS;
        boolean bursts = dice.chance(0.4);
        long at = dice.between(2_500, 5_000) * Timeline.MILLIS;
        while (at < chaos) {
            acts.add(new Act(at, dice.pick(bag), duration(dice), dice.next()));
            at += bursts && dice.chance(0.5) ? dice.between(0, 150) * Timeline.MILLIS : dice.heavyTail(gap, 12 * Timeline.SECONDS);
        }
        return acts;
    }

    static long duration(Dice dice) {
        return switch (dice.between(0, 3)) {
            case 0 -> dice.between(1, 500) * Timeline.MILLIS;
            case 1 -> dice.between(500, 4_000) * Timeline.MILLIS;
            case 2 -> dice.between(4, 9) * Timeline.SECONDS;
            default -> dice.between(9, 16) * Timeline.SECONDS;
        };
    }

    Plan with(List<Act> fewer, long shorterChaos) {
        return new Plan(seed, brokers, voters, partitions, replicationFactor, minInSyncReplicas, flushMessages, replicaLagMs,
                typicalDelayMicros, lossRate, duplicateRate, lateRate, latestMicros, imageLagMicros, holdingCuts, acksOneShare,
                produceEveryMicros, inFlight, fetchBatches, flushEveryMicros, shorterChaos, groups, fewer);
    }

    /** The same, on a network that neither loses, repeats nor delays. */
    Plan onGoodNetwork() {
        return new Plan(seed, brokers, voters, partitions, replicationFactor, minInSyncReplicas, flushMessages, replicaLagMs,
                typicalDelayMicros, 0, 0, 0, latestMicros, 2 * Timeline.MILLIS, holdingCuts, acksOneShare, produceEveryMicros,
                inFlight, fetchBatches, flushEveryMicros, chaosMicros, groups, acts);
    }

    Plan withoutGroups() {
        List<Act> others = acts.stream().filter(act -> !act.kind().ofGroups()).toList();
        return new Plan(seed, brokers, voters, partitions, replicationFactor, minInSyncReplicas, flushMessages, replicaLagMs,
                typicalDelayMicros, lossRate, duplicateRate, lateRate, latestMicros, imageLagMicros, holdingCuts, acksOneShare,
                produceEveryMicros, inFlight, fetchBatches, flushEveryMicros, chaosMicros, null, others);
    }

    String shape() {
        return "seed " + seed + ": " + brokers + " brokers, " + voters + " voters, " + partitions + " partitions, RF "
                + replicationFactor + ", min ISR " + minInSyncReplicas + ", flush.messages " + flushMessages
                + ", replica lag " + replicaLagMs + " ms, network loses " + lossRate + " repeats " + duplicateRate + " late "
                + lateRate + ", images lag " + imageLagMicros / 1000 + " ms, " + acts.size() + " acts in "
                + chaosMicros / Timeline.SECONDS + " s" + (groups == null ? "" : ", " + groups);
    }
}
