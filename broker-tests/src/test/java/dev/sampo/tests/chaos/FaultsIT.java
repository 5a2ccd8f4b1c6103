package dev.sampo.tests.chaos;

import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.cluster.SmallDisk;
import dev.sampo.tests.chaos.cluster.SystemCallFaults;
import dev.sampo.tests.chaos.history.Rule;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** One fault after the other, on loopback. Each time: nothing lost, doubled or reordered, and in sync again within 60 s. */
@Tag("chaos")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class FaultsIT {
    private static final Duration STEADY = Duration.ofSeconds(5);
    /** A broker that is silent, or whose disk is, must have lost its leaders by then. */
    private static final Duration LED_ELSEWHERE = Duration.ofSeconds(15);

    private static void judge(ChaosRun run) {
        Verdict verdict = run.finish();
        assertThat(verdict.violations()).as("%s", verdict).isEmpty();
        assertThat(verdict.acknowledged()).as("enough work for a verdict: %s", verdict).isGreaterThan(1_000);
    }

    @Test
    void healthyBrokersKeepEveryRule() {
        try (ChaosRun run = ChaosRun.start("healthy", ClusterPlan.of(3), Load.standard().perSecond(1_000).withGroup(2).withoutClientErrors())) {
            long begin = System.nanoTime();
            run.letRun(Duration.ofSeconds(20));
            run.stalls("without faults", begin);
            run.expectRecovered();
            judge(run);
        }
    }

    @Test
    void eachBrokerIsKilledInTurn() {
        try (ChaosRun run = ChaosRun.start("kill-each", ClusterPlan.of(3), Load.standard().withGroup(2))) {
            for (int id = 1; id <= 3; id++) {
                run.letRun(STEADY);
                long killed = System.nanoTime();
                run.cluster().broker(id).kill9();
                run.expectLedElsewhere(id, killed, Duration.ofSeconds(10));
                run.letRun(STEADY);
                run.stalls("after kill -9 of broker " + id, killed);
                run.cluster().broker(id).start();
                run.expectRecovered();
            }
            judge(run);
        }
    }

    @Test
    void allThreeAreKilledAtOnceAndComeBackByThemselves() {
        try (ChaosRun run = ChaosRun.start("kill-all", ClusterPlan.of(3), Load.standard().withGroup(2))) {
            run.letRun(STEADY);
            run.cluster().brokers().forEach(BrokerProcess::kill9);
            run.letRun(Duration.ofSeconds(2));
            run.cluster().brokers().forEach(BrokerProcess::start);
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 30})
    void aLeaderIsPaused(int seconds) {
        Load load = Load.standard().requestTimeout(Duration.ofSeconds(3));
        try (ChaosRun run = ChaosRun.start("pause-" + seconds + "s", ClusterPlan.of(3), load)) {
            run.letRun(STEADY);
            BrokerProcess leader = run.busiest();
            long paused = System.nanoTime();
            leader.pause();
            if (seconds > LED_ELSEWHERE.toSeconds()) {
                run.expectLedElsewhere(leader.id(), paused, LED_ELSEWHERE);
            }
            run.letRun(Duration.ofSeconds(seconds).minusNanos(System.nanoTime() - paused));
            run.stalls("while paused", paused);
            leader.resume();
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @Test
    void aLeaderComesBackWithAnEmptyDisk() {
        try (ChaosRun run = ChaosRun.start("wiped", ClusterPlan.of(3), Load.standard())) {
            run.letRun(STEADY);
            BrokerProcess leader = run.busiest();
            leader.kill9();
            leader.wipe();
            run.letRun(STEADY);
            leader.start();
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @Test
    void aLeadersDiskIsFullForAWhile() {
        assumeTrue(SmallDisk.missing().isEmpty(), SmallDisk::missing);
        ClusterPlan plan = ClusterPlan.of(3).withDisk(1, 256).withDisk(2, 256).withDisk(3, 256).with("sampo.persistence.metadata-disk-reserve", "16 MiB");
        try (ChaosRun run = ChaosRun.start("disk-full", plan, Load.standard())) {
            run.letRun(STEADY);
            BrokerProcess leader = run.busiest();
            long full = System.nanoTime();
            leader.disk().fill();
            run.expectLedElsewhere(leader.id(), full, LED_ELSEWHERE);
            run.letRun(Duration.ofSeconds(20));
            run.stalls("while the disk is full", full);
            assertThat(leader.isRunning()).as("a full disk ends no broker:%n%s", leader.outputTail()).isTrue();
            leader.disk().empty();
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @Test
    void allDisksAreFullForAWhile() {
        assumeTrue(SmallDisk.missing().isEmpty(), SmallDisk::missing);
        ClusterPlan plan = ClusterPlan.of(3).withDisk(1, 256).withDisk(2, 256).withDisk(3, 256).with("sampo.persistence.metadata-disk-reserve", "16 MiB");
        try (ChaosRun run = ChaosRun.start("disks-full", plan, Load.standard())) {
            run.letRun(STEADY);
            long full = System.nanoTime();
            run.cluster().brokers().forEach(broker -> broker.disk().fill());
            run.letRun(Duration.ofSeconds(20));
            run.stalls("while all disks are full", full);
            run.cluster().brokers().forEach(broker -> assertThat(broker.isRunning()).as("%s", broker.outputTail()).isTrue());
            run.cluster().brokers().forEach(broker -> broker.disk().empty());
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @Test
    void forcingALeadersFilesFailsUntilItIsRestarted() {
        assumeTrue(SystemCallFaults.missing().isEmpty(), SystemCallFaults::missing);
        Load load = Load.standard().topicSetting("flush.messages", "1");
        try (ChaosRun run = ChaosRun.start("force-fails", ClusterPlan.of(3).withSystemCallFaults("/topics/"), load)) {
            run.letRun(STEADY);
            BrokerProcess leader = run.busiest();
            long failing = System.nanoTime();
            leader.faults().failForces();
            run.expectLedElsewhere(leader.id(), failing, LED_ELSEWHERE);
            run.letRun(STEADY);
            run.stalls("while forces fail", failing);
            assertThat(leader.faults().failedForces()).as("forces that failed").isPositive();
            leader.faults().repairForces();
            if (leader.isRunning()) {
                leader.kill9();
            }
            leader.start();
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @Test
    void forcingALeadersFilesTakesSeconds() {
        assumeTrue(SystemCallFaults.missing().isEmpty(), SystemCallFaults::missing);
        try (ChaosRun run = ChaosRun.start("force-stalls", ClusterPlan.of(3).withSystemCallFaults(""), Load.standard())) {
            run.letRun(STEADY);
            BrokerProcess leader = run.busiest();
            long stalling = System.nanoTime();
            leader.faults().stallForces(Duration.ofSeconds(3));
            run.letRun(Duration.ofSeconds(30));
            run.stalls("while forces take 3 s", stalling);
            leader.faults().repairForces();
            run.expectRecovered();
            run.letRun(STEADY);
            judge(run);
        }
    }

    @Test
    void wallClocksJumpAndNoLeaderChanges() {
        assumeTrue(SystemCallFaults.missing().isEmpty(), SystemCallFaults::missing);
        Load load = Load.standard().topicSetting("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE))
                .topicSetting("message.timestamp.before.max.ms", Long.toString(Long.MAX_VALUE)).withoutClientErrors();
        try (ChaosRun run = ChaosRun.start("clocks", ClusterPlan.of(3).withSystemCallFaults(""), load)) {
            run.letRun(STEADY);
            Map<Integer, Integer> leaders = run.cluster().leaders(run.topic());
            long begin = System.nanoTime();
            for (int hours : new int[] {1, -24, 24}) {
                for (BrokerProcess broker : run.cluster().brokers()) {
                    broker.faults().moveClock(Duration.ofHours(hours).multipliedBy(broker.id() % 2 == 0 ? -1 : 1));
                    run.letRun(Duration.ofSeconds(3));
                }
            }
            run.stalls("while clocks jump", begin);
            if (!run.cluster().leaders(run.topic()).equals(leaders)) {
                run.missed(Rule.TOO_SLOW, "leaders were " + leaders + " and are " + run.cluster().leaders(run.topic()));
            }
            run.cluster().brokers().forEach(broker -> broker.faults().moveClock(Duration.ZERO));
            run.expectRecovered();
            judge(run);
        }
    }
}
