package dev.sampo.tests.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.tests.broker.KafkaUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs the catalogue against a broker, or against a real Kafka started here in an empty folder. */
final class OracleRecorder {
    /** Settings of the recorded Kafka, and of the broker that is compared with it. */
    static final Map<String, String> SETTINGS = Map.of(
            "offsets.topic.num.partitions", "4",
            "group.initial.rebalance.delay.ms", "0",
            "log.initial.task.delay.ms", "3600000");

    private OracleRecorder() {}

    /** @return answers by name, as they read from the recording file */
    static LinkedHashMap<String, JsonNode> record() throws IOException {
        Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "oracle")).toAbsolutePath(), "kafka");
        try (var kafka = KafkaUnderTest.start(folder, SETTINGS)) {
            return run(kafka.bootstrap());
        }
    }

    static LinkedHashMap<String, JsonNode> run(String bootstrap) throws IOException {
        try (var run = new OracleRun(bootstrap)) {
            Catalogue.run(run);
            var answers = new LinkedHashMap<String, JsonNode>();
            for (var entry : run.answers().entrySet()) {
                answers.put(entry.getKey(), Recording.reread(entry.getValue()));
            }
            return answers;
        }
    }
}
