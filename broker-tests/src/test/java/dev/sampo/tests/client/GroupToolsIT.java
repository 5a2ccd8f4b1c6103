package dev.sampo.tests.client;

import dev.sampo.tests.broker.BrokerUnderTest;
import dev.sampo.tests.broker.KafkaUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code kafka-consumer-groups} and {@code kafka-groups} print about Sampo what they print about Kafka 4.4.0. The recording has each command
 * line, and below it the exit code and what was printed.
 */
class GroupToolsIT {
    private static final Path RECORDING = Path.of("src", "test", "resources", "oracle", "kafka-4.4.0-group-tools.txt");

    @Test
    void groupToolsPrintWhatTheyPrintOfKafka(@TempDir Path folder) throws IOException {
        // Given
        Map<String, List<String>> kafka = recorded();

        // When
        Map<String, List<String>> printed;
        try (var broker = BrokerUnderTest.start(folder.resolve("broker"), GroupTools.SETTINGS)) {
            printed = GroupTools.run(broker, folder);
        }

        // Then
        assertThat(printed.keySet()).containsExactlyElementsOf(kafka.keySet());
        assertThat(kafka.keySet().stream()
                .filter(command -> !kafka.get(command).equals(printed.get(command)))
                .map(command -> "%n%s%nKafka: %s%nhere:  %s%n".formatted(
                        command, String.join("\n       ", kafka.get(command)), String.join("\n       ", printed.get(command)))))
                .isEmpty();
    }

    /** Proves the recording true; with {@code -Doracle.record=true} it writes it anew first. */
    @Test
    @Tag("soak")
    void recordingIsWhatToolsPrintOfKafkaToday(@TempDir Path folder) throws IOException {
        List<String> printed;
        try (var kafka = KafkaUnderTest.start(folder.resolve("broker"), GroupTools.SETTINGS)) {
            printed = text(GroupTools.run(kafka, folder));
        }
        if (Boolean.getBoolean("oracle.record")) {
            Files.write(RECORDING, printed);
        }
        assertThat(printed).containsExactlyElementsOf(Files.readAllLines(RECORDING));
    }

    private static Map<String, List<String>> recorded() throws IOException {
        var recorded = new LinkedHashMap<String, List<String>>();
        var output = new ArrayList<String>();
        for (String line : Files.readAllLines(RECORDING)) {
            if (line.startsWith("$ ")) {
                output = new ArrayList<>();
                recorded.put(line.substring(2), output);
            } else {
                output.add(line.strip());
            }
        }
        return recorded;
    }

    private static List<String> text(Map<String, List<String>> printed) {
        var lines = new ArrayList<String>();
        printed.forEach((command, output) -> {
            lines.add("$ " + command);
            output.forEach(line -> lines.add("    " + line));
        });
        return lines;
    }
}
