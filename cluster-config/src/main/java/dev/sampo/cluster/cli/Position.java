package dev.sampo.cluster.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;

/**
 * A place in a log as people write it.
 *
 * <pre>
 * start, earliest    first record        end, latest   behind the last record
 * 42                 this offset         -42           so many before the end
 * {@literal @}1700000000000 ms since 1970       {@literal @}2026-01-31[T08:00:00Z]   a moment, UTC
 * -5m, {@literal @}-5m        five minutes ago (ms, s, m, h, d)
 * </pre>
 */
sealed interface Position {
    /** First record kept. */
    record Start() implements Position {}

    /** Behind the last record. */
    record End() implements Position {}

    /** An offset. */
    record At(long offset) implements Position {}

    /** {@code records} before the end. */
    record BeforeEnd(long records) implements Position {}

    /** First record at or after a moment. */
    record Time(long timestampMs) implements Position {}

    /**
     * Reads the text.
     *
     * @param option what is told when it cannot be read
     * @throws CliException it is none of the forms
     */
    static Position parse(String option, String text, long nowMs) {
        try {
            return switch (text) {
                case "start", "earliest" -> new Start();
                case "end", "latest" -> new End();
                default -> text.startsWith("@") ? time(text.substring(1), nowMs) : number(text, nowMs);
            };
        } catch (IllegalArgumentException | DateTimeParseException e) {
            throw CliException.usage(
                    option + " " + text + " is no place in a log",
                    "start, end, an offset, -N for the last N, @2026-01-31T08:00:00Z, @MILLISECONDS, or -5m for five minutes ago");
        }
    }

    private static Position number(String text, long nowMs) {
        if (text.matches("\\d{1,18}")) {
            return new At(Long.parseLong(text));
        }
        if (text.matches("-\\d{1,18}")) {
            return new BeforeEnd(-Long.parseLong(text));
        }
        return time(text, nowMs);
    }

    private static Position time(String text, long nowMs) {
        if (text.startsWith("-")) {
            Duration ago = Durations.parse(text.substring(1));
            return new Time(Math.max(0, nowMs - ago.toMillis()));
        }
        if (text.matches("\\d{1,18}")) {
            return new Time(Long.parseLong(text));
        }
        return new Time(
                text.length() == "2026-01-31".length()
                        ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli()
                        : Instant.parse(text).toEpochMilli());
    }
}
