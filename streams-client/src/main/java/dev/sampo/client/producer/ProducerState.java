package dev.sampo.client.producer;

import dev.sampo.client.producer.ProducerEffect.Acknowledged;
import dev.sampo.client.producer.ProducerEffect.FetchMetadata;
import dev.sampo.client.producer.ProducerEffect.GaveUp;
import dev.sampo.client.producer.ProducerEffect.InitProducerId;
import dev.sampo.client.producer.ProducerEffect.Produce;
import dev.sampo.client.producer.ProducerEffect.Refused;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * What one producer knows and decides: which partition a record goes to, when a batch leaves, what an error means.
 * Pure: equal calls in equal order give equal effects. Calls come one at a time.
 *
 * <p>Invariants: each record ends in exactly one of {@link Acknowledged}, {@link GaveUp} or {@link Refused}. Records of
 * one partition are sent in the order they were given. At most {@code max.in.flight.requests.per.connection} requests
 * are open to a broker.
 *
 * @see "KIP-98, KIP-360 (idempotence), KIP-91 (delivery.timeout.ms)"
 */
final class ProducerState {
    /** How pressing it is to send batches that are not full. */
    enum Urgency {
        /** More records are at hand: only full or old batches leave. */
        NONE,
        /** No record is at hand: batches leave whose broker is idle, unless {@code linger.ms} says to wait. */
        IDLE,
        /** No record can come before answers make room: batches leave whose broker is idle, whatever {@code linger.ms} says. */
        BLOCKED,
        /** No record will come any more: everything leaves. */
        FLUSH
    }

    private static final long NEVER = Long.MAX_VALUE;

    private final ProducerOptions options;
    private final IntUnaryOperator draw;
    private final Map<String, TopicLines> topics = new HashMap<>();
    private final Set<PartitionLine> active = new HashSet<>();
    private final RequestPlan plan;
    private final MetadataNeed metadata;
    private long bufferedBytes;
    private boolean hasFullBatch;
    private long producerId = -1;
    private short producerEpoch = -1;
    private boolean askingProducerId;
    private long producerIdNotBeforeMs;

    /**
     * A producer without any record.
     *
     * @param draw gives an even random number, 0 inclusive to its argument exclusive
     */
    ProducerState(ProducerOptions options, IntUnaryOperator draw) {
        this.options = options;
        this.draw = draw;
        this.plan = new RequestPlan(options);
        this.metadata = new MetadataNeed(options.retryBackoffMs(), options.metadataMaxAgeMs());
    }

    /**
     * Takes one serialized record.
     *
     * @param partition null to choose by key, or sticky without a key
     * @throws RecordTooLargeException it can never be sent; nothing was taken
     */
    void append(
            Delivery delivery,
            String topic,
            @Nullable Integer partition,
            long timestampMs,
            byte @Nullable [] key,
            byte @Nullable [] value,
            Header[] headers,
            long nowMs) {
        int size = ProducerBatch.sizeUpperBound(options.compression(), key, value, headers);
        if (size > options.maxRequestSizeBytes()) {
            throw new RecordTooLargeException("The message is " + size
                    + " bytes when serialized which is larger than " + options.maxRequestSizeBytes()
                    + ", which is the value of the max.request.size configuration.");
        }
        if (size > options.bufferMemoryBytes()) {
            throw new RecordTooLargeException("The message is " + size + " bytes when serialized which is larger than "
                    + options.bufferMemoryBytes() + ", which is the value of the buffer.memory configuration.");
        }
        TopicLines lines = topics.computeIfAbsent(topic, name -> new TopicLines(name, options, draw));
        PartitionLine line = lines.hasParked() ? null : lines.lineFor(partition, key, size);
        if (line == null) {
            lines.park(new TopicLines.Parked(delivery, partition, timestampMs, key, value, headers, size, nowMs));
            bufferedBytes += size;
            metadata.want(topic);
            hasFullBatch = true;
        } else {
            append(line, delivery, timestampMs, key, value, headers, size, nowMs);
        }
    }

    private void append(
            PartitionLine line,
            Delivery delivery,
            long timestampMs,
            byte @Nullable [] key,
            byte @Nullable [] value,
            Header[] headers,
            int size,
            long nowMs) {
        int begunBytes = line.append(delivery, timestampMs, key, value, headers, size, options, nowMs);
        if (begunBytes > 0) {
            bufferedBytes += begunBytes;
            active.add(line);
            hasFullBatch |= line.firstWaiting() != null;
        }
        ProducerBatch open = line.open();
        if (open != null && open.isFull()) {
            line.seal();
            hasFullBatch = true;
        }
    }

