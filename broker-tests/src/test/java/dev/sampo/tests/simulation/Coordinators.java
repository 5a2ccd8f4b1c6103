package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupCoordinators;
import dev.sampo.group.coordinator.LedPartitions;
import dev.sampo.group.coordinator.LedPartitions.Effect;
import dev.sampo.group.coordinator.LedPartitions.Led;
import dev.sampo.partition.controller.MetadataImage;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** As {@code GroupCoordinators} and {@code GroupCoordinatorsActor}: one broker's coordinators; the shell of {@link LedPartitions}. */
final class Coordinators {
    private final BrokerProcess process;
    private final Cluster cluster;
    private final Mailbox mailbox;
    private final LedPartitions<LeaderShell> led = new LedPartitions<>();
    private final TreeMap<TopicIdPartition, Led<LeaderShell>> registry = new TreeMap<>(Machine.BY_ID);
    private final Map<Integer, CoordinatorShell> running = new TreeMap<>(); // by partition
    private final Map<Integer, CoordinatorShell> views = new TreeMap<>(); // what requests find
    private final Map<Integer, JournalShell> journals = new TreeMap<>();
    private MetadataImage image = MetadataImage.EMPTY;
    private Uuid offsetsTopicId = Uuid.ZERO_UUID;

    Coordinators(BrokerProcess process, Cluster cluster) {
        this.process = process;
        this.cluster = cluster;
        this.mailbox = new Mailbox(process);
    }

    // ---- the registry of partitions ----

    void entered(LeaderShell leader, int leaderEpoch) {
        if (cluster.plan().groups() != null) {
            var entry = new Led<>(leader.id(), leader, leaderEpoch, leader.isHandedOff());
            registry.put(leader.id(), entry);
            mailbox.tell(() -> onEntered(entry));
        }
    }

    void left(LeaderShell leader, int leaderEpoch) {
        var entry = new Led<>(leader.id(), leader, leaderEpoch, leader.isHandedOff());
        if (registry.remove(leader.id(), entry)) {
            mailbox.tell(() -> {
                if (entry.id().topicId().equals(offsetsTopicId)) {
                    perform(led.onLeft(entry));
                }
            });
        }
    }

    private void onEntered(Led<LeaderShell> entry) {
        if (entry.id().topicId().equals(offsetsTopicId)) {
            perform(led.onEntered(entry, entry.equals(registry.get(entry.id()))));
        }
    }

    /** Whoever leads in that epoch now. */
    @Nullable LeaderShell leader(Led<LeaderShell> of) {
        Led<LeaderShell> now = registry.get(of.id());
        return now != null && now.leaderEpoch() == of.leaderEpoch() ? now.leader() : null;
    }

    // ---- messages ----

    void onImage(MetadataImage next) {
        if (cluster.plan().groups() != null) {
            mailbox.tell(() -> imageChanged(next));
        }
    }

    private void imageChanged(MetadataImage next) {
        MetadataImage before = image;
        if (next.offset() < before.offset()) {
            return;
        }
        image = next;
        for (MetadataImage.Topic topic : before.topics().values()) {
            if (image.topic(topic.id()) == null) {
                running.values().forEach(coordinator -> coordinator.topicGone(topic.name(), topic.id()));
            }
        }
        MetadataImage.Topic offsets = image.topic(GroupCoordinators.OFFSETS_TOPIC);
        Uuid id = offsets == null ? Uuid.ZERO_UUID : offsets.id();
        if (!id.equals(offsetsTopicId)) {
            offsetsTopicId = id;
            List.copyOf(registry.values()).forEach(this::onEntered);
        }
    }

    private void perform(List<Effect<LeaderShell>> effects) {
        for (Effect<LeaderShell> effect : effects) {
            switch (effect) {
                case Effect.Start<LeaderShell>(Led<LeaderShell> leader) -> {
                    int partition = leader.id().partition();
                    JournalShell journal = journals.computeIfAbsent(partition, key -> new JournalShell(process, cluster));
                    var coordinator = new CoordinatorShell(process, cluster, this, leader, journal);
                    running.put(partition, coordinator);
                    views.put(partition, coordinator);
                    coordinator.start();
                }
                case Effect.Stop<LeaderShell>(int partition) -> {
                    if (!cluster.planted(Mutant.COORDINATOR_GOES_ON)) {
                        views.remove(partition);
                        running.get(partition).stop();
                    }
                }
            }
        }
    }

    void stopped(int partition) {
        mailbox.tell(() -> {
            running.remove(partition);
            views.remove(partition);
            perform(led.onStopped(partition));
        });
    }

    // ---- requests ----

    /** Answered once, unless the process ends. */
    void ask(Group.Request<?> request, Consumer<Group.Reply> answer) {
        int partition = cluster.groups().partitionOf(request.groupId());
        CoordinatorShell coordinator = views.get(partition);
        if (coordinator == null || !leaseHolds()) {
            answer.accept(request.refused(KafkaError.NOT_COORDINATOR));
            return;
        }
        if (!coordinator.isServing()) {
            cluster.reach().hit(Reach.Point.COORDINATOR_LOADING);
            answer.accept(request.refused(KafkaError.COORDINATOR_LOAD_IN_PROGRESS));
            return;
        }
        long askedMicros = process.time().nowMicros();
        coordinator.ask(request, reply -> {
            if (!leaseHolds()) {
                answer.accept(request.refused(KafkaError.NOT_COORDINATOR));
                return;
            }
            cluster.groups().answered(process.brokerId(), coordinator.led(), request, askedMicros, reply);
            answer.accept(reply);
        });
    }

    private boolean leaseHolds() {
        return cluster.planted(Mutant.COORDINATOR_WITHOUT_LEASE) || process.leaseHolds();
    }

    @Override
    public String toString() {
        return "coordinates " + views.values();
    }
}
