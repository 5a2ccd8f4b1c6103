package dev.sampo.client.producer;

import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.producer.ProducerEffect.Acknowledged;
import dev.sampo.client.producer.ProducerEffect.FetchMetadata;
import dev.sampo.client.producer.ProducerEffect.GaveUp;
import dev.sampo.client.producer.ProducerEffect.InitProducerId;
import dev.sampo.client.producer.ProducerEffect.Produce;
import dev.sampo.client.producer.ProducerEffect.Refused;
import dev.sampo.client.producer.ProducerState.Urgency;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Shell of {@link ProducerState}: performs its effects over the wire and brings the answers home. Belongs to one stage
 * and is used only on that stage's thread.
 */
final class ProducerEngine {
    private final ProducerState state;
    private final ProducerWire wire;
    private final Consumer<Runnable> home;
    private final Runnable afterAnswer;

    /**
     * An engine without any record.
     *
     * @param home runs its argument later on the owner's thread; may be called from any thread
     * @param afterAnswer called on the owner's thread after deliveries were told; the owner then calls {@link #drain}
     */
    ProducerEngine(ProducerOptions options, ProducerWire wire, Consumer<Runnable> home, Runnable afterAnswer) {
        this.state = new ProducerState(options, bound -> ThreadLocalRandom.current().nextInt(bound));
        this.wire = wire;
        this.home = home;
        this.afterAnswer = afterAnswer;
    }

    /** As {@link ProducerState#append}. */
    void append(Delivery delivery, SerializedRecord record) {
        state.append(
                delivery,
                record.topic(),
                record.partition(),
                record.timestampMs(),
                record.key(),
                record.value(),
                record.headers(),
                nowMs());
    }

    boolean wantsDrain() {
        return state.wantsDrain();
    }

    boolean hasRoom() {
        return state.hasRoom();
    }

    boolean isIdle() {
        return state.isIdle();
    }

    /**
     * Sends what can be sent.
     *
     * @return ms until it must be called again though nothing happened; {@link Long#MAX_VALUE} for never
     */
    long drain(Urgency urgency) {
        perform(state.drain(urgency, nowMs()));
        long next = state.nextDrainMs(nowMs());
        return next == Long.MAX_VALUE ? next : Math.max(1, next - nowMs());
    }

    /** Tells every record under way that it is given up; nothing is sent afterwards. */
    void abandon(RuntimeException cause) {
        perform(state.abandon(cause));
    }

    void close() {
        wire.close();
    }

    private void perform(List<ProducerEffect> effects) {
        for (ProducerEffect effect : effects) {
            if (effect instanceof Produce produce) {
                ProduceCall call = produce.call();
                bringHome(
                        wire.produce(call.brokerId(), call.request()),
                        answer -> state.onProduced(call, answer, nowMs()),
                        cause -> state.onCallFailed(call, cause, nowMs()));
            } else if (effect instanceof Acknowledged acknowledged) {
                acknowledged.batch().acknowledge(acknowledged.baseOffset(), acknowledged.logAppendTimeMs());
            } else if (effect instanceof GaveUp gaveUp) {
                gaveUp.batch().fail(gaveUp.cause());
            } else if (effect instanceof Refused refused) {
                refused.delivery().failed(refused.cause());
            } else if (effect instanceof InitProducerId) {
                bringHome(wire.initProducerId(), this::onInitProducerId, cause -> state.onProducerIdFailed(cause, nowMs()));
            } else if (effect instanceof FetchMetadata fetch) {
                bringHome(
                        wire.metadata(fetch.topics()),
                        answer -> state.onMetadata(answer, nowMs()),
                        cause -> state.onMetadataFailed(fetch.topics(), cause, nowMs()));
            } else {
                throw new IllegalStateException("unknown effect " + effect);
            }
        }
    }

    private List<ProducerEffect> onInitProducerId(InitProducerIdResponseData answer) {
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE) {
            return state.onProducerIdFailed(error.exception(), nowMs());
        }
        state.onProducerId(answer.producerId(), answer.producerEpoch());
        return List.of();
    }

    private <T> void bringHome(
            CompletionStage<T> stage,
            Function<T, List<ProducerEffect>> onAnswer,
            Function<RuntimeException, List<ProducerEffect>> onFailure) {
        BiFunction<T, @Nullable Throwable, List<ProducerEffect>> either = (answer, failure) ->
                failure == null ? onAnswer.apply(answer) : onFailure.apply(exception(failure));
        var unused = stage.whenComplete((answer, failure) -> home.accept(() -> {
            perform(either.apply(answer, failure));
            afterAnswer.run();
        }));
    }

    private static RuntimeException exception(Throwable failure) {
        Throwable cause = KafkaClient.cause(failure);
        return cause instanceof RuntimeException runtime ? runtime : new KafkaException(cause);
    }

    private static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }
}
