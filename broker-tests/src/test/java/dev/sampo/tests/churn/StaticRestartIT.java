package dev.sampo.tests.churn;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** A static member that starts again in time has its partitions again, and the others notice nothing. */
@Tag("groups")
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class StaticRestartIT {
    private static final int MEMBERS = 3;
    private static final int PARTITIONS = 12;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static BrokerUnderTest broker;
    @TempDir
    private Path folder;

    @BeforeAll
    static void start(@TempDir Path folder) {
        broker = BrokerUnderTest.start(folder, GroupChurnIT.SETTINGS);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    /** Who is killed has not said that its place is free: in groups of the consumer protocol nobody gets it before the session has ended. */
    @ParameterizedTest
    @CsvSource({"java-2.8.2-range, true", "java-3.9.2-cooperative, true", "java-4.4.0-range, true", "java-4.4.0-consumer, false", "confluent-range, true"})
    void othersNoticeNothing(String client, boolean killToo) throws Exception {
        MemberKind kind = MemberKinds.named(client);
        var workload = new Workload("static-" + client, PARTITIONS, 8_000, 16);
        try (ChurnRun run = ChurnRun.begin(broker.bootstrap(), "static-group-" + client, workload, folder);
                PacedProducer producer = PacedProducer.start(broker.bootstrap(), workload, 6_000)) {
            // Given
            for (int number = 0; number < MEMBERS; number++) {
                run.start(number, kind, 1, Optional.of("desk-" + number + "-"));
                run.awaitWhole(number + 1);
            }
            Await.until("the last one has its share, so that nothing moves any more", LIMIT, () -> run.running(MEMBERS - 1).processed().stream()
                    .map(Processed::partition).distinct().count() == PARTITIONS / MEMBERS);
            int before = rebalancesOfOthers(run);

            // When
            run.leave(1);
            run.start(1, kind, 1, Optional.of("desk-1-"));
            Await.until("who left reads again", LIMIT, () -> hasRecords(run.running(1)));
            if (killToo) {
                run.kill(1);
                run.start(1, kind, 1, Optional.of("desk-1-"));
                Await.until("who was killed reads again", LIMIT, () -> hasRecords(run.running(1)));
            }

            // Then
            int after = rebalancesOfOthers(run);
            producer.done().get(1, TimeUnit.MINUTES);
            run.awaitRead();
            System.out.println("static restart: " + run.judge(kind.slackMs()));
            assertThat(after).isEqualTo(before);
        }
    }

    private static boolean hasRecords(Members members) {
        return !members.processed().isEmpty();
    }

    private static int rebalancesOfOthers(ChurnRun run) {
        return run.running(0).rebalances() + run.running(2).rebalances();
    }
}
