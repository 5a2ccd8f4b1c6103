package dev.sampo.cluster.cli;

import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Options that say how answers are shown. Each command has one shape of answer, and a JSON schema of it. */
final class Output {
    /** Names as typed. */
    @SuppressWarnings("checkstyle:MemberName")
    enum Format {
        table,
        json,
        ndjson
    }

    @Option(names = {"-o", "--output"}, paramLabel = "FORMAT", order = 80,
            description = "table; json (one document); ndjson (one object a line). Default: ${DEFAULT-VALUE}.",
            defaultValue = "table")
    private Format format = Format.table;

    @Option(names = {"-q", "--quiet"}, order = 81, description = "Only names, one a line; nothing where there are none.")
    private boolean quiet;

    Format format() {
        return format;
    }

    boolean quiet() {
        return quiet;
    }

    boolean isTable() {
        return format == Format.table && !quiet;
    }

    /**
     * All rows of an answer.
     *
     * @param name what {@code --quiet} prints of a row, alike ones once
     */
    <R extends Record> void rows(Terminal terminal, List<R> rows, Function<R, String> name) {
        if (format == Format.table && !quiet) {
            Table.print(terminal.out(), rows, terminal.mayColor());
        } else {
            machine(terminal, rows, name);
        }
        terminal.out().flush();
    }

    /** As {@link #rows} where a table is not what a person wants to see: {@code table} prints it. */
    <R extends Record> void rows(Terminal terminal, List<R> rows, Function<R, String> name, Runnable table) {
        if (format == Format.table && !quiet) {
            table.run();
        } else {
            machine(terminal, rows, name);
        }
        terminal.out().flush();
    }

    /** An answer that is one object. */
    <R extends Record> void one(Terminal terminal, R row, Function<R, String> name, Runnable table) {
        if (quiet) {
            terminal.out().print(name.apply(row) + "\n");
        } else {
            switch (format) {
                case table -> table.run();
                case json -> Json.document(terminal.out(), row);
                case ndjson -> Json.line(terminal.out(), row);
            }
        }
        terminal.out().flush();
    }

    private <R extends Record> void machine(Terminal terminal, List<R> rows, Function<R, String> name) {
        if (quiet) {
            rows.stream().map(name).distinct().forEach(text -> terminal.out().print(text + "\n"));
        } else if (format == Format.json) {
            Json.document(terminal.out(), rows);
        } else {
            rows.forEach(row -> Json.line(terminal.out(), row));
        }
    }
}
