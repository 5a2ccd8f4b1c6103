package dev.sampo.tests.chaos;

import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.cluster.Network;
import dev.sampo.tests.chaos.history.Rule;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Each broker in a network namespace of its own; what is cut vanishes without a reset. */
@Tag("chaos")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class NetworkFaultsIT {
    private static final ClusterPlan PLAN = ClusterPlan.of(3).inOwnNetwork();
    private static final Load LOAD = Load.standard().requestTimeout(Duration.ofSeconds(3));
    private static final Duration STEADY = Duration.ofSeconds(5);
    private static final Duration CUT = Duration.ofSeconds(30);
    private static final Duration LED_ELSEWHERE = Duration.ofSeconds(12);
    private static final Duration LED_ELSEWHERE_ONE_WAY = Duration.ofSeconds(15);

    private interface Cut {
        void between(Network network, int broker);
    }

    @BeforeAll
    static void canBeDoneHere() {
        assumeTrue(Network.missing().isEmpty(), Network::missing);
    }

    private static void judge(ChaosRun run) {
        Verdict verdict = run.finish();
        assertThat(verdict.violations()).as("%s", verdict).isEmpty();
        assertThat(verdict.acknowledged()).as("enough work for a verdict: %s", verdict).isGreaterThan(1_000);
    }

    private static void cutALeaderOff(String name, Duration limit, Cut cut) {
        try (ChaosRun run = ChaosRun.start(name, PLAN, LOAD)) {
            run.letRun(STEADY);
            BrokerProcess leader = run.busiest();
            long begin = System.nanoTime();
            cut.between(run.cluster().network(), leader.id());
            run.expectLedElsewhere(leader.id(), begin, limit);
            run.letRun(CUT.minusNanos(System.nanoTime() - begin));
            run.stalls("while cut", begin);
            run.cluster().network().heal();
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @Test
    void aLeaderIsUnplugged() {
        cutALeaderOff("unplugged", LED_ELSEWHERE, Network::unplug);
    }

    @Test
    void aLeaderIsCutOffFromItsPeersWhileClientsReachIt() {
        cutALeaderOff("isolated", LED_ELSEWHERE, Network::isolate);
    }

    @Test
    void aLeaderHearsNothingFromItsPeers() {
        cutALeaderOff("deaf", LED_ELSEWHERE_ONE_WAY, Network::deafen);
    }

    @Test
    void aLeaderIsNotHeardByItsPeers() {
        cutALeaderOff("mute", LED_ELSEWHERE_ONE_WAY, Network::mute);
    }

    @Test
    void twoBrokersDoNotSeeEachOtherAndTheThirdSeesBoth() {
        try (ChaosRun run = ChaosRun.start("bridge", PLAN, LOAD)) {
            run.letRun(STEADY);
            long begin = System.nanoTime();
            run.cluster().network().separate(1, 2);
            Map<Integer, Integer> changes = new HashMap<>();
            Map<Integer, Integer> leaders = new HashMap<>(run.cluster().leaders(run.topic()));
            while (System.nanoTime() - begin < CUT.toNanos()) {
                run.cluster().leaders(run.topic()).forEach((partition, leader) -> {
                    Integer before = leaders.put(partition, leader);
                    if (before != null && !before.equals(leader) && leader > 0) {
                        changes.merge(partition, 1, Integer::sum);
                    }
                });
                run.letRun(Duration.ofMillis(200));
            }
            run.figure("leader changes by partition in " + CUT.toSeconds() + " s: " + changes);
            changes.forEach((partition, count) -> {
                if (count > 1) {
                    run.missed(Rule.TOO_SLOW, "partition " + partition + " changed its leader " + count + " times");
                }
            });
            run.stalls("while cut", begin);
            run.cluster().network().heal();
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    /** The judge is judged: what acks=1 promises no one must show as lost. */
    @Test
    void aWriterThatDoesNotWaitForReplicasLosesRecordsAndTheCheckerSeesIt() {
        try (ChaosRun run = ChaosRun.start("control-acks-1", PLAN, LOAD.acks("1"))) {
            run.letRun(STEADY);
            BrokerProcess leader = run.busiest();
            long begin = System.nanoTime();
            run.cluster().network().isolate(leader.id());
            run.letRun(Duration.ofSeconds(25));
            run.stalls("while cut", begin);
            run.cluster().network().heal();
            run.expectRecovered();
            Verdict verdict = run.finish();
            assertThat(verdict.has(Rule.LOST)).as("%s", verdict).isTrue();
        }
    }
}