    /** There is something to send, or to ask, before any time passes: call {@link #drain}. */
    boolean wantsDrain() {
        return hasFullBatch;
    }

    /** {@code buffer.memory} has room for more records. */
    boolean hasRoom() {
        return bufferedBytes < options.bufferMemoryBytes();
    }

    /** Bytes that count against {@code buffer.memory}. */
    long bufferedBytes() {
        return bufferedBytes;
    }

    /** Nothing is under way and nothing waits. */
    boolean isIdle() {
        return bufferedBytes == 0;
    }

    /** Gives up what is too old, then sends what can be sent. */
    List<ProducerEffect> drain(Urgency urgency, long nowMs) {
        hasFullBatch = false;
        var effects = new ArrayList<ProducerEffect>();
        expire(nowMs, effects);
        for (PartitionLine line : active) {
            ProducerBatch first = line.firstWaiting();
            TopicLines topic = lines(line);
            int leader = topic.leader(line.topicPartition().partition());
            ProducerBatch open = line.open();
            if (first == null && open != null && leaves(open, leader, urgency, nowMs)) {
                line.seal();
                first = line.firstWaiting();
            }
            if (first == null || line.mustWait(nowMs)) {
                continue;
            }
            if (leader == TopicLeaders.NO_LEADER) {
                metadata.want(topic.topic());
            } else if (!options.idempotent() || startSequences(line, nowMs, effects)) {
                plan.offer(line, leader);
            }
        }
        for (ProduceCall call : plan.take(name -> lines(name).topicId(), nowMs)) {
            effects.add(new Produce(call));
        }
        Set<String> asked = metadata.take(topics.keySet(), nowMs);
        if (!asked.isEmpty()) {
            effects.add(new FetchMetadata(asked));
        }
        return effects;
    }

    private boolean leaves(ProducerBatch open, int leader, Urgency urgency, long nowMs) {
        if (urgency == Urgency.FLUSH || nowMs - open.createdMs() >= options.longestLingerMs()) {
            return true;
        }
        boolean wanted = urgency == Urgency.BLOCKED
                || (urgency == Urgency.IDLE && options.lingerMs() == ProducerOptions.ADAPTIVE);
        return wanted && plan.isIdle(leader);
    }

    private boolean startSequences(PartitionLine line, long nowMs, List<ProducerEffect> effects) {
        if (line.sequences() == null && producerId >= 0) {
            line.startSequences(producerId, producerEpoch);
        }
        if (line.sequences() == null && !askingProducerId && nowMs >= producerIdNotBeforeMs) {
            askingProducerId = true;
            effects.add(new InitProducerId());
        }
        return line.sequences() != null;
    }

    /** When {@link #drain} should run again though nothing happened; {@link Long#MAX_VALUE} for never. */
    long nextDrainMs(long nowMs) {
        long next = metadata.nextMs();
        for (TopicLines topic : topics.values()) {
            next = earlier(next, topic.oldestParkedMs(), options.maxBlockMs());
        }
        for (PartitionLine line : active) {
            next = earlier(next, line.oldestCreatedMs(), options.deliveryTimeoutMs());
            ProducerBatch open = line.open();
            if (line.firstWaiting() != null) {
                next = line.notBeforeMs() <= nowMs ? next : Math.min(next, line.notBeforeMs());
                boolean needsId = options.idempotent() && line.sequences() == null && !askingProducerId;
                next = needsId && producerIdNotBeforeMs > nowMs ? Math.min(next, producerIdNotBeforeMs) : next;
            } else if (open != null) {
                next = earlier(next, open.createdMs(), options.longestLingerMs());
            }
        }
        return next;
    }

    private static long earlier(long next, long sinceMs, long afterMs) {
        return sinceMs == NEVER ? next : Math.min(next, sinceMs + afterMs);
    }

    private void expire(long nowMs, List<ProducerEffect> effects) {
        for (TopicLines topic : topics.values()) {
            if (topic.oldestParkedMs() <= nowMs - options.maxBlockMs()) {
                for (TopicLines.Parked old : topic.unparkOlderThan(nowMs - options.maxBlockMs())) {
                    refuse(old, unknownPartition(topic, old), effects);
                }
            }
        }
        long oldestMs = nowMs - options.deliveryTimeoutMs();
        for (PartitionLine line : List.copyOf(active)) {
            if (line.oldestCreatedMs() > oldestMs) {
                continue;
            }
            for (ProducerBatch batch : line.inFlight()) {
                if (!batch.isDone() && batch.createdMs() <= oldestMs) {
                    giveUp(batch, expired(batch, nowMs), effects);
                }
            }
            for (ProducerBatch batch : line.removeOlderThan(oldestMs)) {
                giveUp(batch, expired(batch, nowMs), effects);
            }
            rest(line);
        }
    }

