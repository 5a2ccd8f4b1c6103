package dev.sampo.partition.controller;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.AllocateProducerIdsReply;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.CreateTopicsReply;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class ControllerActorTest {
    private final FakeMetadataLog log = FakeMetadataLog.install();
    private final ActorTestKit kit = ActorTestKit.create(ConfigFactory.parseString("""
            sampo.controller { journal = test-journal, snapshot-store = test-snapshots }
            test-journal.class = "dev.sampo.partition.controller.FakeMetadataJournal"
            test-snapshots.class = "dev.sampo.partition.controller.FakeSnapshotStore"
            """).withFallback(ConfigFactory.load()));
    private final TestProbe<Controller.Reply> probe = kit.createTestProbe();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void eachIncarnationStartsAnEpochFirstAndGoesOnWhereTheLastOneWas() {
        // Given
        ActorRef<Controller.Command> first = kit.spawn(controller());
        first.tell(register());
        long incarnation = probe.expectMessageClass(RegisterBrokerReply.class).incarnation();
        first.tell(create("a"));
        CreateTopicsReply created = probe.expectMessageClass(CreateTopicsReply.class);
        assertThat(created.metadataOffset()).isEqualTo(log.events().size() - 1);
        kit.stop(first);

        // When
        ActorRef<Controller.Command> second = kit.spawn(controller());
        second.tell(create("a"));

        // Then
        CreateTopicsReply again = probe.expectMessageClass(CreateTopicsReply.class);
        assertThat(again.results().getFirst().error()).isEqualTo(KafkaError.TOPIC_ALREADY_EXISTS);
        assertThat(again.metadataOffset()).isEqualTo(-1);
        assertThat(incarnation).isEqualTo(1);
        assertThat(log.events().getFirst()).isEqualTo(new ControllerEvent.EpochStarted(1));
        assertThat(log.events().getLast()).isEqualTo(new ControllerEvent.EpochStarted(2));
    }

    @Test
    void theControllerRecoversFromASnapshotAndTheEventsAfterIt() {
        // Given more events than one snapshot holds
        ActorRef<Controller.Command> first = kit.spawn(controller());
        first.tell(register());
        long incarnation = probe.expectMessageClass(RegisterBrokerReply.class).incarnation();
        long next = 0;
        for (int i = 0; i < 1100; i++) {
            first.tell(new AllocateProducerIds(1, incarnation, probe.getRef()));
            next = probe.expectMessageClass(AllocateProducerIdsReply.class).first() + 1000;
        }
        probe.awaitAssert(() -> {
            assertThat(log.snapshot()).isNotNull();
            return null;
        });
        kit.stop(first);

        // When
        ActorRef<Controller.Command> second = kit.spawn(controller());
        second.tell(new AllocateProducerIds(1, incarnation, probe.getRef()));

        // Then
        AllocateProducerIdsReply reply = probe.expectMessageClass(AllocateProducerIdsReply.class);
        assertThat(reply.first()).isEqualTo(next);
        assertThat(reply.metadataOffset()).isEqualTo(log.events().size() - 1);
    }

    private static org.apache.pekko.actor.typed.Behavior<Controller.Command> controller() {
        return ControllerActor.create(
                new ControllerState(ControllerSettings.DEFAULTS, new FakeConfigRules(), Uuid::randomUuid));
    }

    private RegisterBroker register() {
        return new RegisterBroker(1, new Uuid(0, 1), new Uuid(0, 2), List.of(), null, probe.getRef());
    }

    private CreateTopics create(String name) {
        return new CreateTopics(List.of(Fixture.topic(name, 3)), false, false, probe.getRef());
    }
}
