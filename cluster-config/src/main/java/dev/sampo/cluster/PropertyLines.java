package dev.sampo.cluster;

import dev.sampo.cluster.KafkaProperties.InvalidFileException;
import java.io.IOException;
import java.io.StringReader;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** A properties text and the line on which each key stands (the last one, which is the one that counts). */
final class PropertyLines {
    private final String file;
    private final Map<String, String> values;
    private final Map<String, Integer> lines;

    PropertyLines(String file, String text) throws IOException {
        this.file = file;
        this.values = new TreeMap<>(load(text));
        this.lines = new HashMap<>();
        String[] physical = text.split("\\R", -1);
        var logical = new StringBuilder();
        int start = 0;
        for (int i = 0; i < physical.length; i++) {
            if (logical.isEmpty()) {
                start = i + 1;
            }
            logical.append(physical[i]);
            if (continues(physical[i]) && i + 1 < physical.length) {
                logical.append('\n');
            } else {
                for (String key : load(logical.toString()).keySet()) {
                    lines.put(key, start);
                }
                logical.setLength(0);
            }
        }
    }

    String file() {
        return file;
    }

    /** Sorted by key; blanks around values are cut, as Kafka's parsers do. */
    Map<String, String> values() {
        return Collections.unmodifiableMap(values);
    }

    /** An error that says where the key stands. */
    InvalidFileException invalid(String key, String problem) {
        Integer line = lines.get(key);
        return new InvalidFileException(file + (line == null ? "" : ":" + line) + ": " + key + ": " + problem);
    }

    private static boolean continues(String line) {
        String start = line.stripLeading();
        if (start.startsWith("#") || start.startsWith("!")) {
            return false;
        }
        int backslashes = 0;
        while (backslashes < line.length() && line.charAt(line.length() - 1 - backslashes) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }

    private static Map<String, String> load(String text) throws IOException {
        var properties = new Properties();
        properties.load(new StringReader(text));
        var values = new HashMap<String, String>();
        for (String key : properties.stringPropertyNames()) {
            values.put(key, properties.getProperty(key).trim());
        }
        return values;
    }
}
