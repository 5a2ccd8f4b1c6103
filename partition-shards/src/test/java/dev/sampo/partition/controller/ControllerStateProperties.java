package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.ConfigAlteration;
import dev.sampo.actors.protocol.Controller.ConfigChange;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.CreatePartitions;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.MorePartitions;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.common.Uuid;

import static org.assertj.core.api.Assertions.assertThat;

/** Invariants over random histories of commands: what a broker folds is what the controller decided by. */
final class ControllerStateProperties {
    /** Which command, on which small thing, with which number. */
    record Step(int kind, int item, int number) {}

    @Provide
    Arbitrary<Step> steps() {
        return Combinators.combine(Arbitraries.integers().between(0, 7), Arbitraries.integers().between(1, 4),
                Arbitraries.integers().between(0, 9)).as(Step::new);
    }

    @Property(tries = 200)
    void theFoldOfTheEventsFromAnySnapshotIsTheControllersImage(
            @ForAll @Size(max = 60) List<@From("steps") Step> history, @ForAll int cut) {
        // Given
        var fixture = new Fixture(2);
        var events = new ArrayList<ControllerEvent>();
        MetadataImage start = fixture.image();
        Set<Uuid> everUsed = new HashSet<>();
        long lastProducerId = start.nextProducerId();
        for (Step step : history) {
            MetadataImage before = fixture.image();

            // When
            Decision<? extends Controller.Reply> decision = decide(fixture, step);
            fixture.decide(decision);
            events.addAll(decision.events());
            MetadataImage after = fixture.image();

            // Then
            assertThat(decision.reply().metadataOffset()).isIn(-1L, before.offset(), after.offset());
            after.groups().values().forEach(group -> {
                MetadataImage.PlacementGroup old = before.groups().get(group.id());
                if (old != null) {
                    assertThat(group.leaderEpoch()).isGreaterThanOrEqualTo(old.leaderEpoch());
                    assertThat(group.partitionEpoch()).isGreaterThanOrEqualTo(old.partitionEpoch());
                    assertThat(group.replicas()).isEqualTo(old.replicas());
                }
                assertThat(group.replicas()).containsAll(group.inSyncReplicas());
                if (group.leader() >= 0) {
                    assertThat(group.inSyncReplicas()).contains(group.leader());
                    assertThat(after.isLive(group.leader())).isTrue();
                }
            });
            for (ControllerEvent event : decision.events()) {
                if (event instanceof ControllerEvent.TopicCreated created) {
                    assertThat(everUsed.add(created.topicId())).as("topic ids are never reused").isTrue();
                }
                if (event instanceof ControllerEvent.ProducerIdsAllocated ids) {
                    assertThat(ids.first()).isEqualTo(lastProducerId);
                    lastProducerId += ids.count();
                }
            }
        }

        // Then
        int at = events.isEmpty() ? 0 : Math.floorMod(cut, events.size());
        MetadataImage image = start;
        for (ControllerEvent event : events.subList(0, at)) {
            image = image.apply(event);
        }
        image = MetadataSnapshot.of(image).toImage();
        for (ControllerEvent event : events.subList(at, events.size())) {
            image = image.apply(event);
        }
        assertThat(image).isEqualTo(fixture.image());
        assertThat(MetadataSnapshot.of(image).toImage()).as("derived maps").isEqualTo(image);
    }

    private static Decision<? extends Controller.Reply> decide(Fixture fixture, Step step) {
        MetadataImage image = fixture.image();
        ControllerState rules = fixture.rules;
        String name = "t." + step.item();
        MetadataImage.Topic topic = image.topic(name);
        MetadataImage.Broker broker = image.brokers().get(step.item());
        long incarnation = broker == null ? 0 : broker.incarnation();
        return switch (step.kind()) {
            case 0 -> rules.decide(image, new CreateTopics(List.of(new NewTopic(name, step.number(),
                    (short) (1 + step.number() % 3), Map.of(), Map.of("retention.ms", "" + step.number()))),
                    false, false, fixture.replyTo()));
            case 1 -> rules.decide(image, new DeleteTopics(
                    List.of(topic == null ? Uuid.randomUuid() : topic.id()), fixture.replyTo()));
            case 2 -> rules.decide(image, new CreatePartitions(
                    List.of(new MorePartitions(name, step.number(), List.of())), false, fixture.replyTo()));
            case 3 -> rules.decide(image, new AlterConfigs(List.of(new ConfigAlteration(
                    new ConfigResource(ConfigResourceType.TOPIC, name),
                    List.of(new ConfigChange("retention.ms",
                            step.number() < 3 ? ConfigOperation.DELETE : ConfigOperation.SET, "" + step.number())),
                    step.number() % 2 == 0)), false, fixture.replyTo()));
            case 4 -> rules.decide(image, new RegisterBroker(step.item(), new Uuid(step.number() % 2, step.item()),
                    Uuid.randomUuid(), List.of(), null, fixture.replyTo()));
            case 5 -> rules.decide(image, new FenceBroker(step.item(), incarnation, fixture.replyTo()));
            case 6 -> rules.decide(image, new BecomeLeader(
                    "g" + step.number(), step.item(), incarnation, image.offset(), fixture.replyTo()));
            default -> rules.decide(image, new AllocateProducerIds(step.item(), incarnation, fixture.replyTo()));
        };
    }
}
