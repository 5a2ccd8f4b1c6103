package dev.sampo.kafka.handler;

import dev.sampo.actors.metrics.TopicMetrics;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;

import static org.assertj.core.api.Assertions.assertThat;

class FetchBudgetProperties {
    @Property(tries = 200)
    void noPartitionStarvesAndNoResponseIsLargerThanItsBudgetPlusTheFirstBatch(
            @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 60) Integer> batchSizes,
            @ForAll @IntRange(max = 200) int maxBytes, @ForAll @IntRange(min = 1, max = 100) int partitionMaxBytes,
            @ForAll @IntRange(max = 80) int minBytes) {
        // Given
        var broker = new FakeBroker();
        var handler = new FetchHandler(
                broker.view, broker.registry, FetchSettings.DEFAULT, () -> Instant.ofEpochMilli(0),
                new TopicMetrics(System::nanoTime, () -> {}));
        int partitions = batchSizes.size();
        Topic topic = broker.served("orders", partitions);
        for (int i = 0; i < partitions; i++) {
            for (int n = 0; n * batchSizes.get(i) < 2 * partitions * (partitionMaxBytes + 60); n++) {
                broker.leader(topic, i).append(batchSizes.get(i));
            }
        }
        var offsets = new int[partitions];
        var changed = new ArrayList<FetchPartition>();
        for (int i = 0; i < partitions; i++) {
            changed.add(wanted(i, 0, partitionMaxBytes));
        }
        int session = 0;
        for (int epoch = 0; epoch < 2 * partitions; epoch++) {
            // When
            FetchRequestData request = new FetchRequestData()
                    .setMaxWaitMs(100)
                    .setMinBytes(minBytes)
                    .setMaxBytes(maxBytes)
                    .setSessionId(session)
                    .setSessionEpoch(epoch)
                    .setTopics(List.of(new FetchTopic().setTopicId(topic.id()).setPartitions(List.copyOf(changed))));
            FakeExchange exchange = broker.run(handler, new FakeExchange(ApiKeys.FETCH, 18, request));
            exchange.advance(100);
            FetchResponseData response = exchange.response(FetchResponseData.class);

            // Then
            session = response.sessionId();
            changed.clear();
            int total = 0;
            int first = 0;
            for (FetchableTopicResponse answered : response.responses()) {
                for (PartitionData data : answered.partitions()) {
                    int size = data.records().sizeInBytes();
                    int partition = data.partitionIndex();
                    first = first == 0 && size > 0 ? batchSizes.get(partition) : first;
                    assertThat(size).isLessThanOrEqualTo(Math.max(partitionMaxBytes, batchSizes.get(partition)));
                    total += size;
                    if (size > 0) {
                        offsets[partition] += size / batchSizes.get(partition);
                        changed.add(wanted(partition, offsets[partition], partitionMaxBytes));
                    }
                }
            }
            assertThat(total).isPositive().isLessThanOrEqualTo(maxBytes + first);
        }
        assertThat(offsets).doesNotContain(0);
        assertThat(broker.slices()).allSatisfy(slice -> assertThat(slice.releases()).isEqualTo(1));
    }

    private static FetchPartition wanted(int partition, int offset, int maxBytes) {
        return new FetchPartition().setPartition(partition).setFetchOffset(offset).setPartitionMaxBytes(maxBytes);
    }
}
