package dev.sampo.streamstests.connector;

import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.javadsl.Source;

/** An application that keeps its offsets itself: the same one for each partition. */
final class Stored {
    private Stored() {}

    /** @param asked the sets of partitions that the source asked for */
    static Source<Pair<TopicPartition, Source<ConsumerRecord<String, String>, NotUsed>>, Consumer.Control> source(
            ConsumerSettings<String, String> settings, String topic, Long offset, List<Set<TopicPartition>> asked) {
        return Consumer.plainPartitionedManualOffsetSource(settings, Subscriptions.topics(topic), partitions -> {
            asked.add(partitions);
            // The connector's signature says Object where it means Long.
            var offsets = new HashMap<TopicPartition, Object>();
            partitions.forEach(partition -> offsets.put(partition, offset));
            return CompletableFuture.completedFuture(offsets);
        });
    }
}
