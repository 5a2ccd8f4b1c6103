package dev.sampo.client.producer;

import dev.sampo.client.internal.ApiRequest;
import dev.sampo.client.internal.ClientSettings;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.ClusterImage.PartitionImage;
import dev.sampo.client.internal.ClusterImage.TopicImage;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.Target;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.pekko.actor.ActorSystem;

/** {@link ProducerWire} over the protocol client. */
final class KafkaProducerWire implements ProducerWire {
    /** Version 3 brought record batches v2, 13 topic ids instead of names. */
    private static final int FIRST_VERSION_WITH_BATCHES = 3;

    private static final int LAST_VERSION_WITH_NAMES = 12;

    private final KafkaClient client;

    KafkaProducerWire(KafkaClient client) {
        this.client = client;
    }

    /** A client of its own for one producer. */
    static ProducerWire open(ActorSystem system, Map<String, String> properties) {
        return new KafkaProducerWire(KafkaClient.create(system, ClientSettings.from(properties)));
    }

    @Override
    public CompletionStage<ProduceResponseData> produce(int brokerId, ProduceRequestData data) {
        var request = ApiRequest.of(
                        ApiKeys.PRODUCE, ProduceResponseData.class, client.settings().requestTimeoutMs(), data)
                .atLeast(FIRST_VERSION_WITH_BATCHES);
        if (data.topicData().stream().anyMatch(topic -> topic.topicId().equals(Uuid.ZERO_UUID))) {
            request = request.atMost(LAST_VERSION_WITH_NAMES);
        }
        return client.send(Target.broker(brokerId), data.acks() == 0 ? request.unanswered() : request);
    }

    @Override
    public CompletionStage<InitProducerIdResponseData> initProducerId() {
        var data = new InitProducerIdRequestData()
                .setTransactionalId(null)
                .setTransactionTimeoutMs(Integer.MAX_VALUE)
                .setProducerId(RecordBatch.NO_PRODUCER_ID)
                .setProducerEpoch(RecordBatch.NO_PRODUCER_EPOCH);
        return client.send(Target.anyBroker(), ApiRequest.of(
                ApiKeys.INIT_PRODUCER_ID,
                InitProducerIdResponseData.class,
                client.settings().requestTimeoutMs(),
                data));
    }

    @Override
    public CompletionStage<List<TopicLeaders>> metadata(Set<String> topics) {
        client.follow(topics);
        return client.refresh().thenApply(image -> topics.stream().map(topic -> leaders(image, topic)).toList());
    }

    private static TopicLeaders leaders(ClusterImage image, String name) {
        TopicImage topic = image.topics().get(name);
        if (topic == null) {
            return new TopicLeaders(name, Uuid.ZERO_UUID, new int[0], Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        int[] leaders = new int[topic.partitions().size()];
        for (PartitionImage partition : topic.partitions()) {
            boolean known = image.brokers().containsKey(partition.leaderId());
            leaders[partition.partition()] = known ? partition.leaderId() : TopicLeaders.NO_LEADER;
        }
        return new TopicLeaders(name, topic.topicId(), leaders, topic.error());
    }

    @Override
    public void close() {
        client.close();
    }
}
