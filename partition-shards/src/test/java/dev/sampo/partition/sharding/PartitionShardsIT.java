package dev.sampo.partition.sharding;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.ConfigAlteration;
import dev.sampo.actors.protocol.Controller.ConfigChange;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.CreateTopicsReply;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.FakeMetadataLog;
import dev.sampo.partition.controller.MetadataImage;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/** A real cluster of one node: topics come to life, die, and live again after a restart in a newer epoch. */
final class PartitionShardsIT {
    private static final Logger log = LoggerFactory.getLogger(PartitionShardsIT.class);

    @Test
    void aTopicsPartitionsAreActivatedStoppedWhenDeletedAndLedAgainInANewerEpochAfterARestart() {
        FakeMetadataLog metadata = FakeMetadataLog.install();
        Uuid directoryId = Uuid.randomUuid();
        try (var node = new SingleNode(metadata, directoryId, ConfigFactory.empty())) {
            // Given a topic of six partitions
            CreateTopicsReply created = create(node, "orders", 6);
            create(node, "kept", 6);
            assertThat(created.results().getFirst().error()).isEqualTo(KafkaError.NONE);
            SingleNode.await("12 partitions serve", () -> node.registry.entries().size() == 12);
            node.mark("12 active");
            log.atInfo().addKeyValue("timings", node.timings).log("first start");

            // When it is deleted
            Uuid id = created.results().getFirst().topicId();
            ItemsReply deleted = node.ask(replyTo -> new DeleteTopics(List.of(id), replyTo));

            // Then its partitions are stopped, with their logs
            assertThat(deleted.results().getFirst().error()).isEqualTo(KafkaError.NONE);
            SingleNode.await("6 partitions are left", () -> node.registry.entries().size() == 6);
            assertThat(node.told.stream().filter(told -> told.command() instanceof Partition.Stop stop
                    && stop.deleteLog()).count()).isEqualTo(6);
            assertThat(node.told).filteredOn(told -> told.command() instanceof Partition.Activate)
                    .as("repeated or not, always in the epoch granted")
                    .allMatch(told -> ((Partition.Activate) told.command()).leaderEpoch() == 0);
        }
        for (int restart = 1; restart <= 3; restart++) {
            // When the broker restarts
            try (var node = new SingleNode(metadata, directoryId, ConfigFactory.empty())) {
                SingleNode.await("6 partitions serve", () -> node.registry.entries().size() == 6);
                node.mark("6 active");
                log.atInfo().addKeyValue("timings", node.timings).log("restart");

                // Then it leads again, in the next epoch
                MetadataImage image = node.images.current();
                assertThat(node.registry.entries()).extracting(PartitionRegistry.Entry::leaderEpoch)
                        .containsOnly(restart);
                assertThat(image.groups().values()).allMatch(group -> group.leader() == 1);
                assertThat(node.incarnation).isEqualTo(restart + 1L);
            }
        }
    }

    @Test
    void whoGoesOnAfterAHandOffIsToldOfChangedSettingsAndReplicas() {
        try (var node = new SingleNode(FakeMetadataLog.install(), Uuid.randomUuid(), ConfigFactory.empty())) {
            // Given
            create(node, "orders", 1);
            SingleNode.await("it serves", () -> node.registry.entries().size() == 1);
            PartitionRegistry.Entry entry = node.registry.entries().iterator().next();
            var told = new LinkedBlockingQueue<Partition.Command>();
            ActorRef<Partition.Command> goesOn = node.system.systemActorOf(
                    Behaviors.receiveMessage(command -> {
                        told.add(command);
                        return Behaviors.same();
                    }), "goes-on", Props.empty());
            node.registry.enter(new PartitionRegistry.Entry(entry.id(), goesOn, entry.leaderEpoch(), true));

            // When
            node.<ItemsReply>ask(replyTo -> new AlterConfigs(
                    List.of(new ConfigAlteration(
                            new ConfigResource(ConfigResourceType.TOPIC, "orders"),
                            List.of(new ConfigChange("retention.ms", ConfigOperation.SET, "1000")), false)),
                    false, replyTo));

            // Then by the watcher, and by the sentinel that is not stopped yet
            var changed = new Partition.Reconfigure(SingleNode.CHANGED);
            SingleNode.await("told of the settings twice",
                    () -> told.stream().filter(changed::equals).count() == 2);
            SingleNode.await("told of the replicas",
                    () -> told.stream().anyMatch(Partition.ReplicasChanged.class::isInstance));
            assertThat(node.told).noneMatch(one -> one.command() instanceof Partition.Reconfigure);
        }
    }

    private static CreateTopicsReply create(SingleNode node, String name, int partitions) {
        return node.ask(replyTo -> new CreateTopics(
                List.of(new NewTopic(name, partitions, (short) 1, Map.of(), Map.of())), false, false, replyTo));
    }
}
