package dev.sampo.client.scaladsl;

import dev.sampo.client.AutoSubscription;
import dev.sampo.client.ChangelogMessage;
import dev.sampo.client.ClusterMetadata;
import dev.sampo.client.ConsumerMessage.CommittableMessage;
import dev.sampo.client.ConsumerMessage.CommittableOffset;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.GroupLag;
import dev.sampo.client.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.scaladsl.Source;
import org.apache.pekko.stream.scaladsl.SourceWithContext;
import scala.Function1;
import scala.Tuple2;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.concurrent.duration.FiniteDuration;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.runtime.BoxedUnit;

/** Sources of Kafka records, with Scala's types. */
public final class Consumer {
    private Consumer() {}

    /** Materialised value of the sources: stops them. See the Java one. */
    public static class Control {
        private final dev.sampo.client.javadsl.Consumer.Control control;

        Control(dev.sampo.client.javadsl.Consumer.Control control) {
            this.control = control;
        }

        /** Ends the source; its consumer stays until shutdown. */
        public Future<Done> stop() {
            return FutureConverters.asScala(control.stop());
        }

        /** Ends the source, then its consumer. */
        public Future<Done> shutdown() {
            return FutureConverters.asScala(control.shutdown());
        }

        /** Ends the source, waits for the stream, then ends the consumer. */
        public <S> Future<S> drainAndShutdown(Future<S> streamCompletion, ExecutionContext executor) {
            return FutureConverters.asScala(
                    control.drainAndShutdown(FutureConverters.asJava(streamCompletion), executor::execute));
        }

        /** Completes when the consumer is gone. */
        public Future<Done> isShutdown() {
            return FutureConverters.asScala(control.isShutdown());
        }

        /** The consumer's metrics now. */
        public Future<scala.collection.immutable.Map<MetricName, Metric>> metrics() {
            return FutureConverters.asScala(control.getMetrics().thenApply(Consumer::immutable));
        }
    }

    /** A control and the stream's completion, so that one call drains the stream. */
    public static final class DrainingControl<T> extends Control {
        private final Future<T> streamCompletion;

        private DrainingControl(Control control, Future<T> streamCompletion) {
            super(control.control);
            this.streamCompletion = streamCompletion;
        }

        /** For {@code toMat(sink)(DrainingControl.apply)}. */
        public static <T> DrainingControl<T> apply(Control control, Future<T> streamCompletion) {
            return new DrainingControl<>(control, streamCompletion);
        }

        /** For {@code mapMaterializedValue}. */
        public static <T> DrainingControl<T> apply(Tuple2<Control, Future<T>> pair) {
            return new DrainingControl<>(pair._1(), pair._2());
        }

        /** Completes with the stream. */
        public Future<T> streamCompletion() {
            return streamCompletion;
        }

        /** Ends the source, waits for the stream, then ends the consumer. */
        public Future<T> drainAndShutdown(ExecutionContext executor) {
            return drainAndShutdown(streamCompletion, executor);
        }
    }

    /** A control of nothing, as a first value for one that is replaced. */
    public static final class NoopControl {
        private NoopControl() {}

        /** The control. */
        public static Control create() {
            return new Control(dev.sampo.client.javadsl.Consumer.createNoopControl());
        }
    }

    private static <A, B> scala.collection.immutable.Map<A, B> immutable(Map<A, B> map) {
        return scala.collection.immutable.Map.from(CollectionConverters.asScala(map));
    }

    private static <T> Source<T, Control> scala(
            org.apache.pekko.stream.javadsl.Source<T, dev.sampo.client.javadsl.Consumer.Control> source) {
        return source.<Control>mapMaterializedValue(Control::new).asScala();
    }

    private static <T> Source<Tuple2<TopicPartition, Source<T, NotUsed>>, Control> partitioned(
            org.apache.pekko.stream.javadsl.Source<
                            Pair<TopicPartition, org.apache.pekko.stream.javadsl.Source<T, NotUsed>>,
                            dev.sampo.client.javadsl.Consumer.Control>
                    source) {
        return scala(source.map(pair -> Tuple2.apply(pair.first(), pair.second().asScala())));
    }

    private static java.util.function.Function<
                    java.util.Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>>
            manual(
                    Function1<
                                    scala.collection.immutable.Set<TopicPartition>,
                                    Future<scala.collection.immutable.Map<TopicPartition, Object>>>
                            offsets) {
        return partitions -> FutureConverters.asJava(offsets.apply(CollectionConverters.asScala(partitions).toSet()))
                .thenApply(map -> new HashMap<>(CollectionConverters.asJava(map)));
    }

    /** Records; the application keeps their offsets, or none. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> plainSource(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return scala(dev.sampo.client.javadsl.Consumer.plainSource(settings, subscription));
    }

    /** Records with offsets to be committed: at least once. */
    public static <K, V> Source<CommittableMessage<K, V>, Control> committableSource(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return scala(dev.sampo.client.javadsl.Consumer.committableSource(settings, subscription));
    }

    /** {@link #committableSource} with a text that is committed along. */
    public static <K, V> Source<CommittableMessage<K, V>, Control> commitWithMetadataSource(
            ConsumerSettings<K, V> settings,
            Subscription subscription,
            Function1<ConsumerRecord<K, V>, String> metadataFromRecord) {
        return scala(dev.sampo.client.javadsl.Consumer.commitWithMetadataSource(
                settings, subscription, metadataFromRecord::apply));
    }

