package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupCoordinators;
import dev.sampo.partition.controller.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A client of one group's coordinator: looks for it with any broker, and again when it gets no answer. */
abstract class GroupClient extends ModelClient {
    private final String groupId;
    private final String name;
    private final List<Runnable> pending = new ArrayList<>(); // what becomes of requests when the connection is lost
    private int coordinator = -1;
    private long numbers;

    GroupClient(Cluster cluster, int place, Dice dice, String groupId, String name) {
        super(cluster, place, dice);
        this.groupId = groupId;
        this.name = name;
    }

    String groupId() {
        return groupId;
    }

    String name() {
        return name;
    }

    GroupTruth truth() {
        return cluster().groups().truth(groupId);
    }

    /** Of a request. */
    long nextNumber() {
        return ++numbers;
    }

    long lastNumber() {
        return numbers;
    }

    @Override
    TopicIdPartition id() {
        return cluster().groups().idOf(groupId);
    }

    @Override
    void connectionLost(int broker) {
        if (broker == coordinator) {
            lost();
        }
    }

    private void lost() {
        coordinator = -1;
        List<Runnable> all = List.copyOf(pending);
        pending.clear();
        all.forEach(Runnable::run);
    }

    /** -1 when it is not known. */
    int coordinator() {
        return coordinator;
    }

    /** The coordinator is somewhere else. */
    void forgetCoordinator() {
        coordinator = -1;
    }

    /**
     * Sends a request to the coordinator once it is known.
     *
     * @param onArrival runs where it is handled, before it is
     * @param onNoAnswer the connection is lost, or there was no answer in time
     */
    void ask(Group.Request<?> request, long timeoutMicros, Runnable onArrival, Consumer<Group.Reply> onReply, Runnable onNoAnswer) {
        if (coordinator >= 0) {
            send(request, timeoutMicros, onArrival, onReply, onNoAnswer);
        } else {
            find(() -> send(request, timeoutMicros, onArrival, onReply, onNoAnswer), onNoAnswer);
        }
    }

    private void send(
            Group.Request<?> request, long timeoutMicros, Runnable onArrival, Consumer<Group.Reply> onReply, Runnable onNoAnswer) {
        int to = coordinator;
        boolean[] over = new boolean[1];
        Runnable failed = () -> {
            if (!over[0]) {
                over[0] = true;
                onNoAnswer.run();
            }
        };
        pending.add(failed);
        timer(timeoutMicros, () -> {
            if (!over[0]) {
                breakConnection(to);
                lost();
                failed.run();
            }
        });
        this.<Group.Reply>call(to, host -> answer -> {
            onArrival.run();
            host.coordinators().ask(request, answer);
        }, reply -> {
            pending.remove(failed);
            if (!over[0]) {
                over[0] = true;
                onReply.accept(reply);
            }
        }, () -> {
            pending.remove(failed);
            if (coordinator == to) {
                coordinator = -1;
            }
            failed.run();
        });
    }

    private void find(Runnable then, Runnable otherwise) {
        boolean[] over = new boolean[1];
        Runnable failed = () -> {
            if (!over[0]) {
                over[0] = true;
                timer(dice().between(20, 200) * Timeline.MILLIS, otherwise);
            }
        };
        timer(1 * Timeline.SECONDS, failed);
        int asked = dice().between(1, cluster().plan().brokers());
        this.<MetadataImage>call(asked, host -> answer -> answer.accept(host.image()), image -> {
            MetadataImage.Topic topic = image.topic(GroupCoordinators.OFFSETS_TOPIC);
            int leader = topic == null ? -1 : image.groupOf(topic, cluster().groups().partitionOf(groupId)).leader();
            if (leader < 0) {
                failed.run();
            } else if (!over[0]) {
                over[0] = true;
                coordinator = leader;
                then.run();
            }
        }, failed);
    }
}
