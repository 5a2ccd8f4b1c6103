package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** A client: asks brokers for metadata, speaks to leaders over connections that break, and forgets no epoch that it has seen. */
abstract class ModelClient extends Process {
    private record Known(int leader, int epoch) {}

    private final Cluster cluster;
    private final Dice dice;
    private final int place;
    private final Map<TopicIdPartition, Known> leaders = new HashMap<>();
    private final Map<Integer, Integer> connected = new HashMap<>(); // broker -> generation

    ModelClient(Cluster cluster, int place, Dice dice) {
        super(cluster.time());
        this.cluster = cluster;
        this.place = place;
        this.dice = dice;
    }

    abstract void start();

    abstract void connectionLost(int broker);

    abstract TopicIdPartition id();

    Cluster cluster() {
        return cluster;
    }

    Dice dice() {
        return dice;
    }

    /** -1 when it is not known. */
    int leader(TopicIdPartition id) {
        return leaders.getOrDefault(id, new Known(-1, -1)).leader();
    }

    int epoch(TopicIdPartition id) {
        return leaders.getOrDefault(id, new Known(-1, -1)).epoch();
    }

    /**
     * A request over the connection to a broker.
     *
     * @param request run by the broker; gives what takes the way back for the answer
     * @param onRefused nobody listens there
     */
    <A> void call(int broker, Function<BrokerProcess, Consumer<Consumer<A>>> request, Consumer<A> onAnswer,
            Runnable onRefused) {
        if (broker < 0 || !cluster.machine(broker).plugged) {
            timer(dice.between(200, 800) * Timeline.MILLIS, onRefused);
            return;
        }
        int generation = cluster.network().generation(place, broker);
        if (connected.put(broker, generation) instanceof Integer before && before != generation) {
            timer(1 * Timeline.MILLIS, onRefused); // what was sent before is lost, so this must not get there
            return;
        }
        cluster.network().send(place, broker, Network.Channel.STREAM, () -> {
            Machine machine = cluster.machine(broker);
            if (!machine.running()) {
                cluster.network().send(broker, place, Network.Channel.STREAM, onRefused);
                return;
            }
            BrokerProcess host = machine.process;
            host.deliver(() -> request.apply(host).accept(answer -> {
                if (generation == cluster.network().generation(place, broker)) { // else its connection is gone
                    cluster.network().send(broker, place, Network.Channel.STREAM, () -> deliver(() -> onAnswer.accept(answer)));
                }
            }));
        });
    }

    void breakConnection(int broker) {
        if (broker >= 0) {
            cluster.network().breakLink(place, broker);
            cluster.network().breakLink(broker, place);
            connected.put(broker, cluster.network().generation(place, broker));
        }
    }

    /** Asks any broker who leads; believes nothing that is older than what it knows. */
    void refresh(TopicIdPartition id, Runnable then) {
        int broker = dice.between(1, cluster.plan().brokers());
        boolean[] over = new boolean[1];
        Runnable again = () -> {
            if (!over[0]) {
                over[0] = true;
                timer(dice.between(20, 200) * Timeline.MILLIS, () -> refresh(id, then));
            }
        };
        timer(1 * Timeline.SECONDS, again);
        this.<MetadataImage>call(broker, host -> answer -> answer.accept(host.image()), image -> {
            if (over[0]) {
                return;
            }
            MetadataImage.Topic topic = image.topic(id.topicId());
            if (topic == null) {
                again.run();
                return;
            }
            PlacementGroup group = image.groupOf(topic, id.partition());
            if (group.leader() < 0 || group.leaderEpoch() < epoch(id)) {
                again.run();
                return;
            }
            over[0] = true;
            leaders.put(id, new Known(group.leader(), group.leaderEpoch()));
            then.run();
        }, again);
    }
}
