package dev.sampo.kafka.connection;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Decides for one connection which request may start, which answer may go out and whether to read on. Pure.
 *
 * <p>Requests start in order. One that overlaps starts when no barrier runs; a barrier starts when nothing runs, and
 * nothing starts beside it. Answers leave in the order of requests.
 *
 * @param <Q> a request that waits to start
 * @param <R> an answer
 */
final class ConnectionState<Q, R> {
    private record Pending<Q>(Q request, boolean overlaps) {}

    private final ConnectionLimits limits;
    private final ResponseOrder<R> order;
    private final ArrayDeque<Pending<Q>> waiting = new ArrayDeque<>(4);
    private int running;
    private boolean barrierRuns;
    private long requestBytes;
    private long answerBytes;
    private boolean paused;

    ConnectionState(ConnectionLimits limits, R nothing) {
        this.limits = limits;
        order = new ResponseOrder<>(ConnectionLimits.RING_SLOTS, nothing);
    }

    /** Gives the next request its number; {@link #enqueue} follows. */
    long open(int sizeBytes) {
        requestBytes += sizeBytes;
        return order.open();
    }

    /** The request waits for its start. */
    void enqueue(Q request, boolean overlaps) {
        waiting.add(new Pending<>(request, overlaps));
    }

    /** The next request to start now, null when none may; none may while too many bytes wait for the peer. */
    @Nullable Q pollStart(long transportUnsentBytes) {
        Pending<Q> head = waiting.peek();
        if (head == null || barrierRuns || (!head.overlaps() && running > 0)
                || answerBytes + transportUnsentBytes >= limits.maxUnsentBytes()) {
            return null;
        }
        waiting.remove();
        running++;
        barrierRuns = !head.overlaps();
        return head.request();
    }

    /** A request that was started has its answer. */
    void answered(long number, R answer, int requestSizeBytes, long answerSizeBytes) {
        order.answer(number, answer);
        running--;
        barrierRuns = false; // a barrier runs alone, so it was this one or there is none
        requestBytes -= requestSizeBytes;
        answerBytes += answerSizeBytes;
    }

    /** The next answer to hand to the transport, null when there is none. */
    @Nullable R pollAnswer() {
        return order.poll();
    }

    /** An answer left {@link #pollAnswer}: the transport counts it from now on. */
    void handedOver(long answerSizeBytes) {
        answerBytes -= answerSizeBytes;
    }

    /** Forgets requests that were not started; the answer they would wait for is none of theirs. */
    @Nullable Q dropWaiting() {
        Pending<Q> head = waiting.poll();
        return head == null ? null : head.request();
    }

    /** Whether to take a further request. Once false, it stays false until every mark is below half. */
    boolean mayRead(long transportUnsentBytes) {
        long unsentBytes = answerBytes + transportUnsentBytes;
        int divisor = paused ? 2 : 1;
        paused = order.size() >= Math.max(1, limits.maxRequests() / divisor)
                || requestBytes >= limits.maxRequestBytes() / divisor
                || unsentBytes >= limits.maxUnsentBytes() / divisor;
        return !paused;
    }

    /** Whether a request waits for its start. */
    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** Requests that run. */
    int running() {
        return running;
    }

    /** Requests whose answer was not handed over. */
    int inFlight() {
        return order.size();
    }
}
