package dev.sampo.tests.churn;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import dev.sampo.tests.chaos.workload.GroupCommits;
import dev.sampo.tests.hostile.ProcessFigures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What a commit and a member cost: printed, since machines differ. */
@Tag("groups")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class GroupFiguresIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int CONNECTIONS = 40; // with sixteen requests under way each
    private static final Duration MEASURED = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    @Test
    void commitsOfAThousandGroups() throws Exception {
        try (var broker = BrokerUnderTest.start(folder, Map.of("group.initial.rebalance.delay.ms", "0"))) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
                admin.createTopics(List.of(new NewTopic("work", 1, (short) 1))).all().get(30, TimeUnit.SECONDS);
            }
            List<String> groups = IntStream.range(0, 1_000).mapToObj(i -> "group-" + i).toList();
            try (var commits = new GroupCommits(Map.of(1, broker.bootstrap()), groups, "work", 1, CONNECTIONS, Duration.ZERO)) {
                Await.until("all groups commit", PATIENCE, () -> commits.usable() == groups.size());
                Await.holds(MEASURED, () -> false); // compiled by then
                long begin = System.nanoTime();
                long commitsBefore = commits.commits();
                Duration cpuBefore = cpu(broker);
                Await.holds(MEASURED, () -> false);
                long measured = commits.commits() - commitsBefore;
                double seconds = (System.nanoTime() - begin) / 1e9;
                double cpuSeconds = cpu(broker).minus(cpuBefore).toMillis() / 1e3;
                System.out.printf("commits of 1,000 groups: %,.0f/s beside their clients; %,.0f for a second of the broker's CPU, %.1f us each%n",
                        measured / seconds, measured / cpuSeconds, cpuSeconds * 1e6 / measured);
                assertThat(commits.violations()).isEmpty();
            }
        }
    }

    @Test
    void tenThousandGroupsWithAHundredThousandMembers() throws Exception {
        int groups = Integer.getInteger("figures.groups", 10_000);
        Map<String, String> settings = Map.of("group.initial.rebalance.delay.ms", "200", "group.max.session.timeout.ms", "3600000");
        try (var broker = BrokerUnderTest.start(folder, settings); var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
                var members = new HeldMembers(broker.bootstrap())) {
            admin.listConsumerGroupOffsets("first").partitionsToOffsetAndMetadata().get(30, TimeUnit.SECONDS); // makes the topic of offsets
            members.join("warm", 100);
            long heapBefore = ProcessFigures.heapAfterCollectionBytes(broker.pid());
            long begin = System.nanoTime();
            Duration cpuBefore = cpu(broker);
            members.join("held", groups);
            double seconds = (System.nanoTime() - begin) / 1e9;
            double cpuSeconds = cpu(broker).minus(cpuBefore).toMillis() / 1e3;
            long heap = ProcessFigures.heapAfterCollectionBytes(broker.pid()) - heapBefore;
            int held = groups * HeldMembers.MEMBERS_OF_GROUP;
            System.out.printf("%,d groups of %d members: joined in %.1f s, %.1f s of the broker's CPU; %,d bytes of heap for each member, %,d MiB in all%n",
                    groups, HeldMembers.MEMBERS_OF_GROUP, seconds, cpuSeconds, heap / held, heap >> 20);
            assertThat(members.stillIn("held")).isEqualTo(held);
        }
    }

    private static Duration cpu(BrokerUnderTest broker) {
        return ProcessHandle.of(broker.pid()).orElseThrow().info().totalCpuDuration().orElseThrow();
    }
}
