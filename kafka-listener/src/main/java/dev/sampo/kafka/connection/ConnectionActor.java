package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.gate.Gate;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Shell of {@link Connection}: its address for partitions, on the dispatcher of its loop. It outlives the socket until
 * every request was answered, and a while longer, so that late answers of partitions (which may hold files) still find
 * it. Its messages are {@code Object} since {@link Partition.Reply} is closed and a wrapper for each would cost more.
 */
final class ConnectionActor {
    private static final Duration LATE_ANSWERS = Duration.ofSeconds(10);

    private enum Command {
        DRAIN,
        CLOSE,
        ENDED,
        STOP
    }

    /** Asks a connection to finish what is in flight and end. */
    static final Object DRAIN = Command.DRAIN;

    /** Asks a connection to end now. */
    static final Object CLOSE = Command.CLOSE;

    private final TimerScheduler<Object> timers;
    private final ConnectionSet connections;
    private final Connection connection;

    private ConnectionActor(TimerScheduler<Object> timers, ConnectionSet connections, Connection connection) {
        this.timers = timers;
        this.connections = connections;
        this.connection = connection;
    }

    /** {@code connections} are those of this listener on this loop; {@code onSocketClosed} is told on the loop. */
    static Behavior<Object> create(
            ListenerContext listener, SelectorLoop loop, ConnectionSet connections, TransportOpener opener,
            long connectionId, Consumer<ActorRef<Object>> onSocketClosed) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            var self = context.getSelf();
            Connection connection;
            try {
                connection = new Connection(
                        listener, loop, opener, connectionId, self.narrow(), new Connection.Watcher() {
                            @Override
                            public void socketClosed() {
                                onSocketClosed.accept(self);
                            }

                            @Override
                            public void ended(boolean answersMayCome) {
                                self.tell(answersMayCome ? Command.ENDED : Command.STOP);
                            }
                        });
            } catch (IOException e) { // reset between accept and here
                return Behaviors.stopped();
            }
            connections.add(connection);
            return new ConnectionActor(timers, connections, connection).behavior();
        }));
    }

    private Behavior<Object> behavior() {
        return Behaviors.receive(Object.class)
                .onMessage(Partition.Reply.class, reply -> {
                    connection.onReply(reply);
                    return Behaviors.same();
                })
                .onMessage(Command.class, this::onCommand)
                .onMessage(Gate.ToConnection.class, message -> {
                    if (connection.transport() instanceof GateTransport gate) {
                        gate.receive(message);
                    }
                    return Behaviors.same();
                })
                .onSignal(PostStop.class, signal -> {
                    connection.close("its actor stopped");
                    connections.remove(connection);
                    return Behaviors.same();
                })
                .build();
    }

    private Behavior<Object> onCommand(Command command) {
        switch (command) {
            case DRAIN -> connection.drain();
            case CLOSE -> connection.cut();
            case ENDED -> {
                connections.remove(connection);
                timers.startSingleTimer(Command.STOP, LATE_ANSWERS);
            }
            case STOP -> {
                return Behaviors.stopped();
            }
        }
        return Behaviors.same();
    }
}
