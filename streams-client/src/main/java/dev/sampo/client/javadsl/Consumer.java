package dev.sampo.client.javadsl;

import dev.sampo.client.AutoSubscription;
import dev.sampo.client.ChangelogMessage;
import dev.sampo.client.ClusterMetadata;
import dev.sampo.client.ConsumerMessage.CommittableMessage;
import dev.sampo.client.ConsumerMessage.CommittableOffset;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.GroupLag;
import dev.sampo.client.Subscription;
import dev.sampo.client.internal.consumer.Sources;
import dev.sampo.client.internal.consumer.Span;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceWithContext;

/** Sources of Kafka records. */
public final class Consumer {
    private Consumer() {}

    /** Materialised value of the sources: stops them. */
    public interface Control {
        /** Ends the source; its consumer stays, so that what is in the stream can be committed, until shutdown. */
        CompletionStage<Done> stop();

        /**
         * Ends the source, then its consumer: when what was emitted is committed, at the latest after stop-timeout.
         * Completes when the consumer is gone.
         */
        CompletionStage<Done> shutdown();

        /**
         * Ends the source, waits for the stream, then ends the consumer.
         *
         * @param streamCompletion completes when the stream has processed everything
         * @return its result, when the consumer is gone
         */
        <T> CompletionStage<T> drainAndShutdown(CompletionStage<T> streamCompletion, Executor executor);

        /** Completes when the consumer is gone. */
        CompletionStage<Done> isShutdown();

        /** The consumer's metrics now. */
        CompletionStage<Map<MetricName, Metric>> getMetrics();
    }

    /** A control and the stream's completion, so that one call drains the stream. */
    public static final class DrainingControl<T> implements Control {
        private final Control control;
        private final CompletionStage<T> streamCompletion;

        DrainingControl(Control control, CompletionStage<T> streamCompletion) {
            this.control = control;
            this.streamCompletion = streamCompletion;
        }

        /** Completes with the stream. */
        public CompletionStage<T> streamCompletion() {
            return streamCompletion;
        }

        @Override
        public CompletionStage<Done> stop() {
            return control.stop();
        }

        @Override
        public CompletionStage<Done> shutdown() {
            return control.shutdown();
        }

        @Override
        public <S> CompletionStage<S> drainAndShutdown(CompletionStage<S> completion, Executor executor) {
            return control.drainAndShutdown(completion, executor);
        }

        /** Ends the source, waits for the stream, then ends the consumer. */
        public CompletionStage<T> drainAndShutdown(Executor executor) {
            return control.drainAndShutdown(streamCompletion, executor);
        }

        @Override
        public CompletionStage<Done> isShutdown() {
            return control.isShutdown();
        }

        @Override
        public CompletionStage<Map<MetricName, Metric>> getMetrics() {
            return control.getMetrics();
        }
    }

    private static final class NoopControl implements Control {
        private static <T> CompletionStage<T> refused() {
            return CompletableFuture.failedStage(
                    new IllegalStateException("not assigned yet: this control stands in for that of a running stream"));
        }

        @Override
        public CompletionStage<Done> stop() {
            return refused();
        }

        @Override
        public CompletionStage<Done> shutdown() {
            return refused();
        }

        @Override
        public <T> CompletionStage<T> drainAndShutdown(CompletionStage<T> streamCompletion, Executor executor) {
            return refused();
        }

        @Override
        public CompletionStage<Done> isShutdown() {
            return refused();
        }

        @Override
        public CompletionStage<Map<MetricName, Metric>> getMetrics() {
            return refused();
        }
    }

    /** For {@code mapMaterializedValue} after {@code toMat(sink, Keep.both())}. */
    public static <T> DrainingControl<T> createDrainingControl(Pair<Control, CompletionStage<T>> pair) {
        return new DrainingControl<>(pair.first(), pair.second());
    }

