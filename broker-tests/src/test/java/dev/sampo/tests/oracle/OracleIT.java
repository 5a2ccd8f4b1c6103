package dev.sampo.tests.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sampo.tests.broker.BrokerUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** One test a request of the catalogue: Sampo answers as Kafka 4.4.0 did when it was recorded. */
class OracleIT {
    @TestFactory
    Stream<DynamicTest> answersAsKafkaDoes(@TempDir Path folder) throws IOException {
        // Given
        Map<String, JsonNode> kafka = Recording.readResource();
        JustifiedDifferences justified = JustifiedDifferences.read();

        // When
        Map<String, JsonNode> answers;
        var settings = new HashMap<>(OracleRecorder.SETTINGS);
        settings.put("sampo.group.consumer.rebalance-heartbeat-interval", "5s"); // as slow as Kafka
        settings.put("sampo.group.consumer.assignment-quiet-time", "0"); // the same
        try (var broker = BrokerUnderTest.start(folder, settings)) {
            answers = OracleRecorder.run(broker.bootstrap());
        }

        // Then
        Stream<DynamicTest> each = kafka.entrySet().stream().map(recorded -> DynamicTest.dynamicTest(recorded.getKey(), () ->
                assertThat(unjustified(recorded.getKey(), recorded.getValue(), answers.getOrDefault(recorded.getKey(), MissingNode.getInstance()), justified))
                        .as(recorded.getKey())
                        .isEmpty()));
        return Stream.concat(each, Stream.of(
                DynamicTest.dynamicTest("the catalogue and the recording have the same requests", () ->
                        assertThat(answers.keySet()).containsExactlyElementsOf(kafka.keySet())),
                DynamicTest.dynamicTest("every listed difference is still one", () ->
                        assertThat(BrokerUnderTest.isKafka() ? List.of() : List.copyOf(justified.unused())).isEmpty())));
    }

    /**
     * Starts a real Kafka and records anew: proves the recording true, and the normalization complete. With {@code -Doracle.record=true}
     * it writes the recording instead, after the catalogue was changed.
     */
    @Test
    @Tag("soak")
    void recordingIsWhatKafkaAnswersToday() throws IOException {
        // Given
        Map<String, JsonNode> recorded = Boolean.getBoolean("oracle.record") ? OracleRecorder.record() : Recording.readResource();

        // When
        Map<String, JsonNode> today = OracleRecorder.record();

        // Then
        assertThat(today.keySet()).containsExactlyElementsOf(recorded.keySet());
        assertThat(recorded.entrySet().stream()
                .flatMap(entry -> Difference.between(entry.getValue(), today.get(entry.getKey())).stream()
                        .map(difference -> entry.getKey() + " " + difference)))
                .isEmpty();
        if (Boolean.getBoolean("oracle.record")) {
            Recording.write(Path.of("src", "test", "resources").resolve(Recording.RESOURCE.substring(1)), today);
        }
    }

    private static List<Difference> unjustified(String name, JsonNode kafka, JsonNode here, JustifiedDifferences justified) {
        return Difference.between(kafka.path("answer"), here.path("answer")).stream()
                .filter(difference -> !difference.isOnlyMoreText())
                .filter(difference -> !justified.covers(name, difference))
                .toList();
    }
}
