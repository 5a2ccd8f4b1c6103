package dev.sampo.http.record;

import dev.sampo.http.route.Problem;
import java.time.DateTimeException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where committed offsets are moved to, as Kafka's kafka-consumer-groups --reset-offsets has it. Results lie within the log. */
public sealed interface SeekTarget {
    /** Where the log begins. */
    record Earliest() implements SeekTarget {}

    /** The high watermark. */
    record Latest() implements SeekTarget {}

    /** This offset. */
    record ToOffset(long offset) implements SeekTarget {}

    /** The first record at or after this time. */
    record ToTime(long timestampMs) implements SeekTarget {}

    /** By so many records from the committed offset. */
    record ShiftBy(long records) implements SeekTarget {}

    /** The first record of the last so many milliseconds. */
    record ByDuration(long durationMs) implements SeekTarget {}

    /** The target that exactly one of these names; {@code toTimeMs} is the parsed form of {@code to_time}. */
    static SeekTarget of(
            @Nullable String to, @Nullable Long toOffset, @Nullable Long toTimeMs, @Nullable Long shiftBy,
            @Nullable String byDuration) {
        int said = (to == null ? 0 : 1) + (toOffset == null ? 0 : 1) + (toTimeMs == null ? 0 : 1)
                + (shiftBy == null ? 0 : 1) + (byDuration == null ? 0 : 1);
        if (said != 1) {
            throw Problem.invalid("to", "Say exactly one of to, to_offset, to_time, shift_by and by_duration.");
        }
        if (toOffset != null) {
            if (toOffset < 0) {
                throw Problem.invalid("to_offset", "An offset is 0 or more.");
            }
            return new ToOffset(toOffset);
        }
        if (toTimeMs != null) {
            return new ToTime(toTimeMs);
        }
        if (shiftBy != null) {
            return new ShiftBy(shiftBy);
        }
        if (byDuration != null) {
            return new ByDuration(durationMs(byDuration));
        }
        return switch (to) {
            case "earliest" -> new Earliest();
            case "latest" -> new Latest();
            case null, default -> throw Problem.invalid("to", "It is earliest or latest.");
        };
    }

    private static long durationMs(String text) {
        try {
            long millis = Duration.parse(text).toMillis();
            if (millis >= 0) {
                return millis;
            }
        } catch (DateTimeException | ArithmeticException e) {
            // told below
        }
        throw Problem.invalid("by_duration", "\"" + text + "\" is no duration like PT5M or P1DT2H.");
    }

    /** The time that must be looked up, null when none must. */
    default @Nullable Long timeMs(long nowMs) {
        return switch (this) {
            case ToTime(long timestampMs) -> timestampMs;
            case ByDuration(long durationMs) -> Math.max(0, nowMs - durationMs);
            default -> null;
        };
    }

    /** True when there must be a committed offset. */
    default boolean needsCommitted() {
        return this instanceof ShiftBy;
    }

    /**
     * The offset, within the log.
     *
     * @param earliest where the log begins
     * @param latest the high watermark
     * @param committed used by {@link ShiftBy} alone
     * @param atTime offset for {@link #timeMs}, -1 when no record is that new
     */
    default long offset(long earliest, long latest, long committed, long atTime) {
        long wanted = switch (this) {
            case Earliest _ -> earliest;
            case Latest _ -> latest;
            case ToOffset(long offset) -> offset;
            case ShiftBy(long records) -> shifted(committed, records);
            case ToTime _, ByDuration _ -> atTime < 0 ? latest : atTime;
        };
        return Math.clamp(wanted, earliest, Math.max(earliest, latest));
    }

    private static long shifted(long committed, long records) {
        try {
            return Math.addExact(committed, records);
        } catch (ArithmeticException e) {
            return records < 0 ? 0 : Long.MAX_VALUE;
        }
    }
}