    /** For {@code toMat(sink, Consumer::createDrainingControl)}. */
    public static <T> DrainingControl<T> createDrainingControl(Control control, CompletionStage<T> completion) {
        return new DrainingControl<>(control, completion);
    }

    /** A control of nothing, as a first value for one that is replaced; every call of it fails. */
    public static Control createNoopControl() {
        return new NoopControl();
    }

    /** Records; the application keeps their offsets, or none. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> plainSource(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return Sources.plain(settings, subscription);
    }

    /** Records with offsets to be committed: at least once. */
    public static <K, V> Source<CommittableMessage<K, V>, Control> committableSource(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return Sources.committable(settings, subscription, record -> "");
    }

    /** {@link #committableSource} with a text that is committed along. */
    public static <K, V> Source<CommittableMessage<K, V>, Control> commitWithMetadataSource(
            ConsumerSettings<K, V> settings,
            Subscription subscription,
            Function<ConsumerRecord<K, V>, String> metadataFromRecord) {
        return Sources.committable(settings, subscription, metadataFromRecord);
    }

    /** Records whose offset was committed before they are emitted: at most once. Slow: a commit per record. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> atMostOnceSource(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return committableSource(settings, subscription).mapAsync(1, message ->
                message.committableOffset().commitJavadsl().thenApply(done -> message.record()));
    }

    /** {@link #committableSource} with the offset as context. */
    public static <K, V> SourceWithContext<ConsumerRecord<K, V>, CommittableOffset, Control> sourceWithOffsetContext(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return sourceWithOffsetContext(settings, subscription, record -> "");
    }

    /** {@link #commitWithMetadataSource} with the offset as context. */
    public static <K, V> SourceWithContext<ConsumerRecord<K, V>, CommittableOffset, Control> sourceWithOffsetContext(
            ConsumerSettings<K, V> settings,
            Subscription subscription,
            Function<ConsumerRecord<K, V>, String> metadataFromRecord) {
        return commitWithMetadataSource(settings, subscription, metadataFromRecord)
                .asSourceWithContext(CommittableMessage::committableOffset)
                .map(CommittableMessage::record);
    }

    /** A substream of records per assigned partition. */
    public static <K, V> Source<Pair<TopicPartition, Source<ConsumerRecord<K, V>, NotUsed>>, Control>
            plainPartitionedSource(ConsumerSettings<K, V> settings, AutoSubscription subscription) {
        return Sources.plainPartitioned(settings, subscription, null, partitions -> {});
    }

