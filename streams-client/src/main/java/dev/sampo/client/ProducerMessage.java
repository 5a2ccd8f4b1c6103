package dev.sampo.client;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.pekko.NotUsed;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What goes into a producing flow, and what comes out of it: an {@link Envelope} holds none, one or several records
 * and a value to pass through; its {@link Results} come out once all its records are acknowledged.
 */
public final class ProducerMessage {
    private ProducerMessage() {}

    /**
     * An element for a producing flow: {@link Message}, {@link MultiMessage} or {@link PassThroughMessage}.
     *
     * @param <K> type of the keys
     * @param <V> type of the values
     * @param <PassThrough> type of the value handed through, for example an offset to commit
     */
    public sealed interface Envelope<K, V, PassThrough> permits Message, MultiMessage, PassThroughMessage {
        /** The value that comes out with the results. */
        PassThrough passThrough();

        /** The same records with another value to pass through. */
        <PassThrough2> Envelope<K, V, PassThrough2> withPassThrough(PassThrough2 value);
    }

    /** One record. Comes out as a {@link Result}. */
    public record Message<K, V, PassThrough>(ProducerRecord<K, V> record, PassThrough passThrough)
            implements Envelope<K, V, PassThrough> {
        @Override
        public <PassThrough2> Message<K, V, PassThrough2> withPassThrough(PassThrough2 value) {
            return new Message<>(record, value);
        }
    }

    /** Several records, sent in their order. Comes out as one {@link MultiResult} when all are acknowledged. */
    public static final class MultiMessage<K, V, PassThrough> implements Envelope<K, V, PassThrough> {
        private final List<ProducerRecord<K, V>> records;
        private final PassThrough passThrough;

        /** Takes a copy of {@code records}. */
        public MultiMessage(Collection<ProducerRecord<K, V>> records, PassThrough passThrough) {
            this.records = List.copyOf(records);
            this.passThrough = passThrough;
        }

        /** Takes a copy of {@code records}. */
        public MultiMessage(Seq<ProducerRecord<K, V>> records, PassThrough passThrough) {
            this(CollectionConverters.asJavaCollection(records), passThrough);
        }

        /** The records, in the order they are sent. */
        public Seq<ProducerRecord<K, V>> records() {
            return CollectionConverters.asScala(records).toSeq();
        }

        /** The records, in the order they are sent; unmodifiable. */
        public List<ProducerRecord<K, V>> getRecords() {
            return records;
        }

        @Override
        public PassThrough passThrough() {
            return passThrough;
        }

        @Override
        public <PassThrough2> Envelope<K, V, PassThrough2> withPassThrough(PassThrough2 value) {
            return new MultiMessage<>(records, value);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof MultiMessage<?, ?, ?> that
                    && records.equals(that.records)
                    && Objects.equals(passThrough, that.passThrough);
        }

        @Override
        public int hashCode() {
            return Objects.hash(records, passThrough);
        }

        @Override
        public String toString() {
            return "MultiMessage(" + records + "," + passThrough + ")";
        }
    }

    /** No record: only the value goes through, in its place among the others. Comes out as a {@link PassThroughResult}. */
    public record PassThroughMessage<K, V, PassThrough>(PassThrough passThrough) implements Envelope<K, V, PassThrough> {
        @Override
        public <PassThrough2> Envelope<K, V, PassThrough2> withPassThrough(PassThrough2 value) {
            return new PassThroughMessage<>(value);
        }
    }

    /** What comes out of a producing flow for one {@link Envelope}: {@link Result}, {@link MultiResult} or {@link PassThroughResult}. */
    public sealed interface Results<K, V, PassThrough> permits Result, MultiResult, PassThroughResult {
        /** The value that went in with the records. */
        PassThrough passThrough();
    }

