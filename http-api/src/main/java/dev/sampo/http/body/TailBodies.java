package dev.sampo.http.body;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sampo.http.route.Doc;
import dev.sampo.http.route.Problem;
import org.jspecify.annotations.Nullable;

/** What a live tail tells. */
public final class TailBodies {
    private TailBodies() {}

    /** Offsets that can no longer be read, or never could. */
    public record Gap(
            int partition, @Doc("The offset that should have come next.") long from,
            @Doc("The offset that comes next.") long to) {}

    /** One line of a tail as NDJSON: one of record, gap and problem. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record TailLine(
            @Doc("Where the tail is after this line: last_event_id of the tail that goes on.") @Nullable String position,
            RecordBodies.@Nullable ConsumedRecord record, @Nullable Gap gap,
            @Doc("The tail ends with it.") @Nullable Problem problem) {}
}
