package dev.sampo.tests.chaos;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.history.Rule;
import dev.sampo.tests.chaos.history.Stalls;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import java.time.Duration;
import java.util.HashSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Tag("chaos")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class RollingRestartIT {
    private static final Duration LONGEST_STALL = Duration.ofMillis(500);

    @Test
    void clientsNoticeNoneOfThreeRestarts() {
        Load load = Load.standard().perSecond(600).withGroup(2).withoutClientErrors();
        try (ChaosRun run = ChaosRun.start("rolling-restart", ClusterPlan.of(3), load)) {
            run.letRun(Duration.ofSeconds(10)); // warm
            long begin = System.nanoTime();
            for (BrokerProcess broker : run.cluster().brokers()) {
                long one = System.nanoTime();
                run.figure("broker " + broker.id() + " stopped in " + broker.stop().toMillis() + " ms");
                broker.start();
                run.cluster().awaitReady(broker.id());
                run.expectRecovered();
                run.letRun(Duration.ofSeconds(2));
                run.stalls("restart of broker " + broker.id(), one);
            }
            long home = System.nanoTime();
            Await.until("leaders are back home", Duration.ofSeconds(60), () -> new HashSet<>(run.cluster().leaders(run.topic()).values()).size() == 3);
            run.letRun(Duration.ofSeconds(5));
            run.stalls("leaders go home", home);
            Stalls stalls = run.stalls("rolling restart", begin);
            if (stalls.max().compareTo(LONGEST_STALL) > 0) {
                run.missed(Rule.TOO_SLOW, "a partition acknowledged nothing for " + stalls.max().toMillis() + " ms");
            }
            Verdict verdict = run.finish();
            assertThat(verdict.violations()).as("%s", verdict).isEmpty();
        }
    }
}
