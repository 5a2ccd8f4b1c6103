package dev.sampo.tests.chaos;

import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/** The short one of every run. All other faults: {@code -Pchaos}. */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class KilledLeaderIT {
    @Test
    void nothingAcknowledgedIsLostDoubledOrReorderedWhenALeaderIsKilled() {
        try (ChaosRun run = ChaosRun.start("killed-leader", ClusterPlan.of(3), Load.standard())) {
            // Given
            run.letRun(Duration.ofSeconds(3));
            BrokerProcess leader = run.busiest();

            // When
            long killed = System.nanoTime();
            leader.kill9();
            run.expectLedElsewhere(leader.id(), killed, Duration.ofSeconds(10));
            run.letRun(Duration.ofSeconds(3));
            run.stalls("after kill -9", killed);
            leader.start();
            run.expectRecovered();

            // Then
            Verdict verdict = run.finish();
            assertThat(verdict.violations()).as("%s", verdict).isEmpty();
            assertThat(verdict.acknowledged()).as("%s", verdict).isGreaterThan(500);
        }
    }
}