    /** Gives up everything that is under way. */
    List<ProducerEffect> abandon(RuntimeException cause) {
        var effects = new ArrayList<ProducerEffect>();
        topics.values().forEach(topic -> topic.unpark().forEach(record -> refuse(record, cause, effects)));
        for (PartitionLine line : active) {
            line.inFlight().forEach(batch -> giveUp(batch, cause, effects));
            line.removeOlderThan(NEVER).forEach(batch -> giveUp(batch, cause, effects));
        }
        return effects;
    }

    private TimeoutException unknownPartition(TopicLines topic, TopicLines.Parked record) {
        String what = topic.isKnown()
                ? "Partition " + record.partition() + " of topic " + topic.topic() + " with partition count "
                        + topic.lines().size() + " is not present in metadata after "
                : "Topic " + topic.topic() + " not present in metadata after ";
        return new TimeoutException(what + options.maxBlockMs() + " ms.");
    }

    private static TimeoutException expired(ProducerBatch batch, long nowMs) {
        return new TimeoutException("Expiring " + batch.recordCount() + " record(s) for " + batch.topicPartition() + ": "
                + (nowMs - batch.createdMs()) + " ms has passed since batch creation (" + batch.attempts() + " attempt(s)).");
    }

    /** A producer id came. */
    void onProducerId(long id, short epoch) {
        askingProducerId = false;
        producerId = id;
        producerEpoch = epoch;
    }

    /**
     * The broker did not give a producer id.
     *
     * @return whatever was waiting for it, given up, when {@code cause} is final; else nothing, it is asked again
     */
    List<ProducerEffect> onProducerIdFailed(RuntimeException cause, long nowMs) {
        askingProducerId = false;
        producerIdNotBeforeMs = nowMs + options.retryBackoffMs();
        if (cause instanceof RetriableException) {
            return List.of();
        }
        var effects = new ArrayList<ProducerEffect>();
        for (PartitionLine line : List.copyOf(active)) {
            if (line.sequences() == null) {
                line.removeOlderThan(nowMs).forEach(batch -> giveUp(batch, cause, effects));
                rest(line);
            }
        }
        return effects;
    }

    /** Metadata came: parked records find their partitions, and lines their leaders. */
    List<ProducerEffect> onMetadata(List<TopicLeaders> answers, long nowMs) {
        metadata.answered(nowMs);
        var effects = new ArrayList<ProducerEffect>();
        for (TopicLeaders answer : answers) {
            TopicLines topic = topics.get(answer.topic());
            if (topic == null) {
                continue;
            }
            if (answer.error() == Errors.NONE && answer.leaders().length > 0) {
                topic.update(answer);
                unpark(topic, nowMs);
            } else if (answer.error() == Errors.NONE || answer.error().exception() instanceof RetriableException) {
                metadata.want(answer.topic());
            } else {
                RuntimeException refusal =
                        exception(answer.error(), "topic " + answer.topic() + ": " + answer.error().message());
                topic.unpark().forEach(record -> refuse(record, refusal, effects));
            }
        }
        return effects;
    }

    /** Metadata did not come; it is asked again after a back-off, unless {@code cause} is final. */
    List<ProducerEffect> onMetadataFailed(Set<String> asked, RuntimeException cause, long nowMs) {
        metadata.answered(nowMs);
        var effects = new ArrayList<ProducerEffect>();
        for (String name : asked) {
            TopicLines topic = topics.get(name);
            if (cause instanceof RetriableException) {
                metadata.want(name);
            } else if (topic != null) {
                topic.unpark().forEach(record -> refuse(record, cause, effects));
            }
        }
        return effects;
    }

    private void unpark(TopicLines topic, long nowMs) {
        for (TopicLines.Parked record : topic.unpark()) {
            PartitionLine line = topic.lineFor(record.partition(), record.key(), record.sizeUpperBound());
            if (line == null) {
                topic.park(record);
                metadata.want(topic.topic());
            } else {
                bufferedBytes -= record.sizeUpperBound();
                append(line, record.delivery(), record.timestampMs(), record.key(), record.value(), record.headers(),
                        record.sizeUpperBound(), nowMs);
            }
        }
    }

