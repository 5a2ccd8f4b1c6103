package dev.sampo.client.producer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;

/** Kafka's Produce messages: requests from batches, and answers by partition. */
final class ProduceAnswers {
    private ProduceAnswers() {}

    /** The request for these batches. Carries names and ids: versions up to 12 write the one, later ones the other. */
    static ProduceRequestData request(
            List<ProducerBatch> batches, ProducerOptions options, Function<String, Uuid> topicIds) {
        var byTopic = new HashMap<String, TopicProduceData>();
        for (ProducerBatch batch : batches) {
            TopicPartition partition = batch.topicPartition();
            byTopic.computeIfAbsent(partition.topic(), name -> new TopicProduceData()
                            .setName(name)
                            .setTopicId(topicIds.apply(name)))
                    .partitionData()
                    .add(new PartitionProduceData().setIndex(partition.partition()).setRecords(batch.records()));
        }
        return new ProduceRequestData()
                .setAcks(options.acks())
                .setTimeoutMs(options.requestTimeoutMs())
                .setTopicData(new TopicProduceDataCollection(byTopic.values().iterator()));
    }

    /** The answer's parts by partition; parts that were not asked for are left out. */
    static Map<TopicPartition, ProduceResponseData.PartitionProduceResponse> byPartition(
            ProduceCall call, ProduceResponseData answer) {
        var names = new HashMap<Uuid, String>();
        call.request().topicData().forEach(topic -> names.put(topic.topicId(), topic.name()));
        var parts = new HashMap<TopicPartition, ProduceResponseData.PartitionProduceResponse>();
        for (ProduceResponseData.TopicProduceResponse topic : answer.responses()) {
            String name = topic.name() == null || topic.name().isEmpty() ? names.get(topic.topicId()) : topic.name();
            if (name != null) {
                topic.partitionResponses().forEach(part -> parts.put(new TopicPartition(name, part.index()), part));
            }
        }
        return parts;
    }
}
