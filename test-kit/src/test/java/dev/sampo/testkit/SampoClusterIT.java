package dev.sampo.testkit;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A broker's life in the hands of a test. */
final class SampoClusterIT {
    @Test
    void aRestartKeepsDataPortAndGroupsAndIsClean() {
        try (SampoCluster cluster = SampoCluster.builder().topic("orders", 1).build().start()) {
            // Given
            String servers = cluster.bootstrapServers();
            Clients.produce(cluster, "orders", "a", "b");
            assertThat(Clients.consume(cluster, "orders", "readers", 1)).first().isEqualTo("a");

            // When
            cluster.restart();

            // Then
            assertThat(cluster.bootstrapServers()).isEqualTo(servers);
            Clients.produce(cluster, "orders", "c");
            assertThat(Clients.consume(cluster, "orders", "readers", 1)).containsExactly("c");
            assertThat(Clients.consume(cluster, "orders", "others", 3)).containsExactly("a", "b", "c");
        }
    }

    @Test
    void aKilledBrokerRefusesIsNotMarkedCleanAndLosesNothingAcknowledged() throws Exception {
        try (SampoCluster cluster = SampoCluster.builder().topic("orders", 1).build().start();
                var producer = Clients.producer(cluster)) {
            // Given
            producer.send(new ProducerRecord<>("orders", "a")).get();
            Clients.produce(cluster, "orders", "b");
            int port = port(cluster);

            // When
            cluster.kill();

            // Then
            assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                    .isInstanceOf(ConnectException.class);
            assertThat(marker(cluster)).doesNotExist();
            assertThatThrownBy(() -> cluster.faults().dropConnections()).hasMessageContaining("the broker does not run");
            // Aside: a client that has lost its last broker forgets its metadata, and then even send() waits.
            var sent = CompletableFuture.supplyAsync(
                    () -> producer.send(new ProducerRecord<>("orders", "c")), task -> Thread.ofPlatform().daemon().start(task));

            // And
            cluster.start();
            sent.get().get();
            assertThat(Clients.consume(cluster, "orders", "readers", 3)).containsExactly("a", "b", "c");
            assertThatThrownBy(cluster::start).hasMessageContaining("runs already");
        }
    }

    @Test
    void twoBrokersWithTheSameNamesNeverMeet() throws Exception {
        try (SampoCluster one = SampoCluster.builder().topic("orders", 1).build().start();
                SampoCluster two = SampoCluster.builder().topic("orders", 1).build().start()) {
            // When
            Clients.produce(one, "orders", "of one");
            Clients.produce(two, "orders", "of two", "of two as well");

            // Then
            assertThat(Clients.consume(one, "orders", "readers", 1)).containsExactly("of one");
            assertThat(Clients.consume(two, "orders", "readers", 2)).containsExactly("of two", "of two as well");
            assertThat(Clients.describe(one).clusterId()).isNotEqualTo(Clients.describe(two).clusterId());
            assertThat(Clients.describe(one).ports()).containsExactly(port(one));
            assertThat(Clients.describe(two).ports()).containsExactly(port(two));
            assertThat(one.dataFolder()).isNotEqualTo(two.dataFolder());

            // And the end of one is nothing to the other
            one.kill();
            Clients.produce(two, "orders", "still here");
            assertThat(Clients.consume(two, "orders", "readers", 1)).containsExactly("still here");
        }
    }

    @Test
    void closingRemovesTheFolderAndABrokerMayBeStartedAnew() {
        // Given
        SampoCluster cluster = SampoCluster.create().start();
        Path folder = cluster.dataFolder();
        Clients.produce(cluster, "made-by-its-first-record", "a");

        // When
        cluster.close();

        // Then
        assertThat(Files.exists(folder)).isFalse();
        assertThatThrownBy(cluster::bootstrapServers).hasMessageContaining("@RegisterExtension");
        cluster.close();
        try (cluster) {
            cluster.start();
            assertThat(Clients.describe(cluster).topics()).isEmpty();
        }
    }

    @Test
    void aConfigThatSampoRefusesStopsTheStartAndLeavesNothing() {
        Leftovers before = Leftovers.now();
        assertThatThrownBy(() -> SampoCluster.builder().config("num.partitions", "many").build().start())
                .hasMessageContaining("num.partitions");
        before.assertNothingNew(java.time.Duration.ofSeconds(10));
    }

    private static int port(SampoCluster cluster) {
        String servers = cluster.bootstrapServers();
        return Integer.parseInt(servers.substring(servers.indexOf(':') + 1));
    }

    private static Path marker(SampoCluster cluster) {
        return cluster.dataFolder().resolve("topics").resolve(".kafka_cleanshutdown");
    }
}
