package dev.sampo.cluster.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;

/**
 * Records as JSON objects, by the names of their components. Only Jackson's streaming part, which starts quickly; the
 * rows of this command line are records of strings, numbers, lists, maps and records.
 */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** One object on one line. */
    static void line(PrintStream out, Object row) {
        out.print(text(row, ObjectWriteContext.empty()));
        out.print('\n');
    }

    /** One object without an end of line: a part of a longer document. */
    static void element(PrintStream out, Object row) {
        out.print(text(row, ObjectWriteContext.empty()));
    }

    /** One document on several lines. */
    static void document(PrintStream out, Object value) {
        out.print(text(value, pretty()));
        out.print('\n');
    }

    private static String text(Object value, ObjectWriteContext context) {
        var text = new java.io.StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(context, text)) {
            write(generator, value);
        }
        return text.toString();
    }

    private static ObjectWriteContext pretty() {
        var indenter = new DefaultIndenter("  ", "\n");
        Separators separators = Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER);
        return new ObjectWriteContext.Base() {
            @Override
            public PrettyPrinter getPrettyPrinter() {
                return new DefaultPrettyPrinter(separators).withObjectIndenter(indenter).withArrayIndenter(indenter);
            }

            @Override
            public boolean hasPrettyPrinter() {
                return true;
            }
        };
    }

    private static void write(JsonGenerator generator, @Nullable Object value) {
        switch (value) {
            case null -> generator.writeNull();
            case String text -> generator.writeString(text);
            case Integer number -> generator.writeNumber(number);
            case Long number -> generator.writeNumber(number);
            case Double number -> generator.writeNumber(number);
            case Boolean flag -> generator.writeBoolean(flag);
            case Collection<?> values -> {
                generator.writeStartArray();
                values.forEach(each -> write(generator, each));
                generator.writeEndArray();
            }
            case Map<?, ?> map -> {
                generator.writeStartObject();
                map.forEach((name, each) -> {
                    generator.writeName(String.valueOf(name));
                    write(generator, each);
                });
                generator.writeEndObject();
            }
            case Record row -> {
                generator.writeStartObject();
                for (RecordComponent component : row.getClass().getRecordComponents()) {
                    generator.writeName(component.getName());
                    write(generator, valueOf(row, component));
                }
                generator.writeEndObject();
            }
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        }
    }

    /**
     * The one JSON object that {@code in} holds: maps, lists, strings, numbers, booleans and null.
     *
     * @throws IOException it holds something else
     */
    static Map<String, Object> object(InputStream in) throws IOException {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), in)) {
            parser.nextToken();
            if (read(parser) instanceof Map<?, ?> map) {
                @SuppressWarnings("unchecked") // as read makes them
                var object = (Map<String, Object>) map;
                return object;
            }
            throw new IOException("no JSON object");
        } catch (JacksonException e) {
            throw new IOException("no JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static @Nullable Object read(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                var map = new LinkedHashMap<String, @Nullable Object>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    map.put(name, read(parser));
                }
                yield map;
            }
            case START_ARRAY -> {
                var list = new ArrayList<@Nullable Object>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(read(parser));
                }
                yield list;
            }
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case null, default -> null;
        };
    }

    static @Nullable Object valueOf(Record row, RecordComponent component) {
        try {
            return component.getAccessor().invoke(row);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("record " + row.getClass() + " does not show " + component.getName(), e);
        }
    }
}
