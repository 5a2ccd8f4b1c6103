package dev.sampo.cluster.cli;

import java.io.PrintStream;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
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

    static @Nullable Object valueOf(Record row, RecordComponent component) {
        try {
            return component.getAccessor().invoke(row);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("record " + row.getClass() + " does not show " + component.getName(), e);
        }
    }
}
