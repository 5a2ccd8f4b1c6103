package dev.sampo.http;

import dev.sampo.http.route.Doc;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON schemas of records: of their components, their types, and whether they may be null. */
final class Schemas {
    private final ObjectNode components;

    /** Schemas of records are put into {@code components}. */
    Schemas(ObjectNode components) {
        this.components = components;
    }

    /** A reference to the schema of a record. {@code request}: what may be null may be left out as well. */
    ObjectNode of(Class<?> type, boolean request) {
        String name = type.getSimpleName();
        if (!components.has(name)) {
            ObjectNode schema = components.putObject(name); // first, since records may hold each other
            record(schema, type, request);
        }
        return components.objectNode().put("$ref", "#/components/schemas/" + name);
    }

    private void record(ObjectNode schema, Class<?> type, boolean request) {
        schema.put("type", "object");
        boolean leavesNullsOut = type.isAnnotationPresent(com.fasterxml.jackson.annotation.JsonInclude.class);
        ObjectNode properties = schema.putObject("properties");
        var required = components.arrayNode();
        for (RecordComponent component : type.getRecordComponents()) {
            boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            ObjectNode property = schema(component.getAnnotatedType(), request);
            Doc doc = component.getAnnotation(Doc.class);
            if (doc != null) {
                property.put("description", doc.value());
            }
            String name = snakeCase(component.getName());
            properties.set(name, property);
            if (!nullable || !(request || leavesNullsOut)) {
                required.add(name);
            }
        }
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
        schema.put("additionalProperties", false);
    }

    private ObjectNode schema(AnnotatedType annotated, boolean request) {
        boolean nullable = annotated.isAnnotationPresent(Nullable.class);
        Type type = annotated.getType();
        Class<?> raw = (Class<?>) (type instanceof ParameterizedType parameterized ? parameterized.getRawType() : type);
        ObjectNode schema = components.objectNode();
        if (raw.isRecord()) {
            ObjectNode reference = of(raw, request);
            if (!nullable) {
                return reference;
            }
            var anyOf = schema.putArray("anyOf");
            anyOf.add(reference);
            anyOf.addObject().put("type", "null");
            return schema;
        }
        if (raw == JsonNode.class) {
            return schema; // any JSON
        }
        String name;
        if (List.class.isAssignableFrom(raw)) {
            name = "array";
            schema.set("items", schema(argument(annotated, 0), request));
        } else if (Map.class.isAssignableFrom(raw)) {
            name = "object";
            schema.set("additionalProperties", schema(argument(annotated, 1), request));
        } else if (raw == int.class || raw == Integer.class) {
            name = "integer";
            schema.put("format", "int32");
        } else if (raw == long.class || raw == Long.class) {
            name = "integer";
            schema.put("format", "int64");
        } else if (raw == double.class || raw == Double.class) {
            name = "number";
        } else if (raw == boolean.class || raw == Boolean.class) {
            name = "boolean";
        } else if (raw == String.class) {
            name = "string";
        } else {
            throw new IllegalArgumentException("a body holds a " + raw + ", which has no schema here");
        }
        if (nullable) {
            schema.putArray("type").add(name).add("null");
        } else {
            schema.put("type", name);
        }
        return schema;
    }

    private static AnnotatedType argument(AnnotatedType annotated, int index) {
        return ((AnnotatedParameterizedType) annotated).getAnnotatedActualTypeArguments()[index];
    }

    /** As Jackson's SNAKE_CASE does for the names used here. */
    private static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }
}
