package dev.sampo.client.producer;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;

/**
 * What the producing side needs of the protocol client. Stages complete on any thread; they fail with Kafka's
 * exceptions, retriable ones for lost connections and time-outs. After a time-out the connection is closed, so that
 * requests of one broker are applied in the order they were sent.
 */
interface ProducerWire {
    /** Sends one Produce request. With acks=0 there is no answer: completes with an empty one once it is handed over. */
    CompletionStage<ProduceResponseData> produce(int brokerId, ProduceRequestData request);

    /** Asks any broker for a new producer id (idempotence, no transaction). */
    CompletionStage<InitProducerIdResponseData> initProducerId();

    /** Asks any broker about topics, creating them when the broker does so; one answer per topic. */
    CompletionStage<List<TopicLeaders>> metadata(Set<String> topics);

    /** Closes the connections once nothing is expected of them any more. */
    void close();
}
