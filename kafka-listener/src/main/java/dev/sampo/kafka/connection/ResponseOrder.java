package dev.sampo.kafka.connection;

import org.jspecify.annotations.Nullable;

/**
 * A ring of slots that gives answers out in the order of their requests, whatever the order in which they come. Pure.
 *
 * @param <R> an answer
 */
@SuppressWarnings("ReferenceEquality") // WAITING and nothing are marks, not values
final class ResponseOrder<R> {
    private static final Object WAITING = new Object();

    private final @Nullable Object[] slots;
    private final R nothing;
    private long next;
    private long oldest;

    /** {@code nothing} is the answer of a request that has none; it is not given out. */
    ResponseOrder(int capacity, R nothing) {
        slots = new Object[capacity];
        this.nothing = nothing;
    }

    /** The number of the next request; they count from 0. */
    long open() {
        if (size() == slots.length) {
            throw new IllegalStateException("more than " + slots.length + " requests in flight");
        }
        slots[slot(next)] = WAITING;
        return next++;
    }

    /** The answer to request {@code number}, which is in flight and unanswered. */
    void answer(long number, R answer) {
        if (number < oldest || number >= next || slots[slot(number)] != WAITING) {
            throw new IllegalStateException("request " + number + " is not waiting for an answer");
        }
        slots[slot(number)] = answer;
    }

    /** The next answer in order, null when the oldest request has none yet or there is no request. */
    @SuppressWarnings({"unchecked", "ReferenceEquality"}) // slots hold WAITING, null or an R
    @Nullable R poll() {
        while (oldest < next && slots[slot(oldest)] != WAITING) {
            R answer = (R) slots[slot(oldest)];
            slots[slot(oldest)] = null;
            oldest++;
            if (answer != nothing) {
                return answer;
            }
        }
        return null;
    }

    /** Requests whose answer was not given out. */
    int size() {
        return (int) (next - oldest);
    }

    private int slot(long number) {
        return (int) (number % slots.length);
    }
}
