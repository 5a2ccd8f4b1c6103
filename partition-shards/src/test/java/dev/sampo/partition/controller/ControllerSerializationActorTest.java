package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.sharding.Sentinel;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class ControllerSerializationActorTest {
    private static ActorTestKit kit;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void everyEventAndTheSnapshotComeBackEqual() {
        Uuid id = Uuid.randomUuid();
        var events = List.<ControllerEvent>of(
                new ControllerEvent.EpochStarted(3),
                new ControllerEvent.BrokerRegistered(1, id, Uuid.randomUuid(), 1,
                        List.of(new Endpoint("PLAINTEXT", "localhost", 9092, "PLAINTEXT")), "r1"),
                new ControllerEvent.BrokerRegistered(2, Uuid.randomUuid(), id, 2, List.of(), null),
                new ControllerEvent.PlacementGroupCreated("g0", List.of(1, 2), 0, List.of(1, 2)),
                new ControllerEvent.LeaderElected("g0", 1, 0, List.of(1, 2)),
                new ControllerEvent.InSyncReplicasChanged("g0", List.of(1)),
                new ControllerEvent.TopicCreated(id, "a.b", List.of("g0", "g0"), false, Map.of("retention.ms", "1")),
                new ControllerEvent.PartitionsAdded(id, List.of("g0")),
                new ControllerEvent.ConfigsChanged(new ConfigResource(ConfigResourceType.BROKER, ""), Map.of("x", "y")),
                new ControllerEvent.ProducerIdsAllocated(1, 1000, 1000),
                new ControllerEvent.BrokerFenced(2, 2),
                new ControllerEvent.TopicDeleted(Uuid.randomUuid()));
        MetadataImage image = MetadataImage.EMPTY;
        for (ControllerEvent event : events) {
            kit.serializationTestKit().verifySerialization(event, true);
            if (!(event instanceof ControllerEvent.TopicDeleted)) {
                image = image.apply(event);
            }
        }
        kit.serializationTestKit().verifySerialization(new Sentinel.EnsureLeader(), true);
        MetadataSnapshot back = kit.serializationTestKit().verifySerialization(MetadataSnapshot.of(image), false);
        assertThat(back.toImage()).isEqualTo(image);
    }
}
