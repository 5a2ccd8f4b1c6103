package dev.sampo.http;

import dev.sampo.http.body.ClusterBodies;
import dev.sampo.http.body.TopicBodies;
import dev.sampo.http.kafka.ClusterCalls;
import dev.sampo.http.kafka.ConfigCalls;
import dev.sampo.http.kafka.PartitionCalls;
import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Problem;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The cluster, its brokers, settings, and where partitions are. */
final class ClusterRoutes {
    private final ClusterCalls cluster;
    private final ConfigCalls configs;
    private final PartitionCalls partitions;
    private final MetadataImages images;
    private final int brokerId;

    /** {@code brokerId} is this broker. */
    ClusterRoutes(
            ClusterCalls cluster, ConfigCalls configs, PartitionCalls partitions, MetadataImages images, int brokerId) {
        this.cluster = cluster;
        this.configs = configs;
        this.partitions = partitions;
        this.images = images;
        this.brokerId = brokerId;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/cluster", "Describes the cluster.")
                        .answers(200, ClusterBodies.Cluster.class)
                        .handle(call -> cluster.describe().thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/brokers", "Lists the brokers.")
                        .answers(200, ClusterBodies.Brokers.class)
                        .handle(call -> cluster.describe()
                                .thenApply(found -> Answers.ok(new ClusterBodies.Brokers(found.brokers())))),
                Endpoint.of("GET", "/v1/brokers/{broker}", "Describes a broker.")
                        .answers(200, ClusterBodies.Broker.class)
                        .handle(call -> cluster.broker(call.pathNumber("broker")).thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/brokers/{broker}/configs", "Lists the settings of a broker with their sources.")
                        .query("documentation", "boolean", "true: with Kafka's texts.", "true", "false")
                        .answers(200, TopicBodies.Configs.class)
                        .handle(call -> ofThisBroker(call, id -> configs.describe(
                                ConfigCalls.Resource.BROKER, Integer.toString(id), call.flag("documentation")))),
                Endpoint.of("PATCH", "/v1/brokers/{broker}/configs", "Sets and resets settings of a broker.")
                        .dryRun()
                        .takes(Endpoint.JSON, TopicBodies.ConfigChanges.class)
                        .answers(200, TopicBodies.ChangedConfigs.class)
                        .handle(call -> call.json(TopicBodies.ConfigChanges.class)
                                .thenCompose(body -> ofThisBroker(call, id -> configs.alter(
                                        ConfigCalls.Resource.BROKER, Integer.toString(id), body, call.dryRun())))),
                Endpoint.of("GET", "/v1/brokers/{broker}/log-dirs", "Lists the log folders of a broker and what is in them.")
                        .answers(200, ClusterBodies.LogDirs.class)
                        .handle(call -> ofThisBroker(call, cluster::logDirs)),
                Endpoint.of("GET", "/v1/topics/{topic}/partitions", "Lists the partitions of a topic with their offsets.")
                        .answers(200, TopicBodies.Partitions.class)
                        .handle(call -> partitions.all(call.path("topic"))
                                .thenApply(all -> Answers.ok(new TopicBodies.Partitions(all)))),
                Endpoint.of("GET", "/v1/topics/{topic}/partitions/{partition}", "Describes a partition with its offsets.")
                        .answers(200, TopicBodies.Partition.class)
                        .handle(call -> partitions.one(call.path("topic"), call.pathNumber("partition"))
                                .thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/topics/{topic}/configs", "Lists the settings of a topic with their sources.")
                        .query("documentation", "boolean", "true: with Kafka's texts.", "true", "false")
                        .answers(200, TopicBodies.Configs.class)
                        .handle(call -> configs.describe(
                                        ConfigCalls.Resource.TOPIC, call.path("topic"), call.flag("documentation"))
                                .thenApply(Answers::ok)),
                Endpoint.of("PATCH", "/v1/topics/{topic}/configs", "Sets and resets settings of a topic.")
                        .dryRun()
                        .takes(Endpoint.JSON, TopicBodies.ConfigChanges.class)
                        .answers(200, TopicBodies.ChangedConfigs.class)
                        .handle(call -> call.json(TopicBodies.ConfigChanges.class)
                                .thenCompose(body -> configs.alter(
                                        ConfigCalls.Resource.TOPIC, call.path("topic"), body, call.dryRun()))
                                .thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/placement", "Shows the placement groups: who leads, who has copies, which partitions.")
                        .answers(200, ClusterBodies.Placement.class)
                        .handle(call -> CompletableFuture.completedFuture(Answers.ok(placement(images.current())))));
    }

    /** What only the broker itself knows. */
    private CompletionStage<HttpResponse> ofThisBroker(Call call, Function<Integer, ? extends CompletionStage<?>> answer) {
        return cluster.broker(call.pathNumber("broker")).thenCompose(found -> {
            if (found.brokerId() != brokerId) {
                throw Problem.of(
                                421, "other-broker", "Another broker knows",
                                "This is broker " + brokerId + ": ask broker " + found.brokerId() + " on " + found.host() + ".")
                        .exception();
            }
            return answer.apply(brokerId).thenApply(Answers::ok);
        });
    }

    private static ClusterBodies.Placement placement(MetadataImage image) {
        List<ClusterBodies.PlacementGroup> groups = image.groups().values().stream()
                .sorted(Comparator.comparing(MetadataImage.PlacementGroup::id))
                .map(group -> new ClusterBodies.PlacementGroup(
                        group.id(), group.replicas(), group.stripe(), group.leader(), group.leaderEpoch(),
                        group.partitionEpoch(), group.inSyncReplicas(), partitionsOf(image, group.id())))
                .toList();
        return new ClusterBodies.Placement(image.offset(), image.controllerEpoch(), groups);
    }

    private static List<ClusterBodies.PlacedPartition> partitionsOf(MetadataImage image, String groupId) {
        return image.partitionsOf(groupId).stream()
                .map(id -> {
                    MetadataImage.Topic topic = image.topic(id.topicId());
                    return new ClusterBodies.PlacedPartition(
                            topic == null ? id.topicId().toString() : topic.name(), id.partition());
                })
                .sorted(Comparator.comparing(ClusterBodies.PlacedPartition::topic)
                        .thenComparingInt(ClusterBodies.PlacedPartition::partition))
                .toList();
    }
}
