package dev.sampo.tests.chaos;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.chaos.cluster.BrokerProcess;
import dev.sampo.tests.chaos.cluster.ClusterPlan;
import dev.sampo.tests.chaos.cluster.ClusterProcesses;
import dev.sampo.tests.chaos.workload.GroupCommits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** A thousand groups on one coordinator that is killed: they go on elsewhere, where they were. */
@Tag("chaos")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class KilledCoordinatorIT {
    private static final String TOPIC = "work";
    private static final String OFFSETS_TOPIC = "__consumer_offsets";
    private static final int GROUPS = 1_000;
    private static final int OTHER_GROUPS = 200; // the other brokers coordinate some too, as in any cluster
    private static final int PARTITIONS = 5;
    private static final int CONNECTIONS = 25; // to each broker
    private static final int COMMITS_BEFORE = 30_000;
    private static final Duration FILLING_PACE = Duration.ofMillis(500);
    private static final Duration STEADY_PACE = Duration.ofSeconds(2); // consumers commit each five seconds by themselves
    private static final Duration LIMIT = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** @param leadsMetadata whether the one that is killed leads the metadata too */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void groupsAreUsableWithinThreeSecondsAndNoOffsetIsLost(boolean leadsMetadata) throws Exception {
        Path folder = Path.of("target", "chaos", "killed-coordinator-" + leadsMetadata).toAbsolutePath();
        ClusterPlan plan = ClusterPlan.of(3).with("group.initial.rebalance.delay.ms", "0");
        ClusterProcesses cluster = ClusterProcesses.start(plan, folder);
        try (cluster) {
            // Given
            cluster.admin().createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 3))).all().get(30, TimeUnit.SECONDS);
            Await.until("there are coordinators", PATIENCE, () -> hasCoordinators(cluster));
            Await.until("all replicas are in sync", PATIENCE, () -> cluster.notInSync(OFFSETS_TOPIC).isEmpty());
            BrokerProcess victim = cluster.broker(victim(cluster, leadsMetadata));
            Map<Integer, Integer> leaders = cluster.leaders(OFFSETS_TOPIC);
            List<String> groups = groupsOn(leader -> leader == victim.id(), leaders, GROUPS);
            List<String> others = groupsOn(leader -> leader != victim.id(), leaders, OTHER_GROUPS);
            Map<Integer, String> brokers = cluster.brokers().stream().collect(Collectors.toMap(BrokerProcess::id, BrokerProcess::bootstrap));
            try (var commits = new GroupCommits(brokers, groups, TOPIC, PARTITIONS, CONNECTIONS, FILLING_PACE);
                    var elsewhere = new GroupCommits(brokers, others, TOPIC, PARTITIONS, 1, FILLING_PACE)) {
                Await.until("the log has something to load", PATIENCE, () -> commits.usable() == GROUPS && commits.commits() > COMMITS_BEFORE,
                        () -> commits.usable() + " groups, " + commits.commits() + " commits, " + commits.violations());
                commits.pace(STEADY_PACE);
                elsewhere.pace(STEADY_PACE);

                // When
                long killed = System.nanoTime();
                victim.kill9();
                commits.broken();
                boolean whole = Await.holds(PATIENCE, () -> commits.usable() == GROUPS);
                List<Duration> after = commits.usableAfter(killed);
                report(leadsMetadata, groups.size(), after);
                victim.start();
                cluster.awaitReady(victim.id());
                Await.until("all replicas are in sync again", PATIENCE, () -> cluster.notInSync(OFFSETS_TOPIC).isEmpty());
                commits.broken();
                Await.until("all are read and commit in the end", PATIENCE, () -> commits.usable() == GROUPS);

                // Then
                assertThat(commits.violations()).isEmpty();
                assertThat(elsewhere.violations()).isEmpty();
                assertThat(whole).as("%d of %d groups usable after %s", after.size(), GROUPS, PATIENCE).isTrue();
                assertThat(after.getLast()).isLessThanOrEqualTo(LIMIT);
            }
        }
        cluster.deleteFolders(); // only of a run that was well
    }

    /** The first question for one makes the topic of offsets. */
    private static boolean hasCoordinators(ClusterProcesses cluster) {
        try {
            cluster.admin().listConsumerGroupOffsets("first").partitionsToOffsetAndMetadata().get(10, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException notYet) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static int victim(ClusterProcesses cluster, boolean leadsMetadata) throws Exception {
        int leader = cluster.admin().describeMetadataQuorum().quorumInfo().get(30, TimeUnit.SECONDS).leaderId();
        return cluster.brokers().stream().map(BrokerProcess::id).filter(id -> (id == leader) == leadsMetadata).findFirst().orElseThrow();
    }

    /** Names that all hash to partitions with such leaders. */
    private static List<String> groupsOn(IntPredicate leader, Map<Integer, Integer> leaders, int number) {
        return IntStream.range(0, Integer.MAX_VALUE).mapToObj(i -> "group-" + i)
                .filter(group -> leader.test(leaders.get((group.hashCode() & Integer.MAX_VALUE) % leaders.size())))
                .limit(number).toList();
    }

    private static void report(boolean leadsMetadata, int groups, List<Duration> after) {
        System.out.printf("killed coordinator%s: %d of %d groups usable again; first after %d ms, half %d ms, 99 %% %d ms, last %d ms%n",
                leadsMetadata ? " that led the metadata" : "", after.size(), groups, after.getFirst().toMillis(),
                after.get(after.size() / 2).toMillis(), after.get(after.size() * 99 / 100).toMillis(), after.getLast().toMillis());
    }
}