    /** Records whose offset was committed before they are emitted: at most once. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> atMostOnceSource(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return scala(dev.sampo.client.javadsl.Consumer.atMostOnceSource(settings, subscription));
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
            Function1<ConsumerRecord<K, V>, String> metadataFromRecord) {
        return dev.sampo.client.javadsl.Consumer.commitWithMetadataSource(
                        settings, subscription, metadataFromRecord::apply)
                .<Control>mapMaterializedValue(Control::new)
                .asSourceWithContext(CommittableMessage::committableOffset)
                .map(CommittableMessage::record)
                .asScala();
    }

    /** A substream of records per assigned partition. */
    public static <K, V> Source<Tuple2<TopicPartition, Source<ConsumerRecord<K, V>, NotUsed>>, Control>
            plainPartitionedSource(ConsumerSettings<K, V> settings, AutoSubscription subscription) {
        return partitioned(dev.sampo.client.javadsl.Consumer.plainPartitionedSource(settings, subscription));
    }

    /** A substream of records per assigned partition, from the offsets that the application keeps. */
    public static <K, V> Source<Tuple2<TopicPartition, Source<ConsumerRecord<K, V>, NotUsed>>, Control>
            plainPartitionedManualOffsetSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function1<
                                    scala.collection.immutable.Set<TopicPartition>,
                                    Future<scala.collection.immutable.Map<TopicPartition, Object>>>
                            getOffsetsOnAssign,
                    Function1<scala.collection.immutable.Set<TopicPartition>, BoxedUnit> onRevoke) {
        return partitioned(dev.sampo.client.javadsl.Consumer.plainPartitionedManualOffsetSource(
                settings, subscription, manual(getOffsetsOnAssign),
                partitions -> onRevoke.apply(CollectionConverters.asScala(partitions).toSet())));
    }

    /** A substream per assigned partition, of records with offsets to be committed. */
    public static <K, V> Source<Tuple2<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            committablePartitionedSource(ConsumerSettings<K, V> settings, AutoSubscription subscription) {
        return partitioned(dev.sampo.client.javadsl.Consumer.committablePartitionedSource(settings, subscription));
    }

    /** {@link #committablePartitionedSource} with a text that is committed along. */
    public static <K, V> Source<Tuple2<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            commitWithMetadataPartitionedSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function1<ConsumerRecord<K, V>, String> metadataFromRecord) {
        return partitioned(dev.sampo.client.javadsl.Consumer.commitWithMetadataPartitionedSource(
                settings, subscription, metadataFromRecord::apply));
    }

    /** {@link #committablePartitionedSource} from the offsets that the application keeps. */
    public static <K, V> Source<Tuple2<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            committablePartitionedManualOffsetSource(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function1<
                                    scala.collection.immutable.Set<TopicPartition>,
                                    Future<scala.collection.immutable.Map<TopicPartition, Object>>>
                            getOffsetsOnAssign,
                    Function1<scala.collection.immutable.Set<TopicPartition>, BoxedUnit> onRevoke) {
        return partitioned(dev.sampo.client.javadsl.Consumer.committablePartitionedManualOffsetSource(
                settings, subscription, manual(getOffsetsOnAssign),
                partitions -> onRevoke.apply(CollectionConverters.asScala(partitions).toSet())));
    }

    /** The last records of these topics, then those that come, by no group. See the Java one. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> tailSource(
            ConsumerSettings<K, V> settings, scala.collection.immutable.Set<String> topics, long last) {
        return scala(dev.sampo.client.javadsl.Consumer.tailSource(settings, java(topics), last));
    }

    /** The records between offsets, by no group; completes. See the Java one. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> replaySource(
            ConsumerSettings<K, V> settings,
            scala.collection.immutable.Map<TopicPartition, Object> from,
            scala.collection.immutable.Map<TopicPartition, Object> to) {
        return scala(dev.sampo.client.javadsl.Consumer.replaySource(settings, longs(from), longs(to)));
    }

    /** The records between two times, by no group; completes. See the Java one. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> replaySource(
            ConsumerSettings<K, V> settings, scala.collection.immutable.Set<String> topics, Instant from, Instant to) {
        return scala(dev.sampo.client.javadsl.Consumer.replaySource(settings, java(topics), from, to));
    }

    /** A compacted topic as a table: entries, {@link ChangelogMessage.SnapshotEnd}, changes. See the Java one. */
    public static <K, V> Source<ChangelogMessage<K, V>, Control> changelogSource(
            ConsumerSettings<K, V> settings, String topic) {
        return scala(dev.sampo.client.javadsl.Consumer.changelogSource(settings, topic));
    }

    /** Brokers, topics and partition leaders: now, and whenever something of it has changed. See the Java one. */
    public static Source<ClusterMetadata, Control> metadataSource(
            ConsumerSettings<?, ?> settings, scala.collection.immutable.Set<String> topics, FiniteDuration interval) {
        return scala(dev.sampo.client.javadsl.Consumer.metadataSource(
                settings, java(topics), Duration.ofNanos(interval.toNanos())));
    }

    /** How far these groups are behind, over and over. See the Java one. */
    public static Source<GroupLag, Control> lagSource(
            ConsumerSettings<?, ?> settings, scala.collection.immutable.Set<String> groupIds, FiniteDuration interval) {
        return scala(dev.sampo.client.javadsl.Consumer.lagSource(
                settings, java(groupIds), Duration.ofNanos(interval.toNanos())));
    }

    private static Set<String> java(scala.collection.immutable.Set<String> names) {
        return Set.copyOf(CollectionConverters.asJava(names));
    }

    private static Map<TopicPartition, Long> longs(scala.collection.immutable.Map<TopicPartition, Object> offsets) {
        var longs = new HashMap<TopicPartition, Long>();
        CollectionConverters.asJava(offsets).forEach((partition, offset) -> longs.put(partition, (Long) offset));
        return longs;
    }
}
