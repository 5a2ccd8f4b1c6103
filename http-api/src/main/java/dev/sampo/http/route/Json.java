package dev.sampo.http.route;

import java.util.stream.Collectors;
import org.apache.pekko.util.ByteString;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** JSON as this API writes and reads it: snake_case, fields in the order of the record, numbers exact. */
public final class Json {
    /** Reads trees and records; refuses unknown and twice given fields, text after the value, and fractions for whole numbers. */
    public static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /** The value as bytes. */
    public static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /** The value and a line feed: one line of NDJSON. */
    public static ByteString line(Object value) {
        return ByteString.fromArrayUnsafe(bytes(value)).concat(ByteString.fromString("\n"));
    }

    /** Parses, or tells the client what is wrong and where. */
    public static JsonNode tree(byte[] bytes) {
        try {
            JsonNode node = MAPPER.readTree(bytes);
            if (node.isMissingNode()) {
                throw Problem.of(400, "invalid-json", "The body is no JSON", "The body is empty.").exception();
            }
            return node;
        } catch (JacksonException e) {
            throw problem(e).exception();
        }
    }

    /** Parses into a record, or tells the client what is wrong and where. */
    public static <T> T read(byte[] bytes, Class<T> type) {
        return convert(tree(bytes), type);
    }

    /** A tree into a record. */
    public static <T> T convert(JsonNode node, Class<T> type) {
        if (!node.isObject()) {
            throw Problem.of(400, "invalid-json", "The body is no JSON object", "A JSON object is expected.").exception();
        }
        try {
            return MAPPER.treeToValue(node, type);
        } catch (JacksonException e) {
            throw problem(e).exception();
        }
    }

    private static Problem problem(JacksonException e) {
        String text = String.valueOf(e.getOriginalMessage());
        int newline = text.indexOf('\n');
        text = newline < 0 ? text : text.substring(0, newline);
        if (e instanceof StreamReadException) {
            String where = e.getLocation() == null || e.getLocation().getLineNr() < 0
                    ? ""
                    : " (line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr() + ")";
            return Problem.of(400, "invalid-json", "The body is no JSON", text + where);
        }
        String field = e.getPath().stream()
                .map(part -> part.getPropertyName() == null ? "[" + part.getIndex() + "]" : part.getPropertyName())
                .collect(Collectors.joining("."));
        // Jackson's texts name Java classes, which say nothing to a client.
        return Problem.of(
                        400, "invalid-value", "A value is not valid",
                        "The field is unknown here, is given twice or has a value of the wrong type.")
                .at(field);
    }
}
