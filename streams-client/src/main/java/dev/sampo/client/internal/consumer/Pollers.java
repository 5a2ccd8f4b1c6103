package dev.sampo.client.internal.consumer;

import dev.sampo.client.ClusterMetadata;
import dev.sampo.client.ClusterMetadata.PartitionMetadata;
import dev.sampo.client.ClusterMetadata.TopicMetadata;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.GroupLag;
import dev.sampo.client.GroupLag.PartitionLag;
import dev.sampo.client.internal.ClientSettings;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.actor.ActorSystem;

/** What sources that ask at an interval ask for. */
final class Pollers {
    private Pollers() {}

    /** Has its client as soon as the settings are known. */
    private static final class Asking<T> implements PolledSource.Poller<T> {
        private final CompletionStage<KafkaClient> client;
        private final BiFunction<KafkaClient, ConsumerProperties, CompletionStage<T>> question;
        private final CompletionStage<ConsumerProperties> properties;

        Asking(
                ActorSystem system,
                ConsumerSettings<?, ?> settings,
                BiFunction<KafkaClient, ConsumerProperties, CompletionStage<T>> question) {
            this.question = question;
            CompletionStage<Map<String, String>> map = settings.enriched().thenApply(Pollers::texts);
            this.properties = map.thenApply(ConsumerProperties::from);
            this.client = map.thenApply(known -> KafkaClient.create(system, ClientSettings.from(known)));
        }

        @Override
        public CompletionStage<T> poll() {
            return client.thenCompose(known -> properties.thenCompose(read -> question.apply(known, read)));
        }

        @Override
        public void close() {
            var unused = client.thenAccept(KafkaClient::close);
        }
    }

    private static Map<String, String> texts(ConsumerSettings<?, ?> settings) {
        var texts = new HashMap<String, String>();
        settings.getProperties().forEach((key, value) -> texts.put(key, String.valueOf(value)));
        texts.put("allow.auto.create.topics", "false"); // a question creates nothing
        return texts;
    }

    /** @param topics empty for all of the cluster */
    static PolledSource.Poller<ClusterMetadata> metadata(
            ActorSystem system, ConsumerSettings<?, ?> settings, Set<String> topics) {
        return new Asking<>(system, settings, (client, properties) -> {
            if (topics.isEmpty()) {
                client.followAllTopics();
            } else {
                client.follow(topics);
            }
            return client.refresh().thenApply(Pollers::metadata);
        });
    }

    private static ClusterMetadata metadata(ClusterImage image) {
        var topics = new HashMap<String, TopicMetadata>();
        image.topics().forEach((name, topic) -> {
            if (topic.error() == Errors.NONE) {
                topics.put(name, new TopicMetadata(
                        name,
                        topic.topicId(),
                        topic.internal(),
                        topic.partitions().stream().map(partition -> new PartitionMetadata(
                                partition.partition(), partition.leaderId(), partition.leaderEpoch(),
                                partition.replicas(), partition.inSyncReplicas())).toList()));
            }
        });
        return new ClusterMetadata(Objects.requireNonNullElse(image.clusterId(), ""), image.brokers(), topics);
    }

    /** In the order of the groups' names. */
    static PolledSource.Poller<List<GroupLag>> lag(
            ActorSystem system, ConsumerSettings<?, ?> settings, Set<String> groupIds) {
        Duration timeout = Duration.ofNanos(settings.positionTimeout().toNanos());
        return new Asking<>(system, settings, (client, properties) -> {
            var offsets = new OffsetApi(client, properties.isolationLevel());
            CompletionStage<Map<String, Map<TopicPartition, OffsetAndMetadata>>> committed =
                    CompletableFuture.completedFuture(new HashMap<>());
            for (String groupId : groupIds) {
                committed = committed.thenCombine(offsets.committed(groupId, timeout), (all, ofGroup) -> {
                    all.put(groupId, ofGroup);
                    return all;
                });
            }
            return committed.thenCompose(all -> lag(client, offsets, all));
        });
    }

    private static CompletionStage<List<GroupLag>> lag(
            KafkaClient client,
            OffsetApi offsets,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> committed) {
        var partitions = new HashSet<TopicPartition>();
        committed.values().forEach(ofGroup -> partitions.addAll(ofGroup.keySet()));
        client.follow(partitions.stream().map(TopicPartition::topic).toList());
        return client.refresh().thenCompose(cluster -> {
            var ends = new HashMap<TopicPartition, Long>();
            partitions.stream().filter(partition -> cluster.leaderId(partition) >= 0)
                    .forEach(partition -> ends.put(partition, -1L));
            return offsets.listOffsets(ends, Duration.ZERO); // a topic that is deleted now is gone at the next look
        }).thenApply(ends -> {
            var lags = new ArrayList<GroupLag>();
            for (String groupId : new TreeSet<>(committed.keySet())) {
                var lag = new HashMap<TopicPartition, PartitionLag>();
                committed.getOrDefault(groupId, Map.of()).forEach((partition, offset) -> {
                    var end = ends.get(partition);
                    if (end != null) {
                        lag.put(partition, new PartitionLag(offset.offset(), end.offset()));
                    }
                });
                lags.add(new GroupLag(groupId, lag));
            }
            return lags;
        });
    }
}
