package dev.sampo.http.record;

import dev.sampo.http.route.Json;
import dev.sampo.http.route.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The JSON form of a record to be written: {@code {partition?, key?, value, headers?, timestamp?}}. */
public final class Envelope {
    private static final Set<String> FIELDS = Set.of("partition", "key", "value", "headers", "timestamp");
    private static final Set<String> DATA_FIELDS = Set.of("type", "data");

    private Envelope() {}

    /**
     * The record of an envelope.
     *
     * @param where before the name of a field in problems, for example {@code [3].}
     * @throws dev.sampo.http.route.ProblemException 400, naming the field
     */
    public static OutgoingRecord parse(JsonNode node, String where) {
        if (!node.isObject()) {
            throw Problem.invalid(where.isEmpty() ? "" : where, "A record is a JSON object: {\"key\": ..., \"value\": ...}.");
        }
        onlyFields(node, FIELDS, where);
        if (!node.has("value")) {
            throw Problem.invalid(where + "value", "A record needs a value; null is a tombstone.");
        }
        return new OutgoingRecord(
                partition(node.get("partition"), where), data(node.get("key"), where + "key"),
                data(node.get("value"), where + "value"), headers(node.get("headers"), where),
                timestamp(node.get("timestamp"), where));
    }

    private static @Nullable Integer partition(@Nullable JsonNode node, String where) {
        if (node == null || node.isNull()) {
            return null;
        }
        if (!node.isInt() || node.intValue() < 0) {
            throw Problem.invalid(where + "partition", "A partition is a whole number of 0 or more.");
        }
        return node.intValue();
    }

    private static @Nullable Long timestamp(@Nullable JsonNode node, String where) {
        if (node == null || node.isNull()) {
            return null;
        }
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
            throw Problem.invalid(where + "timestamp", "A timestamp is a whole number of milliseconds since 1970.");
        }
        return node.longValue();
    }

    private static List<OutgoingRecord.Header> headers(@Nullable JsonNode node, String where) {
        if (node == null || node.isNull()) {
            return List.of();
        }
        if (!node.isArray()) {
            throw Problem.invalid(where + "headers", "Headers are a list: [{\"key\": ..., \"value\": ...}].");
        }
        var headers = new ArrayList<OutgoingRecord.Header>();
        for (int i = 0; i < node.size(); i++) {
            String at = where + "headers[" + i + "]";
            JsonNode header = node.get(i);
            JsonNode key = header.get("key");
            if (!header.isObject() || key == null || !key.isString()) {
                throw Problem.invalid(at, "A header is {\"key\": string, \"value\": string, null or typed data}.");
            }
            onlyFields(header, Set.of("key", "value"), at + ".");
            headers.add(new OutgoingRecord.Header(text(key, at + ".key"), data(header.get("value"), at + ".value")));
        }
        return headers;
    }

    /** A string, null, or {@code {"type": ..., "data": ...}}; absent is null. */
    private static byte @Nullable [] data(@Nullable JsonNode node, String where) {
        if (node == null || node.isNull()) {
            return null;
        }
        if (node.isString()) {
            return text(node, where).getBytes(StandardCharsets.UTF_8);
        }
        JsonNode type = node.isObject() ? node.get("type") : null;
        JsonNode data = node.isObject() ? node.get("data") : null;
        if (type == null || data == null || !type.isString()) {
            throw Problem.invalid(where, "It must be a string, null, or {\"type\": \"JSON\", \"STRING\" or \"BINARY\", "
                    + "\"data\": ...}; to write this JSON value, wrap it as {\"type\": \"JSON\", \"data\": ...}.");
        }
        onlyFields(node, DATA_FIELDS, where + ".");
        return switch (type.stringValue()) {
            case "JSON" -> Json.bytes(data);
            case "STRING" -> {
                if (!data.isString()) {
                    throw Problem.invalid(where + ".data", "Data of type STRING is a string.");
                }
                yield text(data, where + ".data").getBytes(StandardCharsets.UTF_8);
            }
            case "BINARY" -> base64(data, where + ".data");
            default -> throw Problem.invalid(where + ".type", "The type is JSON, STRING or BINARY.");
        };
    }

    /** Half a surrogate pair has no UTF-8 form: it would come back as another text. */
    private static String text(JsonNode node, String where) {
        String text = node.stringValue();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw Problem.invalid(where, "The text holds half a surrogate pair, which has no UTF-8 form.");
        }
        return text;
    }

    private static byte[] base64(JsonNode data, String where) {
        if (data.isString()) {
            try {
                return Base64.getDecoder().decode(data.stringValue());
            } catch (IllegalArgumentException e) {
                // told below
            }
        }
        throw Problem.invalid(where, "Data of type BINARY is base64 with the alphabet + and /.");
    }

    private static void onlyFields(JsonNode node, Set<String> known, String where) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!known.contains(field.getKey())) {
                throw Problem.invalid(where + field.getKey(), "The field is not known; known are "
                        + known.stream().sorted().toList() + ".");
            }
        }
    }
}
