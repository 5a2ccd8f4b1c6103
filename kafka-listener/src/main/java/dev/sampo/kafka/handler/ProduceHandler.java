package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.PartitionRegistry;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Produce, versions 3 to 13: one {@code Append} per partition to the leaders on this broker, one answer when all have
 * answered. Record bytes stay in the request's frame.
 *
 * <p>Transactions are not served: a request with a transactional id, or a batch with the transactional bit, answers
 * UNSUPPORTED_VERSION, which clients take as fatal and report at once.
 *
 * @see "KIP-98, KIP-467, KIP-516, KIP-951"
 */
public final class ProduceHandler implements ApiHandler {
    private final ClusterView cluster;
    private final PartitionRegistry registry;

    /** {@code registry} holds this broker's leaders. */
    public ProduceHandler(ClusterView cluster, PartitionRegistry registry) {
        this.cluster = cluster;
        this.registry = registry;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        new ProduceInFlight(exchange, cluster, registry).start();
    }
}
