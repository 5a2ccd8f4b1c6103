package dev.sampo.client.internal;

import dev.sampo.gate.Gate;
import dev.sampo.gate.ReceiveWindow;
import dev.sampo.gate.SendWindow;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.Terminated;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import scala.runtime.BoxedUnit;

/** A stream's end of a connection to a gate, see {@link Gate}: what a socket's flow is otherwise. */
final class GateStage extends GraphStage<FlowShape<ByteString, ByteString>> {
    private final Inlet<ByteString> in = Inlet.create("Gate.in");
    private final Outlet<ByteString> out = Outlet.create("Gate.out");
    private final ActorSelection gate;
    private final String node;
    private final boolean called;
    private final Duration connectTimeout;
    private final Consumer<String> whenCalled;

    GateStage(
            ActorSelection gate, String node, boolean called, Duration connectTimeout, Consumer<String> whenCalled) {
        this.gate = gate;
        this.node = node;
        this.called = called;
        this.connectTimeout = connectTimeout;
        this.whenCalled = whenCalled;
    }

    @Override
    public FlowShape<ByteString, ByteString> shape() {
        return FlowShape.of(in, out);
    }

    @Override
    public GraphStageLogic createLogic(Attributes inherited) {
        return new Logic(shape());
    }

    private final class Logic extends TimerGraphStageLogic {
        private final SendWindow sending = new SendWindow();
        private final ReceiveWindow receiving = new ReceiveWindow();
        private final ArrayDeque<ByteString> arrived = new ArrayDeque<>(); // the sender's window bounds it
        private ByteString unsent = ByteString.emptyByteString();
        private @Nullable ActorRef<Gate.ToConnection> connection;

        Logic(FlowShape<ByteString, ByteString> shape) {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    unsent = unsent.concat(grab(in));
                    send();
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    emit();
                }
            });
        }

        @Override
        public void preStart() {
            var self = getStageActor(message -> {
                onMessage(message._2());
                return BoxedUnit.UNIT;
            }).ref();
            gate.tell(new Gate.Open(Adapter.toTyped(self), node, called), self);
            scheduleOnce("open", connectTimeout);
        }

        private void onMessage(Object message) {
            if (message instanceof Gate.Bytes bytes) {
                if (!receiving.arrived(bytes.number())) {
                    end("messages of the broker were lost on their way");
                    return;
                }
                arrived.add(ByteString.fromArrayUnsafe(bytes.bytes()));
                emit();
            } else if (message instanceof Gate.Taken taken) {
                sending.taken(taken.bytes());
                send();
            } else if (message instanceof Gate.Called group) {
                whenCalled.accept(group.groupId());
            } else if (message instanceof Gate.Opened opened) {
                cancelTimer("open");
                connection = opened.connection();
                stageActor().watch(Adapter.toClassic(opened.connection()));
                send();
            } else if (message instanceof Gate.End ended) {
                end(ended.reason());
            } else if (message instanceof Terminated) {
                end("the broker, or its node, is gone");
            }
        }

        private void send() {
            ActorRef<Gate.ToConnection> to = connection;
            if (to == null) {
                return;
            }
            for (int next = sending.next(unsent.size()); next > 0; next = sending.next(unsent.size())) {
                byte[] chunk = unsent.take(next).toArrayUnsafe();
                unsent = unsent.drop(next);
                to.tell(new Gate.Bytes(sending.sent(next), chunk));
            }
            if (unsent.isEmpty() && !hasBeenPulled(in) && !isClosed(in)) {
                pull(in);
            }
        }

        private void emit() {
            ByteString next = isAvailable(out) ? arrived.poll() : null;
            ActorRef<Gate.ToConnection> from = connection;
            if (next != null) {
                push(out, next);
                int told = receiving.taken(next.size());
                if (told > 0 && from != null) {
                    from.tell(new Gate.Taken(told));
                }
            }
        }

        @Override
        public void onTimer(Object key) {
            end("the broker's gate did not answer within " + connectTimeout.toMillis() + " ms");
        }

        private void end(String reason) {
            connection = null; // it knows
            failStage(new DisconnectException(reason));
        }

        @Override
        public void postStop() {
            if (connection != null) {
                connection.tell(new Gate.End("the stream closed the connection"));
            }
            if (called) {
                whenCalled.accept("");
            }
        }
    }
}