    /** A substream of records per assigned partition, from the offsets that the application keeps. */
    public static <K, V> Source<Pair<TopicPartition, Source<ConsumerRecord<K, V>, NotUsed>>, Control>
            plainPartitionedManualOffsetSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>> getOffsetsOnAssign) {
        return Sources.plainPartitioned(settings, subscription, getOffsetsOnAssign, partitions -> {});
    }

    /** The same, with a call before the substreams of revoked partitions end. */
    public static <K, V> Source<Pair<TopicPartition, Source<ConsumerRecord<K, V>, NotUsed>>, Control>
            plainPartitionedManualOffsetSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>> getOffsetsOnAssign,
                    java.util.function.Consumer<Set<TopicPartition>> onRevoke) {
        return Sources.plainPartitioned(settings, subscription, getOffsetsOnAssign, onRevoke);
    }

    /** A substream per assigned partition, of records with offsets to be committed. */
    public static <K, V> Source<Pair<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            committablePartitionedSource(ConsumerSettings<K, V> settings, AutoSubscription subscription) {
        return Sources.committablePartitioned(settings, subscription, record -> "", null, partitions -> {});
    }

    /** {@link #committablePartitionedSource} with a text that is committed along. */
    public static <K, V> Source<Pair<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            commitWithMetadataPartitionedSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function<ConsumerRecord<K, V>, String> metadataFromRecord) {
        return Sources.committablePartitioned(settings, subscription, metadataFromRecord, null, partitions -> {});
    }

    /** {@link #committablePartitionedSource} from the offsets that the application keeps. */
    public static <K, V> Source<Pair<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            committablePartitionedManualOffsetSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>> getOffsetsOnAssign) {
        return committablePartitionedManualOffsetSource(settings, subscription, getOffsetsOnAssign, partitions -> {});
    }

    /** The same, with a call before the substreams of revoked partitions end. */
    public static <K, V> Source<Pair<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            committablePartitionedManualOffsetSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>> getOffsetsOnAssign,
                    java.util.function.Consumer<Set<TopicPartition>> onRevoke) {
        return Sources.committablePartitioned(settings, subscription, record -> "", getOffsetsOnAssign, onRevoke);
    }

    /** Records of these topics from now on, by no group: those written after the stream began, live. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> tailSource(
            ConsumerSettings<K, V> settings, Set<String> topics) {
        return tailSource(settings, topics, 0);
    }

    /**
     * The last records of these topics, then those that come, by no group. Partitions that a topic gets meanwhile are
     * read too.
     *
     * @param last how many offsets before its end a partition begins; records may be fewer, where some were compacted
     */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> tailSource(
            ConsumerSettings<K, V> settings, Set<String> topics, long last) {
        return Sources.span(settings, new Span.Tail(topics, last));
    }

    /**
     * The records between offsets, by no group; completes. Per partition in order. What is written after the stream
     * began is not waited for.
     *
     * @param from per partition the first offset; the first that is kept where it is absent
     * @param to per partition the offset behind the last one; the end of now where it is absent. The partitions of both
     *     maps are read
     */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> replaySource(
            ConsumerSettings<K, V> settings, Map<TopicPartition, Long> from, Map<TopicPartition, Long> to) {
        return Sources.span(settings, new Span.Offsets(from, to));
    }

    /**
     * The records between two times, by no group; completes. Each partition begins with its first record at {@code from}
     * or later, and ends before its first one at {@code to} or later, at most at its end of now.
     */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> replaySource(
            ConsumerSettings<K, V> settings, Set<String> topics, Instant from, Instant to) {
        return Sources.span(settings, new Span.Times(topics, from.toEpochMilli(), to.toEpochMilli()));
    }

    /**
     * A compacted topic as a table: its entries, one per key with the last value, none for a key that was removed; then
     * {@link ChangelogMessage.SnapshotEnd}; then each change as it comes, by no group. The snapshot is gathered in
     * memory. Keys are told apart by {@code equals}, byte arrays by their content.
     */
    public static <K, V> Source<ChangelogMessage<K, V>, Control> changelogSource(
            ConsumerSettings<K, V> settings, String topic) {
        return Sources.changelog(settings, topic);
    }

    /**
     * Brokers, topics and partition leaders: now, and again whenever something of it has changed. States between two
     * questions, or while there is no demand, are not seen.
     *
     * @param topics none for all of the cluster
     * @param interval shortest time between two questions
     */
    public static Source<ClusterMetadata, Control> metadataSource(
            ConsumerSettings<?, ?> settings, Set<String> topics, Duration interval) {
        return Sources.metadata(settings, topics, interval);
    }

    /**
     * How far these groups are behind, over and over: an element per group and interval, from what they have committed
     * and the ends of the partitions (the last stable offset with {@code isolation.level=read_committed}).
     *
     * @param interval time between two questions; longer when there is no demand
     */
    public static Source<GroupLag, Control> lagSource(
            ConsumerSettings<?, ?> settings, Set<String> groupIds, Duration interval) {
        return Sources.lag(settings, groupIds, interval);
    }

    /** {@link #lagSource} of one group. */
    public static Source<GroupLag, Control> lagSource(
            ConsumerSettings<?, ?> settings, String groupId, Duration interval) {
        return lagSource(settings, Set.of(groupId), interval);
    }
}