    /** The broker answered a request. */
    List<ProducerEffect> onProduced(ProduceCall call, ProduceResponseData answer, long nowMs) {
        plan.answered(call);
        var effects = new ArrayList<ProducerEffect>();
        if (options.acks() == 0) {
            call.batches().forEach(batch -> {
                batch.line().landed(batch);
                acknowledge(batch, -1, -1, effects);
                rest(batch.line());
            });
            return effects;
        }
        var byPartition = ProduceAnswers.byPartition(call, answer);
        for (ProducerBatch batch : call.batches()) {
            ProduceResponseData.PartitionProduceResponse one = byPartition.get(batch.topicPartition());
            if (one == null) {
                land(batch, Errors.UNKNOWN_SERVER_ERROR, "the answer does not name this partition", nowMs, effects);
                continue;
            }
            Errors error = Errors.forCode(one.errorCode());
            if (error == Errors.NONE || error == Errors.DUPLICATE_SEQUENCE_NUMBER) {
                batch.line().acknowledged(batch);
                acknowledge(batch, one.baseOffset(), one.logAppendTimeMs(), effects);
                settle(batch.line());
            } else {
                land(batch, error, one.errorMessage(), nowMs, effects);
            }
        }
        return effects;
    }

    /** A request got no answer: the connection was lost, could not be made, or time is up. */
    List<ProducerEffect> onCallFailed(ProduceCall call, RuntimeException cause, long nowMs) {
        plan.answered(call);
        var effects = new ArrayList<ProducerEffect>();
        for (ProducerBatch batch : call.batches()) {
            batch.line().landed(batch);
            if (cause instanceof RetriableException) {
                metadata.want(batch.topicPartition().topic());
                sendAgain(batch, List.of(batch), cause, nowMs, effects);
            } else {
                giveUp(batch, cause, effects);
            }
            settle(batch.line());
        }
        return effects;
    }

    private void land(
            ProducerBatch batch, Errors error, @Nullable String message, long nowMs, List<ProducerEffect> effects) {
        batch.line().landed(batch);
        boolean gap = options.idempotent()
                && (error == Errors.OUT_OF_ORDER_SEQUENCE_NUMBER || error == Errors.UNKNOWN_PRODUCER_ID);
        if (gap) {
            sendAgain(batch, List.of(batch), exception(error, message), nowMs, effects);
            batch.markOutOfOrder();
        } else if (error == Errors.MESSAGE_TOO_LARGE && batch.recordCount() > 1 && !batch.isDone()) {
            List<ProducerBatch> parts =
                    batch.split(Math.min(options.batchSizeBytes(), batch.sizeBytes() / 2), options.compression());
            bufferedBytes += parts.stream().mapToLong(ProducerBatch::memoryBytes).sum() - batch.memoryBytes();
            batch.line().sendAgain(parts, nowMs);
        } else if (error.exception() instanceof RetriableException) {
            metadata.want(batch.topicPartition().topic());
            sendAgain(batch, List.of(batch), exception(error, message), nowMs, effects);
        } else {
            giveUp(batch, exception(error, message), effects);
        }
        settle(batch.line());
    }

    private void sendAgain(
            ProducerBatch batch,
            List<ProducerBatch> again,
            RuntimeException cause,
            long nowMs,
            List<ProducerEffect> effects) {
        if (batch.isDone() || batch.attempts() > options.retries()) {
            giveUp(batch, cause, effects);
        } else {
            batch.line().sendAgain(again, nowMs + options.backoffMs(batch.attempts() + 1));
        }
    }

    private void settle(PartitionLine line) {
        if (!line.settle()) {
            producerId = -1;
        }
        rest(line);
    }

    /** A line without work is not looked at. */
    private void rest(PartitionLine line) {
        if (line.isIdle()) {
            active.remove(line);
        } else {
            hasFullBatch = true;
        }
    }

    private void acknowledge(ProducerBatch batch, long baseOffset, long logAppendTimeMs, List<ProducerEffect> effects) {
        if (!batch.isDone()) {
            batch.markDone();
            bufferedBytes -= batch.memoryBytes();
            effects.add(new Acknowledged(batch, baseOffset, logAppendTimeMs));
        }
    }

    private void giveUp(ProducerBatch batch, RuntimeException cause, List<ProducerEffect> effects) {
        if (!batch.isDone()) {
            batch.markDone();
            bufferedBytes -= batch.memoryBytes();
            effects.add(new GaveUp(batch, cause));
        }
    }

    private void refuse(TopicLines.Parked record, RuntimeException cause, List<ProducerEffect> effects) {
        bufferedBytes -= record.sizeUpperBound();
        effects.add(new Refused(record.delivery(), cause));
    }

    private TopicLines lines(PartitionLine line) {
        return lines(line.topicPartition().topic());
    }

    private TopicLines lines(String topic) {
        TopicLines lines = topics.get(topic);
        if (lines == null) {
            throw new IllegalStateException("topic " + topic + " was never given a record");
        }
        return lines;
    }

    private static RuntimeException exception(Errors error, @Nullable String message) {
        return message == null || Utils.isBlank(message) ? error.exception() : error.exception(message);
    }
}
