package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Partition;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.typed.ActorRef;

/** One request and the way to its answer. Used only on the connection's loop, unless a method says otherwise. */
public interface Exchange {
    /** API version of the request, one that the broker serves. */
    short apiVersion();

    /** Client id of the request header, empty when null. */
    String clientId();

    /** The generated request class of this API key. Byte buffers inside are views of the frame: see {@link #respond}. */
    ApiMessage request();

    /** What is known of the connection. */
    ClientContext client();

    /** Number of this request on its connection: the {@code requestId} of messages to partitions. */
    long requestId();

    /** The connection's actor, for partition answers; they come to the listener set with {@link #onReply}. */
    ActorRef<Partition.Reply> replyTo();

    /**
     * Where answers of partitions to this request go, on the loop. Answers that come after {@link #respond} (or any other
     * end of the request) do not reach the listener: the connection drops them and releases their file slices.
     */
    void onReply(Consumer<Partition.Reply> listener);

    /**
     * Runs on the loop after {@code delayMs} unless the request has been answered by then. Nearly every produce and fetch
     * calls it and is answered long before: it must be cheap, and the answer must let go of the task.
     */
    void schedule(long delayMs, Runnable task);

    /**
     * Runs on the loop when the connection ends before the request was answered: the handler lets go of the file slices
     * that it holds. At most one task; afterwards no listener and no timer of this request runs.
     */
    void onClosed(Runnable task);

    /**
     * Runs on the loop, before the request is answered, when its answer is waited for: by another request of the connection or
     * by its end. For handlers that answer late when nobody minds. At most one task; it never runs where there is no connection.
     */
    default void onHurry(Runnable task) {}

    /**
     * Opens a way back for answers of partitions that outlives this request and ends with the connection.
     *
     * @param listener gets the answers, on the loop; it releases the file slices in them
     * @param closed runs on the loop when the connection has ended; the listener is not called after it
     * @return the {@code requestId} for messages to partitions, negative
     * @throws UnsupportedOperationException the exchange has no connection
     */
    default long openChannel(Consumer<Partition.Reply> listener, Runnable closed) {
        throw new UnsupportedOperationException("no connection, no channel");
    }

    /**
     * Answers. The frame is released when the answer is complete, so every partition that holds a part of it must have
     * answered before. File slices in the response are sent and released by the connection.
     */
    void respond(ApiMessage response);

    /**
     * Answers as {@link #respond} does, but leaves the frame to the garbage collector: a partition did not answer in time
     * and may still write to its part of it.
     */
    void respondKeepingFrame(ApiMessage response);

    /**
     * Answers with the stage's value once it is there (from any thread). A failed stage answers the key's own error
     * response with UNKNOWN_SERVER_ERROR (REQUEST_TIMED_OUT for a time-out) and is logged.
     */
    void respondWhen(CompletionStage<? extends ApiMessage> response);

    /** Ends the request without an answer (acks=0). */
    void respondNothing();

    /**
     * Ends the connection, as Kafka does for acks=0 errors; {@code reason} is logged at DEBUG. The frame is not reused.
     */
    void close(String reason);
}
