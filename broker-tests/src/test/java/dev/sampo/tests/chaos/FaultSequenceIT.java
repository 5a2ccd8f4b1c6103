package dev.sampo.tests.chaos;

import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.cluster.ClusterProcesses;
import dev.sampo.tests.chaos.cluster.Network;
import dev.sampo.tests.chaos.cluster.SmallDisk;
import dev.sampo.tests.chaos.cluster.SystemCallFaults;
import dev.sampo.tests.chaos.workload.ChaosRun;
import dev.sampo.tests.chaos.workload.Load;
import dev.sampo.tests.chaos.workload.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * All faults one after the other on one cluster that lives on, in an order drawn from {@code -Dchaos.seed}, or those named by
 * {@code -Dchaos.faults=unplug,wipe}. Each hits the broker that leads most, and is repaired before the next.
 */
@Tag("chaos")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class FaultSequenceIT {
    private static final Duration SHORT = Duration.ofSeconds(5);
    private static final Duration LONG = Duration.ofSeconds(30);

    /** @param ledElsewhere how soon the broker must lead nothing; zero when it may go on leading */
    private record Fault(
            String name, Duration length, Duration ledElsewhere, BiConsumer<ClusterProcesses, BrokerProcess> begin,
            BiConsumer<ClusterProcesses, BrokerProcess> end) {}

    private static final List<Fault> FAULTS = List.of(
            fault("kill", SHORT, 10, (cluster, broker) -> broker.kill9(), (cluster, broker) -> broker.start()),
            fault("kill-all", SHORT, 0, (cluster, broker) -> cluster.brokers().forEach(BrokerProcess::kill9),
                    (cluster, broker) -> cluster.brokers().forEach(BrokerProcess::start)),
            fault("stop", SHORT, 10, (cluster, broker) -> broker.stop(), (cluster, broker) -> broker.start()),
            fault("pause-5", SHORT, 0, (cluster, broker) -> broker.pause(), (cluster, broker) -> broker.resume()),
            fault("pause-30", LONG, 15, (cluster, broker) -> broker.pause(), (cluster, broker) -> broker.resume()),
            fault("wipe", SHORT, 10, (cluster, broker) -> {
                broker.kill9();
                broker.wipe();
            }, (cluster, broker) -> broker.start()),
            fault("unplug", LONG, 12, (cluster, broker) -> cluster.network().unplug(broker.id()), (cluster, broker) -> cluster.network().heal()),
            fault("isolate", LONG, 12, (cluster, broker) -> cluster.network().isolate(broker.id()), (cluster, broker) -> cluster.network().heal()),
            fault("deaf", LONG, 15, (cluster, broker) -> cluster.network().deafen(broker.id()), (cluster, broker) -> cluster.network().heal()),
            fault("mute", LONG, 15, (cluster, broker) -> cluster.network().mute(broker.id()), (cluster, broker) -> cluster.network().heal()),
            fault("bridge", LONG, 0, (cluster, broker) -> cluster.network().separate(broker.id(), broker.id() % 3 + 1),
                    (cluster, broker) -> cluster.network().heal()),
            fault("disk-full", LONG, 15, (cluster, broker) -> broker.disk().fill(), (cluster, broker) -> broker.disk().empty()),
            fault("clock", SHORT, 0, (cluster, broker) -> broker.faults().moveClock(Duration.ofHours(24)),
                    (cluster, broker) -> broker.faults().moveClock(Duration.ZERO)),
            fault("force-stalls", LONG, 0, (cluster, broker) -> broker.faults().stallForces(Duration.ofSeconds(1)),
                    (cluster, broker) -> broker.faults().repairForces()),
            fault("force-fails", SHORT, 15, (cluster, broker) -> broker.faults().failForces(), (cluster, broker) -> {
                broker.faults().repairForces();
                if (broker.isRunning()) {
                    broker.kill9();
                }
                broker.start();
            }));

    private static Fault fault(String name, Duration length, int ledElsewhereSeconds, BiConsumer<ClusterProcesses, BrokerProcess> begin,
            BiConsumer<ClusterProcesses, BrokerProcess> end) {
        return new Fault(name, length, Duration.ofSeconds(ledElsewhereSeconds), begin, end);
    }

    @Test
    void nothingIsLostDoubledOrReorderedWhateverComes() {
        assumeTrue(Network.missing().isEmpty(), Network::missing);
        assumeTrue(SmallDisk.missing().isEmpty(), SmallDisk::missing);
        assumeTrue(SystemCallFaults.missing().isEmpty(), SystemCallFaults::missing);
        ClusterPlan plan = ClusterPlan.of(3).inOwnNetwork().withSystemCallFaults("/topics/").withDisk(1, 384).withDisk(2, 384).withDisk(3, 384)
                .with("sampo.persistence.metadata-disk-reserve", "16 MiB");
        Load load = Load.standard().requestTimeout(Duration.ofSeconds(3)).topicSetting("flush.messages", "1");
        List<Fault> faults = chosen();
        try (ChaosRun run = ChaosRun.start("sequence", plan, load)) {
            for (Fault fault : faults) {
                BrokerProcess broker = run.busiest();
                run.figure("---- " + fault.name() + " of broker " + broker.id());
                long begin = System.nanoTime();
                fault.begin().accept(run.cluster(), broker);
                if (fault.ledElsewhere().isPositive()) {
                    run.expectLedElsewhere(broker.id(), begin, fault.ledElsewhere());
                }
                run.letRun(fault.length().minusNanos(System.nanoTime() - begin));
                run.stalls(fault.name(), begin);
                fault.end().accept(run.cluster(), broker);
                run.expectRecovered();
                run.letRun(Duration.ofSeconds(2));
            }
            Verdict verdict = run.finish();
            assertThat(verdict.violations()).as("%s", verdict).isEmpty();
        }
    }

    private static List<Fault> chosen() {
        String names = System.getProperty("chaos.faults", "");
        if (!names.isEmpty()) {
            return List.of(names.split(",")).stream()
                    .map(name -> FAULTS.stream().filter(fault -> fault.name().equals(name)).findFirst()
                            .orElseThrow(() -> new IllegalArgumentException("no fault is called " + name)))
                    .toList();
        }
        long seed = Long.getLong("chaos.seed", System.nanoTime());
        System.out.println("-Dchaos.seed=" + seed);
        var all = new ArrayList<>(FAULTS);
        Collections.shuffle(all, new Random(seed));
        return all;
    }
}
