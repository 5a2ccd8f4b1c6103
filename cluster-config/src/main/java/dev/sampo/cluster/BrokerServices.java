package dev.sampo.cluster;

import ch.qos.logback.classic.LoggerContext;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.coordinator.GroupClock;
import dev.sampo.group.coordinator.GroupCoordinators;
import dev.sampo.group.coordinator.GroupSettings;
import dev.sampo.http.HttpSettings;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.connection.ClusterGate;
import dev.sampo.kafka.connection.KafkaListener;
import dev.sampo.kafka.connection.ListenerSettings;
import dev.sampo.kafka.fetch.FetchSessions;
import dev.sampo.kafka.handler.AddRaftVoterHandler;
import dev.sampo.kafka.handler.AlterConfigsHandler;
import dev.sampo.kafka.handler.AlterPartitionReassignmentsHandler;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.handler.ApiVersionsHandler;
import dev.sampo.kafka.handler.ClusterView;
import dev.sampo.kafka.handler.ConfigAlterations;
import dev.sampo.kafka.handler.ConsumerGroupDescribeHandler;
import dev.sampo.kafka.handler.ConsumerGroupHeartbeatHandler;
import dev.sampo.kafka.handler.ControllerClient;
import dev.sampo.kafka.handler.CreatePartitionsHandler;
import dev.sampo.kafka.handler.CreateTopicsHandler;
import dev.sampo.kafka.handler.DeleteGroupsHandler;
import dev.sampo.kafka.handler.DeleteRecordsHandler;
import dev.sampo.kafka.handler.DeleteTopicsHandler;
import dev.sampo.kafka.handler.DescribeClusterHandler;
import dev.sampo.kafka.handler.DescribeConfigsHandler;
import dev.sampo.kafka.handler.DescribeGroupsHandler;
import dev.sampo.kafka.handler.DescribeLogDirsHandler;
import dev.sampo.kafka.handler.DescribeProducersHandler;
import dev.sampo.kafka.handler.DescribeQuorumHandler;
import dev.sampo.kafka.handler.DescribeTopicPartitionsHandler;
import dev.sampo.kafka.handler.ElectLeadersHandler;
import dev.sampo.kafka.handler.FetchHandler;
import dev.sampo.kafka.handler.FetchSettings;
import dev.sampo.kafka.handler.FindCoordinatorHandler;
import dev.sampo.kafka.handler.HeartbeatHandler;
import dev.sampo.kafka.handler.IncrementalAlterConfigsHandler;
import dev.sampo.kafka.handler.InitProducerIdHandler;
import dev.sampo.kafka.handler.JoinGroupHandler;
import dev.sampo.kafka.handler.LeaveGroupHandler;
import dev.sampo.kafka.handler.ListConfigResourcesHandler;
import dev.sampo.kafka.handler.ListGroupsHandler;
import dev.sampo.kafka.handler.ListOffsetsHandler;
import dev.sampo.kafka.handler.ListPartitionReassignmentsHandler;
import dev.sampo.kafka.handler.MetadataHandler;
import dev.sampo.kafka.handler.OffsetCommitHandler;
import dev.sampo.kafka.handler.OffsetDeleteHandler;
import dev.sampo.kafka.handler.OffsetFetchHandler;
import dev.sampo.kafka.handler.OffsetForLeaderEpochHandler;
import dev.sampo.kafka.handler.ProduceHandler;
import dev.sampo.kafka.handler.RemoveRaftVoterHandler;
import dev.sampo.kafka.handler.SyncGroupHandler;
import dev.sampo.kafka.handler.TopicReadiness;
import dev.sampo.kafka.handler.UnregisterBrokerHandler;
import dev.sampo.kafka.local.LocalRequests;
import dev.sampo.kafka.local.LocalSettings;
import dev.sampo.kafka.producer.ProducerIds;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.lease.LeaderLease;
import dev.sampo.partition.session.ClusterNodes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.slf4j.LoggerFactory;

/** What serves Kafka's API keys: one handler for each, made of the parts it needs. */
final class BrokerServices {
    private static final Duration CONTROLLER_TIMEOUT = Duration.ofSeconds(15);

    private final ActorSystem<?> system;
    private final Map<ApiKeys, ApiHandler> handlers = new EnumMap<>(ApiKeys.class);
    private final AdvertisedApis apis;
    private final GroupCoordinators groups;
    private final FetchHandler fetch;
    private final ClusterNodes nodes;

