package dev.sampo.client.internal.consumer;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The consumer actor as its parts see it: results come home to its thread, all parts run there. */
interface Home {
    /** Calls one of both on the actor's thread; neither once the consumer has ended. */
    <T> void home(CompletionStage<T> result, Consumer<T> then, Consumer<Throwable> failed);

    /** Calls on the actor's thread after this time. */
    void later(Duration pause, Runnable then);

    /** Monotonic time. */
    long nowMs();

    /** Ends the consumer and fails its streams. */
    void fail(Throwable cause);
}
