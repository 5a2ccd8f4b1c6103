package dev.sampo.tests.churn;

import dev.sampo.tests.broker.BrokerUnderTest;
import dev.sampo.tests.churn.ChurnSchedule.Step;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A million records for each client, read by a group of three to fifty members that join, leave and are killed: each record is processed at
 * least once, each key in order, none skipped. {@code -Dchurn.seed} repeats a schedule, {@code -Dchurn.records} changes the number.
 */
@Tag("groups")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class GroupChurnIT {
    /** Clients that agree on the assignor "range", in one group. */
    private static final List<String> TOGETHER =
            List.of("java-2.0.1-range", "kcat", "java-4.4.0-range", "confluent-range", "java-2.8.2-range", "java-3.9.2-range");
    private static final long SEED = Long.getLong("churn.seed", 20_261_130L);
    private static final int PARTITIONS = 60;
    private static final int KEYS = 16; // of each partition
    private static final int PER_SECOND = 20_000;
    static final Map<String, String> SETTINGS = Map.of(
            "offsets.topic.num.partitions", "4", "group.initial.rebalance.delay.ms", "500",
            "sampo.group.rebalance-quiet-time", "400ms",
            "group.consumer.min.session.timeout.ms", "6000", "group.consumer.session.timeout.ms", "6000",
            "group.consumer.min.heartbeat.interval.ms", "1000", "group.consumer.heartbeat.interval.ms", "1000");

    private static BrokerUnderTest broker;
    @TempDir
    private Path folder;

    @BeforeAll
    static void start(@TempDir Path folder) {
        broker = BrokerUnderTest.start(folder, SETTINGS);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"java-2.0.1-range", "java-2.8.2-range", "java-2.8.2-cooperative", "java-3.9.2-range", "java-3.9.2-cooperative",
        "java-4.4.0-range", "java-4.4.0-cooperative", "java-4.4.0-consumer", "kcat", "confluent-range", "confluent-cooperative-sticky", "kafkajs"})
    void eachRecordIsProcessedInOrderAndNoneIsSkipped(String client) throws Exception {
        churn(client, List.of(MemberKinds.named(client)));
    }

    @Test
    void clientsOfAllKindsShareAGroup() throws Exception {
        churn("together", TOGETHER.stream().map(MemberKinds::named).toList());
    }

    private void churn(String name, List<MemberKind> kinds) throws Exception {
        int records = (Integer.getInteger("churn.records", 1_000_000) + PARTITIONS - 1) / PARTITIONS;
        var workload = new Workload("churn-" + name, PARTITIONS, records, KEYS);
        long begin = System.nanoTime();
        try (ChurnRun run = ChurnRun.begin(broker.bootstrap(), "group-" + name, workload, folder);
                PacedProducer producer = PacedProducer.start(broker.bootstrap(), workload, PER_SECOND)) {
            for (Step step : ChurnSchedule.of(SEED)) {
                switch (step) {
                    case Step.Start(int process, int members) ->
                        run.start(process, kinds.get(process % kinds.size()), members, Optional.empty());
                    case Step.Leave(int process) -> run.leave(process);
                    case Step.Kill(int process) -> run.kill(process);
                    case Step.Whole(int members) -> run.awaitWhole(members);
                    case Step.Pause(int ms) -> LockSupport.parkNanos(Duration.ofMillis(ms).toNanos());
                }
            }
            producer.done().get(2, TimeUnit.MINUTES);
            run.awaitRead();
            String figures = run.judge(kinds.stream().mapToLong(MemberKind::slackMs).max().orElse(0));
            System.out.println("churn, seed " + SEED + ", " + (System.nanoTime() - begin) / 1_000_000_000 + " s: " + figures);
        }
    }
}
