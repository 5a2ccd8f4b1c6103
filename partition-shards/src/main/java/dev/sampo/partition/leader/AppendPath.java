package dev.sampo.partition.leader;

import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.Append;
import dev.sampo.actors.protocol.Partition.AppendReply;
import dev.sampo.partition.replica.ReplicaSettings;
import dev.sampo.persistence.log.PartitionLog;
import dev.sampo.persistence.producer.ProducerSequences;
import dev.sampo.persistence.producer.ProducerSequences.Decision;
import dev.sampo.persistence.record.BatchRules;
import dev.sampo.persistence.record.BatchValidator;
import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.record.Validation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way of produced batches into the log: checked one by one as they arrive, given their offsets, collected, and
 * written together (group commit). Belongs to one {@link ServingPartition}.
 */
final class AppendPath {
    /** An append on its way: what the answer needs besides the offset. */
    record Pending(Append request, long logAppendTimeMs) {}

    private final PartitionLog log;
    private final ProducerSequences sequences;
    private final List<ByteBuffer> batches = new ArrayList<>();
    private final RecordBatch view = new RecordBatch(ByteBuffer.allocate(RecordBatch.HEADER_BYTES));
    private final LeaderState<Pending> state;
    private final LeaderMetrics metrics;
    private TopicSettings settings;
    private BatchRules rules;
    private long nextOffset;
    private long records; // in the batches collected
    private long sizeBytes; // of the batches collected
    private boolean rolled;

    AppendPath(PartitionLog log, LeaderState<Pending> state, TopicSettings settings, LeaderMetrics metrics) {
        this.log = log;
        this.sequences = new ProducerSequences(log.producerState());
        this.state = state;
        this.settings = settings;
        this.metrics = metrics;
        this.rules = ReplicaSettings.batchRules(settings);
        this.nextOffset = log.logEndOffset();
    }

    List<LeaderEffect<Pending>> reconfigure(TopicSettings changed) {
        settings = changed;
        rules = ReplicaSettings.batchRules(changed);
        return state.reconfigure(changed.minInSyncReplicas(), changed.flushMessages());
    }

    /**
     * Takes one append: refuses it at once, recognises a duplicate, or collects it for the next {@link #write}.
     *
     * @return true when something was collected or now waits, so that a write is due
     */
    boolean accept(Append append, long nowMs) {
        KafkaError admitted = state.admit(append.acks());
        if (admitted != KafkaError.NONE) {
            refuse(append, admitted, List.of(), null);
            return false;
        }
        boolean client = append.origin() == Partition.Origin.CLIENT;
        return switch (BatchValidator.validate(append.records(), rules, client, nowMs)) {
            case Validation.Invalid invalid -> {
                refuse(
                        append,
                        ReplicaSettings.error(invalid.reason()),
                        invalid.records().stream()
                                .map(error -> new Partition.RecordError(error.batchIndex(), error.message()))
                                .toList(),
                        invalid.message());
                yield false;
            }
            case Validation.Valid valid -> acceptValid(append, valid.batch(), nowMs);
        };
    }

    private boolean acceptValid(Append append, ByteBuffer bytes, long nowMs) {
        RecordBatch batch = view.at(bytes, bytes.position());
        switch (sequences.check(batch)) {
            case Decision.Accept() -> {
                long baseOffset = nextOffset;
                batch.patchOffsets(baseOffset, state.leaderEpoch());
                if (settings.logAppendTime()) {
                    batch.setLogAppendTime(nowMs);
                }
                sequences.accepted(batch);
                nextOffset = batch.nextOffset();
                records += nextOffset - baseOffset;
                batches.add(bytes);
                sizeBytes += bytes.remaining();
                state.await(new Pending(append, settings.logAppendTime() ? nowMs : -1), append.acks(), baseOffset,
                        nextOffset);
                return true;
            }
            case Decision.Duplicate(long baseOffset, long lastOffset, long timestamp) -> {
                state.await(new Pending(append, settings.logAppendTime() ? timestamp : -1), append.acks(), baseOffset,
                        lastOffset + 1);
                return true;
            }
            case Decision.OutOfOrderSequence(int expected) -> refuse(
                    append, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, List.of(),
                    "Out of order sequence number for producer " + batch.producerId() + ": "
                            + batch.baseSequence() + " (incoming seq. number), " + expected + " (expected)");
            case Decision.InvalidProducerEpoch(short current) -> refuse(
                    append, KafkaError.INVALID_PRODUCER_EPOCH, List.of(),
                    "Epoch of producer " + batch.producerId() + " is " + batch.producerEpoch()
                            + ", which is smaller than the last seen epoch " + current);
        }
        return false;
    }

    /**
     * Writes all that was collected in one go. On failure nothing of it was acknowledged and the log is unusable.
     *
     * @param nowMs wall clock
     * @param monotonicMs for the lag of followers
     */
    List<LeaderEffect<Pending>> write(long nowMs, long monotonicMs) throws IOException {
        if (!batches.isEmpty()) {
            try {
                rolled |= log.append(batches, nowMs).rolled();
            } finally {
                batches.clear();
                sequences.settled();
            }
        }
        long written = records;
        if (written > 0) {
            metrics.appended(written, sizeBytes, log.logEndOffset());
        }
        records = 0;
        sizeBytes = 0;
        return state.onWritten(nextOffset, written, monotonicMs);
    }

    /** True once after a write closed a segment: time to force it, so that a recovery need not read it. */
    boolean takeRolled() {
        boolean taken = rolled;
        rolled = false;
        return taken;
    }

    /** As in Kafka, the answer tells where the log starts, unless the batch is unreadable or too large. */
    private void refuse(
            Append append, KafkaError error, List<Partition.RecordError> recordErrors, @Nullable String message) {
        long logStartOffset = switch (error) {
            case CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> -1;
            default -> log.logStartOffset();
        };
        metrics.refused(error, append.records().remaining());
        Refusals.refuse(append, error, logStartOffset, recordErrors, message);
    }

    /** Answers one append. */
    void answer(Pending pending, KafkaError error, long baseOffset) {
        Append request = pending.request();
        request.replyTo().tell(new AppendReply(
                request.requestId(), request.index(), error, baseOffset,
                error == KafkaError.NONE ? pending.logAppendTimeMs() : -1, log.logStartOffset(), List.of(), null));
    }
}
