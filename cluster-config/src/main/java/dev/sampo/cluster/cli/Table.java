package dev.sampo.cluster.cli;

import java.io.PrintStream;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Rows in columns for a person: one for each component of the record that fits into a cell. */
final class Table {
    private static final String GAP = "  ";
    private static final String ABSENT = "-";

    private Table() {}

    /** @param bold the header stands out */
    static void print(PrintStream out, List<? extends Record> rows, boolean bold) {
        if (rows.isEmpty()) {
            return;
        }
        List<RecordComponent> columns = Arrays.stream(rows.getFirst().getClass().getRecordComponents())
                .filter(component -> rows.stream().anyMatch(row -> fits(Json.valueOf(row, component))))
                .toList();
        var lines = new ArrayList<List<String>>();
        lines.add(columns.stream().map(component -> header(component.getName())).toList());
        for (Record row : rows) {
            lines.add(columns.stream().map(component -> cell(Json.valueOf(row, component))).toList());
        }
        int[] widths = new int[columns.size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (int i = 0; i < lines.size(); i++) {
            String text = line(lines.get(i), columns, widths);
            out.print(bold && i == 0 ? "\033[1m" + text + "\033[0m\n" : text + "\n");
        }
    }

    private static String line(List<String> cells, List<RecordComponent> columns, int[] widths) {
        var text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - cells.get(i).length());
            Class<?> type = columns.get(i).getType();
            boolean isNumber = type == int.class || type == long.class || Number.class.isAssignableFrom(type);
            text.append(isNumber ? space + cells.get(i) : cells.get(i) + space).append(GAP);
        }
        return text.toString().stripTrailing();
    }

    /** Lists of rows and maps do not: the command prints them below, or only JSON has them. */
    private static boolean fits(@Nullable Object value) {
        return switch (value) {
            case null -> true;
            case Map<?, ?> map -> false;
            case Collection<?> values -> values.stream().noneMatch(Record.class::isInstance);
            default -> !(value instanceof Record);
        };
    }

    private static String cell(@Nullable Object value) {
        return switch (value) {
            case null -> ABSENT;
            case Collection<?> values ->
                values.isEmpty() ? ABSENT : values.stream().map(String::valueOf).collect(Collectors.joining(","));
            case Boolean flag -> flag ? "yes" : "no";
            default -> printable(String.valueOf(value));
        };
    }

    /** A line stays a line, and nothing moves the cursor. */
    static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) ? "\\x%02x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
    }

    private static String header(String component) {
        return component.replaceAll("([A-Z])", "-$1").toUpperCase(Locale.ROOT);
    }
}
