package dev.sampo.tests.client;

import dev.sampo.tests.broker.BrokerUnderTest;
import dev.sampo.tests.broker.MavenJars;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java clients from 2018 to today run one program: see {@code src/test/clients/ClientProgram.java}. */
class JavaClientsIT {
    private static BrokerUnderTest broker;

    @BeforeAll
    static void start(@TempDir Path folder) {
        broker = BrokerUnderTest.start(folder, Map.of("offsets.topic.num.partitions", "4", "group.initial.rebalance.delay.ms", "500"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.0.1", "2.8.2", "3.9.2", "4.4.0"})
    void producesConsumesAndAdministers(String version) {
        // Given
        Path jars = MavenJars.kafkaClients(version);

        // When
        ChildProgram.Result result = ChildProgram.java(jars, Duration.ofMinutes(3),
                Path.of("src", "test", "clients", "ClientProgram.java").toString(), broker.bootstrap(), version);

        // Then
        result.orFail();
    }
}
