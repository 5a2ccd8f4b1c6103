package dev.sampo.client.internal;

import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataResponseData;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class MetadataCacheTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);

    private static MetadataResponseData response(Uuid id, int leaderId, int leaderEpoch) {
        var data = new MetadataResponseData();
        for (int broker = 1; broker <= 2; broker++) {
            data.brokers().add(new MetadataResponseData.MetadataResponseBroker()
                    .setNodeId(broker).setHost("h" + broker).setPort(9092));
        }
        data.topics().add(new MetadataResponseData.MetadataResponseTopic().setName("t").setTopicId(id).setPartitions(
                List.of(new MetadataResponseData.MetadataResponsePartition()
                        .setPartitionIndex(0).setLeaderId(leaderId).setLeaderEpoch(leaderEpoch))));
        return data;
    }

    @Test
    void aBrokerThatLagsBehindDoesNotBringAnOldLeaderBack() {
        // Given
        ClusterImage now = MetadataCache.merge(ClusterImage.EMPTY, response(Uuid.ONE_UUID, 2, 6), false);

        // When
        ClusterImage after = MetadataCache.merge(now, response(Uuid.ONE_UUID, 1, 5), false);

        // Then
        assertThat(after.leaderId(P0)).isEqualTo(2);
    }

    @Test
    void aTopicCreatedAnewBeginsWithItsOwnEpochs() {
        // Given
        ClusterImage now = MetadataCache.merge(ClusterImage.EMPTY, response(Uuid.ONE_UUID, 2, 6), false);

        // When
        ClusterImage after = MetadataCache.merge(now, response(new Uuid(9, 9), 1, 0), false);

        // Then
        assertThat(after.leaderId(P0)).isEqualTo(1);
    }
}
