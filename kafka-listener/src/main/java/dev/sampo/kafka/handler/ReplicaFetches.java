package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.kafka.fetch.FetchSession;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.security.SecureRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.message.FetchResponseData;

/**
 * Fetches of the other brokers, on the listener that only they know: one session per connection. Who asks must be the
 * broker's present process, so that what an older one has fetched counts no more (KIP-903).
 *
 * <p>Thread-safe; each session belongs to the loop of its connection.
 */
final class ReplicaFetches {
    private static final int FIRST_VERSION_WITH_REPLICA_STATE = 15;

    private final ClusterView cluster;
    private final PartitionRegistry registry;
    private final FetchSettings settings;
    private final SecureRandom random = new SecureRandom();
    private final ConcurrentHashMap<Long, ReplicaSession> sessions = new ConcurrentHashMap<>(); // by connection

    ReplicaFetches(ClusterView cluster, PartitionRegistry registry, FetchSettings settings) {
        this.cluster = cluster;
        this.registry = registry;
        this.settings = settings;
    }

    void handle(Exchange exchange) {
        var request = (FetchRequestData) exchange.request();
        KafkaError error = exchange.apiVersion() < FIRST_VERSION_WITH_REPLICA_STATE
                ? KafkaError.UNSUPPORTED_VERSION
                : check(request.replicaState());
        if (error != KafkaError.NONE) {
            refuse(exchange, error);
            return;
        }
        long connection = exchange.client().connectionId();
        ReplicaSession session = sessions.get(connection);
        boolean full = request.sessionEpoch() == FetchSession.INITIAL_EPOCH
                || request.sessionEpoch() == FetchSession.FINAL_EPOCH;
        if (session == null) {
            if (!full) {
                refuse(exchange, KafkaError.FETCH_SESSION_ID_NOT_FOUND);
                return;
            }
            session = ReplicaSession.open(
                    exchange, cluster, registry, settings, () -> sessions.remove(connection));
            sessions.put(connection, session);
        }
        if (full) {
            boolean kept = request.sessionEpoch() == FetchSession.INITIAL_EPOCH;
            session.restart(request.replicaState(), kept ? 1 + random.nextInt(Integer.MAX_VALUE) : 0);
        } else {
            KafkaError refused = session.next(request);
            if (refused != KafkaError.NONE) {
                refuse(exchange, refused);
                return;
            }
        }
        session.fetch(exchange, request);
    }

    /** NONE, or why this process is not the one that the metadata knows. A newer one may only be news to this broker. */
    private KafkaError check(ReplicaState replica) {
        Broker broker = cluster.image().brokers().get(replica.replicaId());
        if (broker == null || replica.replicaEpoch() > broker.incarnation()) {
            return KafkaError.REPLICA_NOT_AVAILABLE;
        }
        return replica.replicaEpoch() < broker.incarnation() ? KafkaError.STALE_BROKER_EPOCH : KafkaError.NONE;
    }

    private static void refuse(Exchange exchange, KafkaError error) {
        exchange.respond(new FetchResponseData().setErrorCode(error.code()));
    }
}
