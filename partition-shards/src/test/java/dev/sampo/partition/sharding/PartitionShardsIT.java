package dev.sampo.partition.sharding;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
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
import org.apache.kafka.common.Uuid;
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

    private static CreateTopicsReply create(SingleNode node, String name, int partitions) {
        return node.ask(replyTo -> new CreateTopics(
                List.of(new NewTopic(name, partitions, (short) 1, Map.of(), Map.of())), false, false, replyTo));
    }
}
