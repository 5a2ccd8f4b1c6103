package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Controller;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * Asks the controller on behalf of a client, and answers only once this broker's own image shows the change, so that
 * the client's next request to this broker sees what it did. Thread-safe.
 */
public final class ControllerClient {
    private final ActorRef<Controller.Command> controller;
    private final MetadataImages images;
    private final Scheduler scheduler;
    private final Duration timeout;

    /** {@code timeout} bounds the answer and, again, the wait for the image; it stays below the client's. */
    public ControllerClient(
            ActorRef<Controller.Command> controller, MetadataImages images, Scheduler scheduler, Duration timeout) {
        this.controller = controller;
        this.images = images;
        this.scheduler = scheduler;
        this.timeout = timeout;
    }

    /**
     * Asks, and completes when {@code current().offset() >= reply.metadataOffset()}.
     *
     * @param command makes the command from the address of the answer
     * @return fails with {@link java.util.concurrent.TimeoutException} when the controller or the image is late: the
     *     change may then have happened or not. Completes on a thread of the controller or of the image: go back to
     *     the loop with {@link Exchange#respondWhen}
     */
    public <R extends Controller.Reply> CompletionStage<R> ask(Function<ActorRef<R>, Controller.Command> command) {
        CompletionStage<R> answer =
                AskPattern.<Controller.Command, R>ask(controller, command::apply, timeout, scheduler);
        return answer.thenCompose(this::whenSeen);
    }

    private <R extends Controller.Reply> CompletionStage<R> whenSeen(R reply) {
        long offset = reply.metadataOffset();
        if (images.current().offset() >= offset) {
            return CompletableFuture.completedFuture(reply);
        }
        return images.reached(offset)
                .thenApply(image -> reply)
                .toCompletableFuture()
                .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }
}
