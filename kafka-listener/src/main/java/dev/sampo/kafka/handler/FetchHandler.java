package dev.sampo.kafka.handler;

import dev.sampo.actors.metrics.TopicMetrics;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.kafka.fetch.FetchContext;
import dev.sampo.kafka.fetch.FetchPartition;
import dev.sampo.kafka.fetch.FetchSessions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Fetch, versions 4 to 18: sessions, byte budgets and long polls. What is read stays in the segment file until the
 * connection sends it. Other brokers fetch on their own listener, see {@link ReplicaFetches}.
 *
 * <p>On a listener for clients, a request that claims to be a replica answers TOPIC_AUTHORIZATION_FAILED for each partition, as Kafka does without
 * the cluster permission: clients must not move a high watermark (CVE-2018-1288).
 *
 * @see "KIP-74, KIP-98, KIP-227, KIP-320, KIP-392, KIP-516, KIP-595, KIP-951"
 */
public final class FetchHandler implements ApiHandler {
    static final int FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final int FIRST_VERSION_WITH_REPLICA_STATE = 15;

    private final ClusterView cluster;
    private final PartitionRegistry registry;
    private final FetchSettings settings;
    private final FetchSessions sessions;
    private final InstantSource clock;
    private final TopicMetrics metrics;
    private final ReplicaFetches replicas;

    /** {@code clock} is the wall clock; only session ages depend on it. {@code metrics} counts what consumers read. */
    public FetchHandler(
            ClusterView cluster, PartitionRegistry registry, FetchSettings settings, InstantSource clock,
            TopicMetrics metrics) {
        this.cluster = cluster;
        this.registry = registry;
        this.settings = settings;
        this.sessions = new FetchSessions(settings.sessionSlots(), new SecureRandom()::nextInt);
        this.clock = clock;
        this.metrics = metrics;
        this.replicas = new ReplicaFetches(cluster, registry, settings);
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.FETCH;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (FetchRequestData) exchange.request();
        int replicaId = exchange.apiVersion() >= FIRST_VERSION_WITH_REPLICA_STATE
                ? request.replicaState().replicaId()
                : request.replicaId();
        if (replicaId >= 0 && exchange.client().internal()) {
            replicas.handle(exchange);
            return;
        }
        boolean byTopicId = exchange.apiVersion() >= FIRST_VERSION_WITH_TOPIC_IDS;
        FetchContext context = sessions.begin(
                byTopicId, request.sessionId(), request.sessionEpoch(), exchange.client().principal(), false,
                wanted(request, byTopicId), forgotten(request, byTopicId), clock.millis());
        new FetchInFlight(exchange, cluster, registry, settings, context, clock, metrics).start(replicaId < 0);
    }

    /** Sessions, for metrics. */
    public FetchSessions sessions() {
        return sessions;
    }

    private static List<FetchPartition> wanted(FetchRequestData request, boolean byTopicId) {
        var wanted = new ArrayList<FetchPartition>();
        for (FetchTopic topic : request.topics()) {
            for (FetchRequestData.FetchPartition partition : topic.partitions()) {
                FetchPartition.Key key = byTopicId
                        ? FetchPartition.Key.of(topic.topicId(), partition.partition())
                        : FetchPartition.Key.of(topic.topic(), partition.partition());
                wanted.add(new FetchPartition(
                        key, partition.fetchOffset(), partition.partitionMaxBytes(), partition.currentLeaderEpoch(),
                        partition.lastFetchedEpoch()));
            }
        }
        return wanted;
    }

    private static List<FetchPartition.Key> forgotten(FetchRequestData request, boolean byTopicId) {
        if (request.forgottenTopicsData().isEmpty()) {
            return List.of();
        }
        var forgotten = new ArrayList<FetchPartition.Key>();
        for (ForgottenTopic topic : request.forgottenTopicsData()) {
            for (int partition : topic.partitions()) {
                forgotten.add(byTopicId ? FetchPartition.Key.of(topic.topicId(), partition) : FetchPartition.Key.of(topic.topic(), partition));
            }
        }
        return forgotten;
    }
}
