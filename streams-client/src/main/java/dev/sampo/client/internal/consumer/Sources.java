package dev.sampo.client.internal.consumer;

import dev.sampo.client.AutoSubscription;
import dev.sampo.client.ChangelogMessage;
import dev.sampo.client.ClusterMetadata;
import dev.sampo.client.ConsumerMessage.CommittableMessage;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.GroupLag;
import dev.sampo.client.Subscription;
import dev.sampo.client.javadsl.Consumer.Control;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** Makes the sources of both DSLs. */
public final class Sources {
    private Sources() {}

    /** Records of all partitions. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> plain(
            ConsumerSettings<K, V> settings, Subscription subscription) {
        return Source.fromGraph(new SingleSource<>(settings, subscription, Emission.plain()));
    }

    /** Records of all partitions with their offsets. */
    public static <K, V> Source<CommittableMessage<K, V>, Control> committable(
            ConsumerSettings<K, V> settings,
            Subscription subscription,
            Function<ConsumerRecord<K, V>, String> metadata) {
        return Source.fromGraph(new SingleSource<>(settings, subscription, Emission.committable(settings, metadata)));
    }

    /** Records in a substream per partition. */
    public static <K, V> Source<Pair<TopicPartition, Source<ConsumerRecord<K, V>, NotUsed>>, Control> plainPartitioned(
            ConsumerSettings<K, V> settings,
            AutoSubscription subscription,
            @Nullable Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>> onAssign,
            Consumer<Set<TopicPartition>> onRevoke) {
        return Source.fromGraph(
                new PartitionedSource<>(settings, subscription, Emission.plain(), manual(onAssign, onRevoke)));
    }

    /** Records with their offsets in a substream per partition. */
    public static <K, V> Source<Pair<TopicPartition, Source<CommittableMessage<K, V>, NotUsed>>, Control>
            committablePartitioned(
                    ConsumerSettings<K, V> settings,
                    AutoSubscription subscription,
                    Function<ConsumerRecord<K, V>, String> metadata,
                    @Nullable Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>> onAssign,
                    Consumer<Set<TopicPartition>> onRevoke) {
        return Source.fromGraph(new PartitionedSource<>(
                settings, subscription, Emission.committable(settings, metadata), manual(onAssign, onRevoke)));
    }

    /** Records of a span, by no group. Records that are gone meanwhile are passed over. */
    public static <K, V> Source<ConsumerRecord<K, V>, Control> span(ConsumerSettings<K, V> settings, Span span) {
        return Source.fromGraph(new SingleSource<>(fromTheFirst(settings), span, Emission.plain()));
    }

    /** Snapshot, mark, changes. */
    public static <K, V> Source<ChangelogMessage<K, V>, Control> changelog(
            ConsumerSettings<K, V> settings, String topic) {
        return Source.fromGraph(new SingleSource<>(
                        fromTheFirst(settings), new Span.Whole(Set.of(topic)), Emission.<K, V>marked()))
                .statefulMapConcat(Callbacks.stateful(() -> new ChangelogState<K, V>()::next));
    }

    private static <K, V> ConsumerSettings<K, V> fromTheFirst(ConsumerSettings<K, V> settings) {
        return settings.withProperty("auto.offset.reset", "earliest");
    }

    /** The metadata when it changes; of all topics when none is named. */
    public static Source<ClusterMetadata, Control> metadata(
            ConsumerSettings<?, ?> settings, Set<String> topics, Duration interval) {
        Set<String> wanted = Set.copyOf(topics);
        return Source.fromGraph(new PolledSource<>(
                system -> Pollers.metadata(system, settings, wanted), interval, true));
    }

    /** The lag of each group, over and over. */
    public static Source<GroupLag, Control> lag(
            ConsumerSettings<?, ?> settings, Set<String> groupIds, Duration interval) {
        Set<String> wanted = Set.copyOf(groupIds);
        return Source.fromGraph(new PolledSource<>(system -> Pollers.lag(system, settings, wanted), interval, false))
                .mapConcat(lags -> lags);
    }

    private static @Nullable ManualOffsets manual(
            @Nullable Function<Set<TopicPartition>, CompletionStage<Map<TopicPartition, Object>>> onAssign,
            Consumer<Set<TopicPartition>> onRevoke) {
        if (onAssign == null) {
            return null;
        }
        return new ManualOffsets(partitions -> onAssign.apply(partitions).thenApply(offsets -> {
            var longs = new HashMap<TopicPartition, Long>(); // the DSL's Object is Scala's Long
            offsets.forEach((partition, offset) -> longs.put(partition, ((Number) offset).longValue()));
            return longs;
        }), onRevoke);
    }
}
