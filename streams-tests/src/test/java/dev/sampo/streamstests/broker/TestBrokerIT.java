package dev.sampo.streamstests.broker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TestBrokerIT {
    @Test
    void theBrokerIsKilledRestartedPausedAndStoppedAtTheSameAddress(@TempDir Path folder) throws Exception {
        // Given
        try (var broker = TestBroker.start(folder);
                var producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers(), "linger.ms", 0), new StringSerializer(), new StringSerializer())) {
            var record = new ProducerRecord<String, String>("kept", "value");
            assertThat(producer.send(record).get(30, TimeUnit.SECONDS).offset()).isZero();

            // When
            broker.kill9();
            broker.restart();

            // Then
            assertThat(producer.send(record).get(30, TimeUnit.SECONDS).offset()).isEqualTo(1);

            // When
            broker.pause();
            var waiting = producer.send(record);

            // Then
            assertThat(Await.holds(Duration.ofMillis(300), waiting::isDone)).isFalse();
            broker.resume();
            assertThat(waiting.get(30, TimeUnit.SECONDS).offset()).isEqualTo(2);

            // When
            broker.stop();
            broker.restart();

            // Then
            assertThat(producer.send(record).get(30, TimeUnit.SECONDS).offset()).isEqualTo(3);
        }
    }

    @Test
    void noClassOfTheBrokerIsOnTheClassPathOfTheScenarios() {
        assertThatThrownBy(() -> Class.forName("dev.sampo.cluster.SampoBroker")).isInstanceOf(ClassNotFoundException.class);
        assertThatThrownBy(() -> Class.forName("dev.sampo.persistence.log.PartitionLog")).isInstanceOf(ClassNotFoundException.class);
    }
}