    /** The acknowledged record of a {@link Message}. */
    public record Result<K, V, PassThrough>(RecordMetadata metadata, Message<K, V, PassThrough> message)
            implements Results<K, V, PassThrough> {
        /** The record's offset; -1 when acks=0 asked for no answer. */
        public long offset() {
            return metadata.offset();
        }

        @Override
        public PassThrough passThrough() {
            return message.passThrough();
        }
    }

    /** One acknowledged record of a {@link MultiMessage}. */
    public record MultiResultPart<K, V>(RecordMetadata metadata, ProducerRecord<K, V> record) {}

    /** All acknowledged records of a {@link MultiMessage}, in the order they were given. */
    public static final class MultiResult<K, V, PassThrough> implements Results<K, V, PassThrough> {
        private final List<MultiResultPart<K, V>> parts;
        private final PassThrough passThrough;

        /** Takes a copy of {@code parts}. */
        public MultiResult(Collection<MultiResultPart<K, V>> parts, PassThrough passThrough) {
            this.parts = List.copyOf(parts);
            this.passThrough = passThrough;
        }

        /** Takes a copy of {@code parts}. */
        public MultiResult(Seq<MultiResultPart<K, V>> parts, PassThrough passThrough) {
            this(CollectionConverters.asJavaCollection(parts), passThrough);
        }

        /** One part per record, in the order of the records. */
        public Seq<MultiResultPart<K, V>> parts() {
            return CollectionConverters.asScala(parts).toSeq();
        }

        /** One part per record, in the order of the records; unmodifiable. */
        public Collection<MultiResultPart<K, V>> getParts() {
            return parts;
        }

        @Override
        public PassThrough passThrough() {
            return passThrough;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof MultiResult<?, ?, ?> that
                    && parts.equals(that.parts)
                    && Objects.equals(passThrough, that.passThrough);
        }

        @Override
        public int hashCode() {
            return Objects.hash(parts, passThrough);
        }

        @Override
        public String toString() {
            return "MultiResult(" + parts + "," + passThrough + ")";
        }
    }

    /** The value of a {@link PassThroughMessage}. */
    public record PassThroughResult<K, V, PassThrough>(PassThrough passThrough) implements Results<K, V, PassThrough> {}

    /** One record and a value to pass through. */
    public static <K, V, PassThrough> Envelope<K, V, PassThrough> single(
            ProducerRecord<K, V> record, PassThrough passThrough) {
        return new Message<>(record, passThrough);
    }

    /** One record. */
    public static <K, V> Envelope<K, V, NotUsed> single(ProducerRecord<K, V> record) {
        return new Message<>(record, NotUsed.getInstance());
    }

    /** Several records and a value to pass through. */
    public static <K, V, PassThrough> Envelope<K, V, PassThrough> multi(
            Collection<ProducerRecord<K, V>> records, PassThrough passThrough) {
        return new MultiMessage<>(records, passThrough);
    }

    /** Several records. */
    public static <K, V> Envelope<K, V, NotUsed> multi(Collection<ProducerRecord<K, V>> records) {
        return new MultiMessage<>(records, NotUsed.getInstance());
    }

    /** Several records and a value to pass through. */
    public static <K, V, PassThrough> Envelope<K, V, PassThrough> multi(
            Seq<ProducerRecord<K, V>> records, PassThrough passThrough) {
        return new MultiMessage<>(records, passThrough);
    }

    /** Several records. */
    public static <K, V> Envelope<K, V, NotUsed> multi(Seq<ProducerRecord<K, V>> records) {
        return new MultiMessage<>(records, NotUsed.getInstance());
    }

    /** No record, only a value to pass through. */
    public static <K, V, PassThrough> Envelope<K, V, PassThrough> passThrough(PassThrough passThrough) {
        return new PassThroughMessage<>(passThrough);
    }

    /** No record and no value: a place holder. */
    public static <K, V> Envelope<K, V, NotUsed> passThrough() {
        return new PassThroughMessage<>(NotUsed.getInstance());
    }
}
