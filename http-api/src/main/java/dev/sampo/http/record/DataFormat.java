package dev.sampo.http.record;

import dev.sampo.http.body.RecordBodies.TypedData;
import dev.sampo.http.route.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** How keys and values are shown. */
public enum DataFormat {
    /** JSON objects and lists as JSON, other UTF-8 text as STRING, the rest as BINARY. */
    AUTO,
    /** Text as STRING, what is no UTF-8 as BINARY. */
    STRING,
    /** Everything as BINARY: the bytes exactly. */
    BINARY;

    /** The names for a query parameter. */
    public static String[] names() {
        return new String[] {"auto", "string", "binary"};
    }

    /** AUTO when null. */
    public static DataFormat of(@Nullable String name) {
        return name == null ? AUTO : valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** Shows bytes; null stays null. */
    public @Nullable TypedData show(byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        String text = this == BINARY ? null : text(bytes);
        if (text == null) {
            return new TypedData("BINARY", string(Base64.getEncoder().encodeToString(bytes)));
        }
        if (this == AUTO && (text.startsWith("{") || text.startsWith("["))) {
            try {
                return new TypedData("JSON", Json.MAPPER.readTree(text));
            } catch (JacksonException e) {
                return new TypedData("STRING", string(text)); // looks like JSON, is none
            }
        }
        return new TypedData("STRING", string(text));
    }

    private static JsonNode string(String text) {
        return JsonNodeFactory.instance.stringNode(text);
    }

    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
