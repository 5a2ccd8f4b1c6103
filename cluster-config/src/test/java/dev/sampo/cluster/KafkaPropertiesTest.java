package dev.sampo.cluster;

import ch.qos.logback.classic.LoggerContext;
import dev.sampo.actors.config.ReplicaSelector;
import dev.sampo.cluster.KafkaProperties.Listener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class KafkaPropertiesTest {
    /** The file that Kafka 4.4 ships as config/server.properties, without its comments. */
    private static final String SHIPPED =
            """
            process.roles=broker,controller
            node.id=1
            controller.quorum.bootstrap.servers=localhost:9093
            listeners=PLAINTEXT://:9092,CONTROLLER://:9093
            inter.broker.listener.name=PLAINTEXT
            advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
            num.network.threads=3
            num.io.threads=8
            socket.send.buffer.bytes=102400
            socket.receive.buffer.bytes=102400
            socket.request.max.bytes=104857600
            log.dirs=/tmp/kraft-combined-logs
            num.partitions=1
            num.recovery.threads.per.data.dir=1
            offsets.topic.replication.factor=1
            share.coordinator.state.topic.replication.factor=1
            share.coordinator.state.topic.min.isr=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            log.retention.hours=168
            log.segment.bytes=1073741824
            log.retention.check.interval.ms=300000
            """;

    @Test
    void theFileThatKafkaShipsIsRead() throws Exception {
        // When
        KafkaProperties properties = KafkaProperties.parse("server.properties", SHIPPED);

        // Then
        assertThat(properties.nodeId()).isEqualTo(1);
        assertThat(properties.listeners()).containsExactly(new Listener("PLAINTEXT", "", 9092));
        assertThat(properties.advertisedListeners())
                .containsOnlyKeys("PLAINTEXT")
                .containsValue(new Listener("PLAINTEXT", "localhost", 9092));
        assertThat(properties.interBrokerListener()).isEqualTo("PLAINTEXT");
        assertThat(properties.logDirs()).containsExactly(Path.of("/tmp/kraft-combined-logs"));
        assertThat(properties.defaults().offsetsTopicReplicationFactor()).isEqualTo((short) 1);
        assertThat(properties.ignored())
                .containsKeys("num.io.threads", "controller.quorum.bootstrap.servers", "transaction.state.log.min.isr")
                .doesNotContainKeys("log.retention.hours", "listeners", "socket.request.max.bytes");
    }

    @Test
    void defaultsOfTopicsGroupsAndLimitsAreTakenOver() throws Exception {
        // When
        var defaults = KafkaProperties.parse(
                        "f",
                        """
                        broker.id=7
                        log.retention.hours=1
                        log.retention.minutes=2
                        group.min.session.timeout.ms=10
                        max.connections.per.ip=5
                        """)
                .defaults();

        // Then
        assertThat(defaults.topicDefault("retention.ms")).isEqualTo("120000");
        assertThat(defaults.groupMinSessionTimeoutMs()).isEqualTo(10);
        assertThat(defaults.maxConnectionsPerIp()).isEqualTo(5);
    }

    @Test
    void theReplicaSelectorIsOneOfKafkasTwo() throws Exception {
        String prefix = "replica.selector.class=org.apache.kafka.common.replica.";

        assertThat(KafkaProperties.parse("f", prefix + "RackAwareReplicaSelector\n").defaults().replicaSelector())
                .isEqualTo(ReplicaSelector.RACK_AWARE);
        assertThat(KafkaProperties.parse("f", prefix + "LeaderSelector\n").defaults().replicaSelector())
                .isEqualTo(ReplicaSelector.LEADER);
        assertThat(KafkaProperties.parse("f", "replica.selector.class=\n").defaults().replicaSelector())
                .isEqualTo(ReplicaSelector.LEADER);
        assertThat(KafkaProperties.parse("f", "node.id=1\n").defaults().replicaSelector())
                .isEqualTo(ReplicaSelector.LEADER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer|no authorizer",
                "listeners=SASL_SSL://:9092|SASL_SSL",
                "log.cleaner.enable=false|retention.ms=-1",
                "process.roles=controller|process.roles=broker,controller",
                "remote.log.storage.system.enable=true|tiered",
                "listener.name.internal.ssl.keystore.location=/k|TLS",
                "num.partitions=0|Value must be at least 1",
                "log.retention.ms=x|Not a number of type LONG",
                "listeners=nonsense|NAME://host:port",
                "listeners=PLAINTEXT://:99999|65535",
                "advertised.listeners=OTHER://h:1|not one of `listeners`",
                "advertised.listeners=PLAINTEXT://0.0.0.0:1|0.0.0.0",
                "inter.broker.listener.name=OTHER|not one of `listeners`",
                "max.connections.per.ip.overrides=1.2.3.4:5|remove it",
                "replica.selector.class=com.example.Nearest|org.apache.kafka.common.replica.RackAwareReplicaSelector"
            })
    void aSettingThatCannotBeKeptIsRefusedWithFileLineKeyAndRemedy(String line, String text) {
        String key = line.substring(0, line.indexOf('='));

        assertThatThrownBy(() -> KafkaProperties.parse("server.properties", "# a comment\nnode.id=1\n" + line + "\n"))
                .isInstanceOf(KafkaProperties.InvalidFileException.class)
                .hasMessageStartingWith("server.properties:3: " + key + ": ")
                .hasMessageContaining(text);
    }

    @Test
    void aListenerMappedToAProtocolThatIsNotSpokenIsRefused() {
        assertThatThrownBy(() -> KafkaProperties.parse(
                        "f", "listeners=INTERNAL://:1\nlistener.security.protocol.map=INTERNAL:\\\n  SSL\n"))
                .hasMessageStartingWith("f:2: listener.security.protocol.map: listener INTERNAL")
                .hasMessageContaining("SSL");
    }

    @Test
    void namesOfAnOlderKafkaAndUnknownNamesAreNamed() throws Exception {
        // When
        KafkaProperties properties = KafkaProperties.parse(
                "f", "zookeeper.connect=z\ninter.broker.protocol.version=3.0\nfoo.bar=1\nssl.keystore.location=/x\n");

        // Then
        assertThat(properties.ignored())
                .containsEntry("zookeeper.connect", "of a Kafka before 4.0")
                .containsEntry("foo.bar", "not a broker config of Kafka 4.4")
                .containsEntry("ssl.keystore.location", "no listener of this file uses TLS or SASL");
    }

    @Test
    void secretsAreNotKept() throws Exception {
        KafkaProperties properties = KafkaProperties.parse("f", "ssl.keystore.password=planted-secret\n");

        assertThat(properties.toString()).doesNotContain("planted-secret");
    }

    @Test
    void theClusterIdIsReadFromTheLogFolder(@TempDir Path dir) throws Exception {
        // Given
        Files.writeString(dir.resolve("meta.properties"), "version=1\nnode.id=1\ncluster.id=abc\n");
        Path file = dir.resolve("server.properties");
        Files.writeString(file, "node.id=1\nlog.dirs=" + dir + "\n");

        // When / Then
        assertThat(KafkaProperties.read(file).clusterId()).isEqualTo("abc");
    }

    @Test
    void twoClusterIdsAreRefused(@TempDir Path dir) throws Exception {
        Files.writeString(dir.resolve("meta.properties"), "cluster.id=abc\n");

        assertThatThrownBy(() -> KafkaProperties.parse("f", "cluster.id=other\nlog.dirs=" + dir + "\n"))
                .hasMessageContaining("different clusters");
    }

    @Test
    void levelsOfLogbackAreSetAndUnset() {
        // Given
        var context = new LoggerContext();
        context.getLogger("a.b");
        var levels = new LogbackLevels(context);

        // When
        levels.set("a.b", "FATAL");
        levels.set("root", "WARN");

        // Then
        assertThat(levels.levels()).containsEntry("a.b", "ERROR").containsEntry("root", "WARN");
        levels.unset("a.b");
        assertThat(levels.levels()).containsEntry("a.b", "WARN");
        assertThat(List.copyOf(levels.levels().keySet())).contains("root", "a", "a.b");
    }
}
