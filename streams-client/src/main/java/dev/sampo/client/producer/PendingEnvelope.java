package dev.sampo.client.producer;

import dev.sampo.client.ProducerMessage.Envelope;
import dev.sampo.client.ProducerMessage.Message;
import dev.sampo.client.ProducerMessage.MultiMessage;
import dev.sampo.client.ProducerMessage.MultiResult;
import dev.sampo.client.ProducerMessage.MultiResultPart;
import dev.sampo.client.ProducerMessage.PassThroughResult;
import dev.sampo.client.ProducerMessage.Result;
import dev.sampo.client.ProducerMessage.Results;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** An envelope under way: gathers the metadata of its records until all are acknowledged. */
final class PendingEnvelope<K, V, PassThrough> implements Delivery {
    private final Envelope<K, V, PassThrough> envelope;
    private final Predicate<RuntimeException> goesOnWithout;
    private final @Nullable Consumer<Results<K, V, PassThrough>> whenComplete;
    private final @Nullable RecordMetadata[] metadata;
    private int missing;
    private boolean dropped;

    /**
     * An envelope before its records are sent.
     *
     * @param goesOnWithout asked when a record is given up: true drops the envelope
     */
    PendingEnvelope(Envelope<K, V, PassThrough> envelope, Predicate<RuntimeException> goesOnWithout) {
        this(envelope, goesOnWithout, null);
    }

    /** As above; {@code whenComplete} gets the results as soon as all records are acknowledged. */
    PendingEnvelope(
            Envelope<K, V, PassThrough> envelope,
            Predicate<RuntimeException> goesOnWithout,
            @Nullable Consumer<Results<K, V, PassThrough>> whenComplete) {
        this.whenComplete = whenComplete;
        this.envelope = envelope;
        this.goesOnWithout = goesOnWithout;
        this.missing = records().size();
        this.metadata = new RecordMetadata[missing];
    }

    /** The envelope's records, in the order they are sent. */
    List<ProducerRecord<K, V>> records() {
        if (envelope instanceof Message<K, V, PassThrough> one) {
            return List.of(one.record());
        }
        return envelope instanceof MultiMessage<K, V, PassThrough> many ? many.getRecords() : List.of();
    }

    /** Where the outcome of record {@code index} goes. */
    Delivery delivery(int index) {
        return metadata.length == 1 ? this : new Part(index);
    }

    private final class Part implements Delivery {
        private final int index;

        Part(int index) {
            this.index = index;
        }

        @Override
        public void acknowledged(RecordMetadata known) {
            arrived(index, known);
        }

        @Override
        public void failed(RuntimeException cause) {
            PendingEnvelope.this.failed(cause);
        }
    }

    @Override
    public void acknowledged(RecordMetadata known) {
        arrived(0, known);
    }

    private void arrived(int index, RecordMetadata known) {
        metadata[index] = known;
        missing--;
        if (missing == 0 && !dropped && whenComplete != null) {
            whenComplete.accept(results());
        }
    }

    @Override
    public void failed(RuntimeException cause) {
        if (!dropped && goesOnWithout.test(cause)) {
            dropped = true;
        }
    }

    /** Gives the envelope up: no result comes out. */
    void drop() {
        dropped = true;
    }

    boolean isDropped() {
        return dropped;
    }

    /** Nothing more is awaited: all acknowledged, or given up. */
    boolean isComplete() {
        return missing == 0 || dropped;
    }

    /** What goes downstream; only when complete and not dropped. */
    Results<K, V, PassThrough> results() {
        if (envelope instanceof Message<K, V, PassThrough> one) {
            return new Result<>(known(0), one);
        }
        if (envelope instanceof MultiMessage<K, V, PassThrough> many) {
            var parts = new ArrayList<MultiResultPart<K, V>>(metadata.length);
            for (int i = 0; i < metadata.length; i++) {
                parts.add(new MultiResultPart<>(known(i), many.getRecords().get(i)));
            }
            return new MultiResult<>(parts, many.passThrough());
        }
        return new PassThroughResult<>(envelope.passThrough());
    }

    private RecordMetadata known(int index) {
        RecordMetadata one = metadata[index];
        if (one == null) {
            throw new IllegalStateException("record " + index + " is not acknowledged");
        }
        return one;
    }
}
