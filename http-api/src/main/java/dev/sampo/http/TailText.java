package dev.sampo.http;

import dev.sampo.http.body.RecordBodies.ConsumedRecord;
import dev.sampo.http.body.TailBodies.Gap;
import dev.sampo.http.body.TailBodies.TailLine;
import dev.sampo.http.record.TailPosition;
import dev.sampo.http.route.Json;
import dev.sampo.http.route.Problem;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;

/** The text of a live tail: server-sent events, or lines of JSON. Gathers until {@link #take}. */
final class TailText {
    private final boolean events;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    TailText(boolean events) {
        this.events = events;
    }

    /** The first: how soon a browser comes back, and the position before any record. */
    void begin(TailPosition position) {
        if (events) {
            text("retry: 1000\nid: " + position + "\n\n");
        }
    }

    /** {@code position} is the one after the record. */
    void record(ConsumedRecord record, TailPosition position) {
        if (events) {
            event("", position.toString(), record);
        } else {
            line(new TailLine(position.toString(), record, null, null));
        }
    }

    void gap(Gap gap, TailPosition position) {
        if (events) {
            event("gap", position.toString(), gap);
        } else {
            line(new TailLine(position.toString(), null, gap, null));
        }
    }

    /** Without a position: whoever comes back goes on where it was. */
    void problem(Problem problem) {
        if (events) {
            event("problem", "", problem);
        } else {
            line(new TailLine(null, null, null, problem));
        }
    }

    /** Says only that the tail is alive: a comment, or an empty line. */
    void heartbeat() {
        text(events ? ": heartbeat\n\n" : "\n");
    }

    boolean isEmpty() {
        return out.size() == 0;
    }

    int sizeBytes() {
        return out.size();
    }

    ByteString take() {
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }

    /** JSON has no line feeds, so its data is one line. */
    private void event(String name, String id, Object data) {
        if (!name.isEmpty()) {
            text("event: " + name + "\n");
        }
        if (!id.isEmpty()) {
            text("id: " + id + "\n");
        }
        text("data: ");
        out.writeBytes(Json.bytes(data));
        text("\n\n");
    }

    private void line(TailLine line) {
        out.writeBytes(Json.bytes(line));
        out.write('\n');
    }

    private void text(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
