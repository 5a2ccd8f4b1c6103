package dev.sampo.tests.chaos;

import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.cluster.Network;
import dev.sampo.tests.chaos.cluster.SmallDisk;
import dev.sampo.tests.chaos.cluster.SystemCallFaults;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** All faults one after the other on a broker that has no other to help it; it also shows that each tool works on this machine. */
@Tag("chaos")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SingleBrokerFaultsIT {
    private static final Duration WHILE = Duration.ofSeconds(5);

    @Test
    void nothingAcknowledgedIsLostByABrokerThatIsAlone() {
        assumeTrue(Network.missing().isEmpty(), Network::missing);
        assumeTrue(SmallDisk.missing().isEmpty(), SmallDisk::missing);
        assumeTrue(SystemCallFaults.missing().isEmpty(), SystemCallFaults::missing);
        ClusterPlan plan = ClusterPlan.of(1).inOwnNetwork().withSystemCallFaults("/topics/").withDisk(1, 256)
                .with("offsets.topic.replication.factor", "1").with("sampo.persistence.metadata-disk-reserve", "16 MiB");
        Load load = new Load(3, 1, 300, "all", Duration.ofSeconds(3), 1, true, Map.of("flush.messages", "1"));
        try (ChaosRun run = ChaosRun.start("single", plan, load)) {
            BrokerProcess broker = run.cluster().broker(1);
            step(run, "unplugged", () -> run.cluster().network().unplug(1), () -> run.cluster().network().heal());
            step(run, "paused", broker::pause, broker::resume);
            step(run, "disk full", broker.disk()::fill, broker.disk()::empty);
            step(run, "clock 24 h ahead", () -> broker.faults().moveClock(Duration.ofHours(24)), () -> broker.faults().moveClock(Duration.ZERO));
            step(run, "forces take 1 s", () -> broker.faults().stallForces(Duration.ofSeconds(1)), broker.faults()::repairForces);
            step(run, "forces fail", broker.faults()::failForces, () -> {
                assertThat(broker.faults().failedForces()).isPositive();
                broker.faults().repairForces();
                broker.kill9();
                broker.start();
            });
            step(run, "killed", broker::kill9, broker::start);
            step(run, "stopped", broker::stop, broker::start);
            Verdict verdict = run.finish();
            assertThat(verdict.violations()).as("%s", verdict).isEmpty();
        }
    }

    private static void step(ChaosRun run, String what, Runnable fault, Runnable repair) {
        long begin = System.nanoTime();
        fault.run();
        run.letRun(WHILE);
        run.stalls(what, begin);
        repair.run();
        run.expectRecovered();
    }
}
