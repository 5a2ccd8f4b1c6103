package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.AllocateProducerIdsReply;
import dev.sampo.kafka.producer.ProducerIds;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * InitProducerId, versions 0 to 5, for idempotent producers: always a new id with epoch 0. While the controller gives no
 * ids: COORDINATOR_LOAD_IN_PROGRESS, as in Kafka, and the client tries again.
 *
 * <p>Transactions are not served: a transactional id answers UNSUPPORTED_VERSION. Of all codes it is the one that makes
 * {@code initTransactions} fail at once and say that the feature is missing; a coordinator code would make clients retry
 * until they time out, an authorization code would send people to their ACLs.
 *
 * @see "KIP-98, KIP-360, KIP-730"
 */
public final class InitProducerIdHandler implements ApiHandler {
    private static final Logger log = LoggerFactory.getLogger(InitProducerIdHandler.class);
    private static final long NO_PRODUCER_ID = -1;
    private static final short NO_PRODUCER_EPOCH = -1;

    private final ProducerIds producerIds;

    public InitProducerIdHandler(ProducerIds producerIds) {
        this.producerIds = producerIds;
    }

    /** Blocks from the controller, for the incarnation of this broker that the image shows. */
    public static Supplier<CompletionStage<ProducerIds.Block>> blocks(ClusterView cluster, ControllerClient controller) {
        return () -> {
            Broker self = cluster.image().brokers().get(cluster.brokerId());
            long incarnation = self == null ? -1 : self.incarnation();
            return controller
                    .<AllocateProducerIdsReply>ask(
                            replyTo -> new AllocateProducerIds(cluster.brokerId(), incarnation, replyTo))
                    .thenApply(reply -> {
                        if (reply.error() != KafkaError.NONE || reply.count() < 1) {
                            throw new IllegalStateException("the controller gives broker " + cluster.brokerId()
                                    + " (incarnation " + incarnation + ") no producer ids: " + reply.error());
                        }
                        return new ProducerIds.Block(reply.first(), reply.count());
                    });
        };
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.INIT_PRODUCER_ID;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (InitProducerIdRequestData) exchange.request();
        boolean noId = request.producerId() == NO_PRODUCER_ID;
        boolean noEpoch = request.producerEpoch() == NO_PRODUCER_EPOCH;
        String transactionalId = request.transactionalId();
        if (noId != noEpoch || (transactionalId != null && transactionalId.isEmpty())) {
            exchange.respond(error(KafkaError.INVALID_REQUEST));
        } else if (transactionalId != null) {
            exchange.respond(error(KafkaError.UNSUPPORTED_VERSION));
        } else {
            exchange.respondWhen(producerIds.next().handle((id, failure) -> {
                if (failure == null) {
                    return new InitProducerIdResponseData().setProducerId(id).setProducerEpoch((short) 0);
                }
                log.atWarn().setCause(failure).log("no producer ids");
                return error(KafkaError.COORDINATOR_LOAD_IN_PROGRESS);
            }));
        }
    }

    private static InitProducerIdResponseData error(KafkaError error) {
        return new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(NO_PRODUCER_ID)
                .setProducerEpoch(NO_PRODUCER_EPOCH);
    }
}
