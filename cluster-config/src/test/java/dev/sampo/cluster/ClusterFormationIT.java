package dev.sampo.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Brokers of one cluster, in this JVM. */
final class ClusterFormationIT {
    private static final Duration WAIT = Duration.ofSeconds(60);

    @TempDir
    private Path temporary;

    private static Admin admin(SampoBroker broker) {
        return Admin.create(Map.of("bootstrap.servers", broker.ownServers(), "request.timeout.ms", "15000"));
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
            LockSupport.parkNanos(10_000_000);
        }
    }

    private static List<Integer> nodes(Admin admin) throws Exception {
        return admin.describeCluster().nodes().get(20, TimeUnit.SECONDS).stream().map(Node::id).sorted().toList();
    }

    @Test
    void threeBrokersFormOneClusterAndATopicMadeThroughOneIsSeenFromAll() throws Exception {
        // Given
        try (LocalCluster cluster = LocalCluster.start(temporary, 3)) {
            // When
            try (Admin admin = admin(cluster.broker(1))) {
                admin.createTopics(List.of(new NewTopic("orders", 6, (short) 1))).all().get(30, TimeUnit.SECONDS);
            }

            // Then
            assertThat(cluster.brokers()).extracting(SampoBroker::clusterId).hasSize(3).containsOnly(
                    cluster.broker(1).clusterId());
            for (SampoBroker broker : cluster.brokers()) {
                await(() -> broker.images().current().topic("orders") != null);
                try (Admin admin = admin(broker)) {
                    assertThat(nodes(admin)).containsExactly(1, 2, 3);
                    await(() -> leaders(admin).stream().noneMatch(leader -> leader == -1));
                    assertThat(leaders(admin)).contains(1, 2, 3);
                }
            }
        }
    }

    private static List<Integer> leaders(Admin admin) {
        try {
            return admin.describeTopics(List.of("orders")).allTopicNames().get(20, TimeUnit.SECONDS).get("orders")
                    .partitions().stream().map(partition -> partition.leader() == null ? -1 : partition.leader().id())
                    .toList();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aBrokerThatIsNoVoterJoinsAndAllComeBackAfterARestartOfTheWholeCluster() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(temporary, 3)) {
            // When
            cluster.start(4);
            String clusterId = cluster.broker(4).clusterId();

            // Then
            try (Admin admin = admin(cluster.broker(4))) {
                assertThat(nodes(admin)).containsExactly(1, 2, 3, 4);
                admin.createTopics(List.of(new NewTopic("orders", 4, (short) 1))).all().get(30, TimeUnit.SECONDS);
                await(() -> leaders(admin).stream().noneMatch(leader -> leader == -1));
            }

            // When
            cluster.restart();

            // Then
            assertThat(cluster.broker(4).clusterId()).isEqualTo(clusterId);
            try (Admin admin = admin(cluster.broker(2))) {
                assertThat(nodes(admin)).containsExactly(1, 2, 3, 4);
                await(() -> leaders(admin).stream().noneMatch(leader -> leader == -1));
            }
        }
    }

    /** Through the API that Kafka's tools use, one voter after the other; of those that go one leads the metadata. */
    @Test
    void threeVotersBecomeFiveAndThreeAgainWhileTopicsAreMade() throws Exception {
        // Given
        try (LocalCluster cluster = LocalCluster.start(temporary, 3)) {
            cluster.start(4);
            cluster.start(5);
            try (Admin admin = admin(cluster.broker(4))) {
                // When
                for (int voter : new int[] {4, 5}) {
                    admin.addRaftVoter(voter, directoryOf(cluster, voter), Set.of()).all().get(60, TimeUnit.SECONDS);
                    admin.createTopics(List.of(new NewTopic("with-" + voter, 5, (short) 1))).all().get(30, TimeUnit.SECONDS);
                }

                // Then
                await(() -> cluster.broker(5).voters().equals(Set.of(1, 2, 3, 4, 5)));

                // When
                for (int voter : new int[] {1, 2}) {
                    admin.removeRaftVoter(voter, directoryOf(cluster, voter)).all().get(60, TimeUnit.SECONDS);
                    admin.createTopics(List.of(new NewTopic("without-" + voter, 5, (short) 1))).all().get(30, TimeUnit.SECONDS);
                }
            }

            // Then
            for (SampoBroker broker : cluster.brokers()) {
                await(() -> broker.voters().equals(Set.of(3, 4, 5)));
                await(() -> broker.images().current().topic("without-2") != null);
            }
        }
    }

    private static Uuid directoryOf(LocalCluster cluster, int id) {
        return cluster.broker(id).images().current().brokers().get(id).directoryId();
    }

    @Test
    void aSecondBrokerWithTheIdOfALiveOneIsRefusedByItsId() {
        try (LocalCluster cluster = LocalCluster.start(temporary, 3)) {
            BrokerSettings second = cluster.settings(2)
                    .with(Map.of("log.dirs", temporary.resolve("other").toString(), "listeners", "PLAINTEXT://127.0.0.1:0"))
                    .with("sampo.remoting.port", 0)
                    .with("sampo.raft.port", 0)
                    .with("sampo.replication.port", 0);
            assertThatThrownBy(() -> SampoBroker.start(second).close())
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("broker id 2 is taken");
            assertThat(cluster.broker(2).images().current().isLive(2)).isTrue();
        }
    }

    @Test
    void theGroupsOfABrokerThatStopsOrIsKilledAreLedByOthersAndItComesBack() throws Exception {
        // Given
        try (LocalCluster cluster = LocalCluster.start(temporary, 3);
                Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic("orders", 6, (short) 3))).all().get(30, TimeUnit.SECONDS);
            await(() -> leaders(admin).stream().noneMatch(leader -> leader == -1));
            for (int id : new int[] {2, 1, 3}) {
                // When
                if (id == 2) {
                    cluster.stop(id);
                } else {
                    cluster.kill(id);
                }

                // Then
                await(() -> leaders(admin).stream().noneMatch(leader -> leader == -1 || leader == id));
                cluster.start(id);
                await(() -> cluster.brokers().stream().allMatch(broker -> broker.images().current().isLive(id)));
                await(() -> inSync(admin) == 6 * 3);
            }
        }
    }

    private static int inSync(Admin admin) {
        try {
            return admin.describeTopics(List.of("orders")).allTopicNames().get(20, TimeUnit.SECONDS).get("orders")
                    .partitions().stream().mapToInt(partition -> partition.isr().size()).sum();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
