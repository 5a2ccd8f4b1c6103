package dev.sampo.client.producer;

import java.util.List;
import org.apache.kafka.common.message.ProduceRequestData;

/**
 * One Produce request: at most one batch per partition, all led by one broker.
 *
 * @param brokerId the leader
 * @param batches closed, with their final bytes; not empty
 * @param request the same as Kafka's message
 */
record ProduceCall(int brokerId, List<ProducerBatch> batches, ProduceRequestData request) {}
