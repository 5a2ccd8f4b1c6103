package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Partition;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects one answer per partition asked. Used on the connection's loop: take an index for each question with
 * {@link #next}, send it, and call {@link #whenAll} once after the last.
 *
 * @param <R> the answers' type
 */
final class Gather<R extends Partition.Reply> {
    private final Exchange exchange;
    private final Class<R> type;
    private final List<@Nullable R> answers = new ArrayList<>();
    private @Nullable Consumer<List<@Nullable R>> done;
    private int pending;

    Gather(Exchange exchange, Class<R> type) {
        this.exchange = exchange;
        this.type = type;
        exchange.onReply(this::accept);
    }

    /** The index of the next question. */
    int next() {
        answers.add(null);
        pending++;
        return answers.size() - 1;
    }

    /**
     * Calls {@code listener} once: with all answers by index, or after {@code timeoutMs} with null for the missing ones.
     */
    void whenAll(long timeoutMs, Consumer<List<@Nullable R>> listener) {
        if (pending == 0) {
            listener.accept(answers);
            return;
        }
        done = listener;
        exchange.schedule(timeoutMs, this::finish);
    }

    private void accept(Partition.Reply reply) {
        R answer = type.cast(reply);
        if (answers.set(answer.index(), answer) != null) {
            throw new IllegalStateException("partition " + answer.index() + " of the request was answered twice");
        }
        pending--;
        if (pending == 0) {
            finish();
        }
    }

    private void finish() {
        Consumer<List<@Nullable R>> listener = done;
        if (listener != null) {
            done = null;
            listener.accept(answers);
        }
    }
}
