package dev.sampo.actors.config;

import dev.sampo.actors.config.ConfigDefinition.Synonym;
import dev.sampo.actors.config.ConfigDefinition.UpdateMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/**
 * A table of definitions from a resource, one line each, fields separated by tabs:
 * {@code name, type, default, validator, synonyms, internal, update mode, documentation}. In the default {@code \0} is
 * "none" and {@code \required} "must be given"; in any field {@code \n}, {@code \t} and {@code \\} are escapes.
 * A test holds each table against Kafka's classes and can write it anew.
 */
final class ConfigTable {
    private static final int FIELDS = 8;

    private final Map<String, ConfigDefinition> definitions;

    private ConfigTable(Map<String, ConfigDefinition> definitions) {
        this.definitions = Collections.unmodifiableMap(definitions);
    }

    /** By name, in Kafka's order of definition. */
    Map<String, ConfigDefinition> definitions() {
        return definitions;
    }

    /** Kafka's parser and validator over these definitions, so that its texts are Kafka's. */
    ConfigDef configDef() {
        var def = new ConfigDef();
        for (ConfigDefinition d : definitions.values()) {
            Object defaultValue = d.required() ? ConfigDef.NO_DEFAULT_VALUE : d.defaultValue();
            def.define(d.name(), d.type(), defaultValue, d.validator(), ConfigDef.Importance.MEDIUM, d.documentation());
        }
        return def;
    }

    static ConfigTable load(String resource) {
        var definitions = new LinkedHashMap<String, ConfigDefinition>();
        for (String line : read(resource).split("\n", -1)) {
            if (!line.isEmpty()) {
                ConfigDefinition definition = parse(resource, line);
                definitions.put(definition.name(), definition);
            }
        }
        return new ConfigTable(definitions);
    }

    private static String read(String resource) {
        try (InputStream in = ConfigTable.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("resource " + resource + " is missing from this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read resource " + resource, e);
        }
    }

    private static ConfigDefinition parse(String resource, String line) {
        String[] fields = line.split("\t", -1);
        if (fields.length != FIELDS) {
            throw new IllegalStateException(
                    resource + ": " + fields.length + " fields instead of " + FIELDS + " in: " + line);
        }
        boolean required = fields[2].equals("\\required");
        String defaultValue = required || fields[2].equals("\\0") ? null : unescape(fields[2]);
        return new ConfigDefinition(
                fields[0], ConfigDef.Type.valueOf(fields[1]), defaultValue, required, validator(fields[3]),
                unescape(fields[7]), synonyms(fields[4]), Boolean.parseBoolean(fields[5]),
                UpdateMode.valueOf(fields[6]));
    }

    private static ConfigDef.@Nullable Validator validator(String text) {
        return text.isEmpty() ? null : ConfigValidators.parse(unescape(text));
    }

    private static List<Synonym> synonyms(String text) {
        var synonyms = new ArrayList<Synonym>();
        for (String synonym : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            String[] parts = synonym.split("\\*", -1);
            synonyms.add(new Synonym(parts[0], parts.length == 1 ? 1 : Long.parseLong(parts[1])));
        }
        return List.copyOf(synonyms);
    }

    private static String unescape(String text) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                out.append(c);
            } else {
                i++;
                char escaped = text.charAt(i);
                out.append(escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped);
            }
        }
        return out.toString();
    }
}
