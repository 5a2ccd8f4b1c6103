package dev.sampo.tests.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Answers by name, one JSON object a line: {@code {"name", "api", "version", "answer"}}. */
final class Recording {
    static final String RESOURCE = "/oracle/kafka-4.4.0.jsonl";

    private static final ObjectMapper JSON = new ObjectMapper();

    private Recording() {}

    static void write(Path file, Map<String, JsonNode> answers) throws IOException {
        var text = new StringBuilder();
        for (JsonNode line : answers.values()) {
            text.append(JSON.writeValueAsString(line)).append('\n');
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text);
    }

    static LinkedHashMap<String, JsonNode> readResource() throws IOException {
        var answers = new LinkedHashMap<String, JsonNode>();
        var stream = Objects.requireNonNull(Recording.class.getResourceAsStream(RESOURCE),
                RESOURCE + " is missing: record it with OracleRecorder");
        try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                JsonNode node = JSON.readTree(line);
                answers.put(node.get("name").textValue(), node);
            }
        }
        return answers;
    }

    /** As it reads after being written, so that number types do not differ. */
    static JsonNode reread(JsonNode node) throws IOException {
        return JSON.readTree(JSON.writeValueAsString(node));
    }
}
