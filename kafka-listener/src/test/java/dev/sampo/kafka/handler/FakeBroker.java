package dev.sampo.kafka.handler;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;

/** Broker 1 with an image, a registry and fake leaders. */
final class FakeBroker implements MetadataImages {
    static final String CLUSTER_ID = "sampo-test-cluster";

    final PartitionRegistry registry = new PartitionRegistry();
    final Map<TopicIdPartition, FakeLeader> leaders = new LinkedHashMap<>();
    final ClusterView view = new ClusterView(CLUSTER_ID, 1, this);
    private final List<Runnable> waiting = new ArrayList<>();
    private volatile MetadataImage image = MetadataImage.EMPTY;

    FakeBroker() {
        broker(1, false);
    }

    /** Adds or replaces a broker with two listeners, in a rack of its own. */
    void broker(int id, boolean fenced) {
        broker(id, "rack" + id, fenced);
    }

    /** Adds or replaces a broker with two listeners. */
    void broker(int id, String rack, boolean fenced) {
        var broker = new MetadataImage.Broker(
                id, Uuid.randomUuid(), Uuid.randomUuid(), 5,
                List.of(
                        new Endpoint(FakeExchange.LISTENER, "host" + id, 9000 + id, "PLAINTEXT"),
                        new Endpoint("OTHER", "other" + id, 9100 + id, "PLAINTEXT")),
                rack, fenced);
        set(new MetadataImage(
                image.offset() + 1, image.brokers().plus(id, broker), image.topics(), image.topicIds(), image.groups(),
                image.configs(), image.nextProducerId()));
    }

    /** A topic whose partitions {@code leader} leads, in a group of its own; -1 for nobody. Not in the registry. */
    MetadataImage.Topic topic(String name, int partitions, int leader, boolean internal) {
        Uuid id = Uuid.randomUuid();
        String group = "g" + image.groups().size();
        var groups = new ArrayList<String>();
        for (int i = 0; i < partitions; i++) {
            groups.add(group);
        }
        var topic = new MetadataImage.Topic(id, name, groups, internal);
        List<Integer> replicas = List.of(Math.max(1, leader));
        set(new MetadataImage(
                image.offset() + 1, image.brokers(), image.topics().plus(id, topic), image.topicIds().plus(name, id),
                image.groups().plus(group, new MetadataImage.PlacementGroup(group, replicas, 0, leader, 3, 4, replicas)),
                image.configs(), image.nextProducerId()));
        return topic;
    }

    /** The group of the topic's first partition gets a leader. */
    void elect(String topicName, int leader) {
        MetadataImage.PlacementGroup old = image.groupOf(image.topic(topicName), 0);
        set(new MetadataImage(
                image.offset() + 1, image.brokers(), image.topics(), image.topicIds(),
                image.groups().plus(old.id(), new MetadataImage.PlacementGroup(
                        old.id(), old.replicas(), 0, leader, old.leaderEpoch() + 1, 5, old.replicas())),
                image.configs(), image.nextProducerId()));
    }

    /** The group of the topic's first partition is on these brokers, which are in sync as far as they are named. */
    void replicas(String topicName, List<Integer> replicas, List<Integer> inSync) {
        MetadataImage.PlacementGroup old = image.groupOf(image.topic(topicName), 0);
        set(new MetadataImage(
                image.offset() + 1, image.brokers(), image.topics(), image.topicIds(),
                image.groups().plus(old.id(), new MetadataImage.PlacementGroup(
                        old.id(), replicas, 0, old.leader(), old.leaderEpoch(), 6, inSync)),
                image.configs(), image.nextProducerId()));
    }

    /** A topic that another broker leads and this one follows and serves to consumers. */
    MetadataImage.Topic followed(String name, int leader) {
        MetadataImage.Topic topic = topic(name, 1, leader, false);
        replicas(name, List.of(leader, 1), List.of(leader, 1));
        var follower = new FakeLeader(new TopicIdPartition(topic.id(), 0));
        leaders.put(follower.id, follower);
        registry.follows(follower.id, new PartitionRegistry.Reader() {
            @Override
            public void read(Partition.Read read) {
                follower.inbox.getRef().tell(read);
            }

            @Override
            public void describe(Partition.DescribeLog describe) {
                follower.inbox.getRef().tell(describe);
            }
        });
        return topic;
    }

    /** A topic that this broker leads and serves. */
    MetadataImage.Topic served(String name, int partitions) {
        MetadataImage.Topic topic = topic(name, partitions, 1, false);
        for (int i = 0; i < partitions; i++) {
            var leader = new FakeLeader(new TopicIdPartition(topic.id(), i));
            leaders.put(leader.id, leader);
            registry.enter(new PartitionRegistry.Entry(leader.id, leader.inbox.getRef(), 3));
        }
        return topic;
    }

    FakeLeader leader(MetadataImage.Topic topic, int partition) {
        return leaders.get(new TopicIdPartition(topic.id(), partition));
    }

    /** Handles, and lets everybody work until nothing moves. */
    FakeExchange run(ApiHandler handler, FakeExchange exchange) {
        handler.handle(exchange);
        settle(exchange);
        return exchange;
    }

    void settle(FakeExchange exchange) {
        boolean moved;
        do {
            moved = exchange.deliver();
            for (FakeLeader leader : leaders.values()) {
                moved |= leader.work();
            }
        } while (moved);
    }

    /** All slices that leaders gave out. */
    List<FakeSlice> slices() {
        return leaders.values().stream().flatMap(leader -> leader.slices.stream()).toList();
    }

    private void set(MetadataImage next) {
        image = next;
        List.copyOf(waiting).forEach(Runnable::run);
    }

    @Override
    public MetadataImage current() {
        return image;
    }

    @Override
    public Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<MetadataImage> reached(long offset) {
        var reached = new CompletableFuture<MetadataImage>();
        Runnable check = () -> {
            if (image.offset() >= offset) {
                reached.complete(image);
            }
        };
        waiting.add(check);
        check.run();
        return reached;
    }
}
