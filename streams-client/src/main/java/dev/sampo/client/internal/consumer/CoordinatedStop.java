package dev.sampo.client.internal.consumer;

import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.stream.stage.AsyncCallback;

/** Stops sources before the actor system goes, so that what is in their streams can still be committed. */
final class CoordinatedStop {
    private CoordinatedStop() {}

    static void register(ActorSystem system, ConsumerHandle consumer, AsyncCallback<StageControl.Command> commands) {
        Supplier<CompletionStage<Done>> task = () -> {
            commands.invoke(StageControl.Command.SHUTDOWN);
            return consumer.stopped().copy();
        };
        Cancellable registered = CoordinatedShutdown.get(system).addCancellableTask(
                CoordinatedShutdown.PhaseServiceRequestsDone(), "stop Kafka source", task);
        var unused = consumer.stopped().thenRun(registered::cancel);
    }
}