    BrokerServices(
            BrokerSettings settings, String clusterId, Path logFolder, ActorSystem<?> system, MetadataImages images,
            PartitionRegistry registry, ActorRef<Controller.Command> controller, LeaderLease lease) {
        this.system = system;
        this.nodes = new ClusterNodes(system);
        int brokerId = settings.nodeId();
        BrokerDefaults defaults = settings.defaults();
        var cluster = new ClusterView(clusterId, brokerId, images);
        var controllerClient = new ControllerClient(controller, images, system.scheduler(), CONTROLLER_TIMEOUT);
        var readiness =
                new TopicReadiness(brokerId, images, registry, system.scheduler(), system.executionContext());
        var loggers = new LogbackLevels((LoggerContext) LoggerFactory.getILoggerFactory());
        var alterations = new ConfigAlterations(brokerId, images, defaults, loggers, controllerClient);
        groups = GroupCoordinators.start(
                system, GroupSettings.from(system.settings().config()), images, registry, controller,
                GroupClock.of(GroupCoordinators.steadyClock(), settings.machine().wallClockMs()), nodes::lacks, lease);
        var blocking = system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher"));

        fetch = new FetchHandler(
                cluster, registry, fetch(defaults), InstantSource.system(), BrokerMetrics.get(system).topics());
        List<ApiHandler> served = new ArrayList<>(List.of(
                new ProduceHandler(cluster, registry),
                fetch,
                new ListOffsetsHandler(cluster, registry),
                new OffsetForLeaderEpochHandler(cluster, registry),
                new DeleteRecordsHandler(cluster, registry),
                new DescribeProducersHandler(cluster, registry),
                new DescribeLogDirsHandler(cluster, registry, logFolder, blocking),
                new MetadataHandler(cluster, controllerClient, readiness, defaults::autoCreateTopicsEnable),
                new DescribeClusterHandler(cluster),
                new DescribeTopicPartitionsHandler(cluster, defaults.intValue("max.request.partition.size.limit")),
                new InitProducerIdHandler(
                        new ProducerIds(InitProducerIdHandler.blocks(cluster, controllerClient)))));
        served.addAll(List.of(
                new CreateTopicsHandler(brokerId, images, defaults, controllerClient, readiness),
                new DeleteTopicsHandler(images, defaults, controllerClient),
                new CreatePartitionsHandler(images, controllerClient, readiness),
                new DescribeConfigsHandler(brokerId, images, defaults, loggers),
                new AlterConfigsHandler(alterations),
                new IncrementalAlterConfigsHandler(alterations),
                new ListConfigResourcesHandler(images)));
        served.addAll(List.of(
                new FindCoordinatorHandler(groups, images),
                new JoinGroupHandler(groups),
                new SyncGroupHandler(groups),
                HeartbeatHandler.of(groups, system.settings().config()),
                new LeaveGroupHandler(groups),
                new OffsetCommitHandler(groups, images),
                new OffsetFetchHandler(groups, images),
                new OffsetDeleteHandler(groups, images),
                new DescribeGroupsHandler(groups),
                new ListGroupsHandler(groups),
                new DeleteGroupsHandler(groups),
                new ConsumerGroupHeartbeatHandler(groups),
                new ConsumerGroupDescribeHandler(groups)));
        served.addAll(List.of(
                new AlterPartitionReassignmentsHandler(controllerClient),
                new ListPartitionReassignmentsHandler(cluster),
                new ElectLeadersHandler(cluster, controllerClient, readiness),
                new UnregisterBrokerHandler(controllerClient),
                new DescribeQuorumHandler(cluster, controllerClient, InstantSource.system()),
                new AddRaftVoterHandler(cluster, controllerClient),
                new RemoveRaftVoterHandler(cluster, controllerClient)));
        served.forEach(handler -> handlers.put(handler.apiKey(), handler));
        var keys = new ArrayList<>(handlers.keySet());
        keys.add(ApiKeys.API_VERSIONS);
        this.apis = AdvertisedApis.of(keys);
        handlers.put(ApiKeys.API_VERSIONS, new ApiVersionsHandler(apis, clusterId, brokerId));
    }

    private static FetchSettings fetch(BrokerDefaults defaults) {
        return new FetchSettings(
                defaults.intValue("fetch.max.bytes"), defaults.intValue("max.incremental.fetch.session.cache.slots"),
                FetchSettings.DEFAULT.maxWaitMs(), defaults.replicaSelector());
    }

    /** The coordinators of groups on this broker. */
    GroupCoordinators groups() {
        return groups;
    }

    /** The fetch sessions of this broker. */
    FetchSessions sessions() {
        return fetch.sessions();
    }

    /** The way in for the HTTP API: the same handlers; answers name the endpoints of {@code listener}. */
    LocalRequests local(String listener, HttpSettings http) {
        return LocalRequests.start(
                system, listener, apis, handlers,
                new LocalSettings(http.maxRequests(), http.maxFetchBytes(), http.requestTimeout()));
    }

    /** The way in for streams on nodes of the cluster; answers name the endpoints of {@code listener}. */
    ClusterGate gate(String listener) {
        return ClusterGate.start(
                system, listener, ListenerSettings.from(system.settings().config()), apis, handlers, nodes::contains);
    }

    /** Binds a listener and serves every key on it; replicas are served on that of the brokers only. */
    KafkaListener listen(String name, InetSocketAddress bind) throws IOException {
        return KafkaListener.start(
                system, name, name.equals(Endpoint.REPLICATION), bind,
                ListenerSettings.from(system.settings().config()), apis, handlers);
    }
}
