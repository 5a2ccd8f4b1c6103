package dev.sampo.client.internal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** One connection to one broker: a stream of its own, fed from any thread. Futures complete on the stream's thread. */
final class Connection {
    private static final int MAX_FRAME_SIZE_BYTES = 512 * 1024 * 1024;
    private static final Duration OVERDUE_CHECK = Duration.ofMillis(250);

    private record Command(@Nullable ApiRequest<?> request, CompletableFuture<ApiMessage> response) {}

    private final AsyncCallback<Command> commands;
    private final CompletableFuture<Void> closed;

    private Connection(AsyncCallback<Command> commands, CompletableFuture<Void> closed) {
        this.commands = commands;
        this.closed = closed;
    }

    /** Starts to connect over {@code wire}; requests may be sent at once, they wait for the connection and fail with it. */
    static Connection open(
            ActorSystem system, String broker, Flow<ByteString, ByteString, ?> wire, ClientSettings settings) {
        var state = new ConnectionState(settings.clientId(), settings.connectTimeoutMs());
        return Flow.fromGraph(new Stage(state, broker)).joinMat(wire, Keep.left()).run(system);
    }

    /** Sends; fails with a RetriableException when the connection ends before the answer. */
    <T extends ApiMessage> CompletableFuture<T> send(ApiRequest<T> request) {
        var response = new CompletableFuture<ApiMessage>();
        if (closed.isDone()) {
            response.completeExceptionally(new DisconnectException("the connection was closed"));
        } else {
            var unused = commands.invokeWithFeedbackCompletionStage(new Command(request, response))
                    .exceptionally(detached -> {
                        response.completeExceptionally(
                                new DisconnectException("the connection was closed", detached));
                        return Done.getInstance();
                    });
        }
        return response.thenApply(request.cast());
    }

    /** Closes the wire; requests without an answer fail. */
    void close() {
        commands.invoke(new Command(null, new CompletableFuture<>()));
    }

    /** Completes when the connection is over; exceptionally when it could not be opened or broke. */
    CompletableFuture<Void> closed() {
        return closed;
    }

    private static final class Stage
            extends AbstractGraphStageWithMaterializedValue<FlowShape<ByteString, ByteString>, Connection> {
        private final Inlet<ByteString> in = Inlet.create("Connection.in");
        private final Outlet<ByteString> out = Outlet.create("Connection.out");
        private final ConnectionState state;
        private final String address;

        Stage(ConnectionState state, String address) {
            this.state = state;
            this.address = address;
        }

        @Override
        public FlowShape<ByteString, ByteString> shape() {
            return FlowShape.of(in, out);
        }

        @Override
        public Pair<GraphStageLogic, Connection> createLogicAndMaterializedValuePair(Attributes inherited) {
            var logic = new Logic(shape());
            return Pair.create(logic, new Connection(logic.commands, logic.closed));
        }

        private final class Logic extends TimerGraphStageLogic {
            private final CompletableFuture<Void> closed = new CompletableFuture<>();
            private final AsyncCallback<Command> commands = createAsyncCallback(this::onCommand);
            private final FrameAssembler assembler = new FrameAssembler(MAX_FRAME_SIZE_BYTES);
            private @Nullable ByteString urgent;

            Logic(FlowShape<ByteString, ByteString> shape) {
                super(shape);
                setHandler(in, new AbstractInHandler() {
                    @Override
                    public void onPush() {
                        onBytes(grab(in));
                    }

                    @Override
                    public void onUpstreamFinish() {
                        end(new DisconnectException("broker " + address + " closed the connection"));
                        completeStage();
                    }

                    @Override
                    public void onUpstreamFailure(Throwable cause) {
                        end(disconnected("connection to " + address + " failed: " + cause.getMessage(), cause));
                        completeStage();
                    }
                });
                setHandler(out, new AbstractOutHandler() {
                    @Override
                    public void onPull() {
                        write();
                    }

                    @Override
                    public void onDownstreamFinish(Throwable cause) {
                        end(disconnected("connection to " + address + " ended: " + cause.getMessage(), cause));
                        completeStage();
                    }
                });
            }

            @Override
            public void preStart() {
                pull(in);
                scheduleWithFixedDelay("overdue", OVERDUE_CHECK, OVERDUE_CHECK);
            }

            private void onCommand(Command command) {
                if (command.request() == null) {
                    end(null);
                    completeStage();
                    return;
                }
                state.enqueue(command.request(), command.response());
                write();
            }

            private void write() {
                if (!isAvailable(out)) {
                    return;
                }
                ByteString bytes = urgent == null ? ByteString.emptyByteString() : urgent;
                urgent = null;
                for (byte[] frame = state.nextFrame(nowMs()); frame != null; frame = state.nextFrame(nowMs())) {
                    bytes = bytes.concat(ByteString.fromArrayUnsafe(frame));
                }
                if (!bytes.isEmpty()) {
                    push(out, bytes);
                }
            }

            private void onBytes(ByteString bytes) {
                try {
                    for (ByteBuffer chunk : bytes.getByteBuffers()) {
                        assembler.feed(chunk, this::onFrame);
                    }
                } catch (RuntimeException e) { // bytes that are no answer: the generated readers throw anything
                    end(disconnected("connection to " + address + ": " + e.getMessage(), e));
                    failStage(e);
                    return;
                }
                write();
                pull(in);
            }

            private void onFrame(ByteBuffer frame) {
                byte[] again = state.onFrame(frame, nowMs());
                if (again != null) {
                    urgent = ByteString.fromArrayUnsafe(again);
                }
            }

            @Override
            public void onTimer(Object key) {
                if (state.isOverdue(nowMs())) {
                    end(new TimeoutException("broker " + address + " did not answer within request.timeout.ms"));
                    completeStage();
                }
            }

            @Override
            public void postStop() {
                end(new DisconnectException("connection to " + address + " was closed"));
            }

            private void end(@Nullable Throwable cause) {
                state.fail(cause == null ? new DisconnectException("the connection was closed") : cause);
                if (cause == null) {
                    closed.complete(null);
                } else {
                    closed.completeExceptionally(cause);
                }
            }
        }

        private static DisconnectException disconnected(String message, Throwable cause) {
            return new DisconnectException(message, cause);
        }

        private static long nowMs() {
            return System.nanoTime() / 1_000_000;
        }
    }
}
