package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.actors.protocol.Controller.TopicResult;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;

/** The rules with an image that follows their events; commands carry no reply address, nobody is told. */
final class Fixture {
    final ControllerState rules =
            new ControllerState(ControllerSettings.DEFAULTS, new FakeConfigRules(), Uuid::randomUuid);
    long lastReplyOffset = -1;
    private MetadataImage image = MetadataImage.EMPTY;

    /** Brokers 1 up to {@code brokers} are registered, each with directory id {@code (0, broker)}. */
    Fixture(int brokers) {
        for (int broker = 1; broker <= brokers; broker++) {
            register(broker, new Uuid(0, broker), Uuid.randomUuid());
        }
    }

    MetadataImage image() {
        return image;
    }

    @SuppressWarnings("NullAway") // the rules never look at it
    <R> ActorRef<R> replyTo() {
        return null;
    }

    <R extends Controller.Reply> R decide(Decision<R> decision) {
        for (ControllerEvent event : decision.events()) {
            image = image.apply(event);
        }
        lastReplyOffset = decision.reply().metadataOffset();
        return decision.reply();
    }

    RegisterBrokerReply register(int broker, Uuid directoryId, Uuid processId) {
        return decide(rules.decide(image, new RegisterBroker(
                broker, directoryId, processId, List.of(), null, replyTo())));
    }

    /** Another controller starts. */
    void startEpoch() {
        image = image.apply(new ControllerEvent.EpochStarted(image.controllerEpoch() + 1));
    }

    KafkaError fence(int broker) {
        return fence(broker, 0);
    }

    KafkaError fence(int broker, long controllerEpoch) {
        return decide(rules.decide(image, new FenceBroker(
                        broker, image.brokers().get(broker).incarnation(), replyTo(), controllerEpoch)))
                .results().getFirst().error();
    }

    List<TopicResult> createAll(List<NewTopic> topics, boolean validateOnly) {
        return decide(rules.decide(image, new CreateTopics(topics, validateOnly, false, replyTo()))).results();
    }

    TopicResult create(NewTopic topic) {
        return createAll(List.of(topic), false).getFirst();
    }

    Map<String, String> configs(String topic) {
        return image.configsOf(new ConfigResource(ConfigResourceType.TOPIC, topic));
    }

    static NewTopic topic(String name, int partitions) {
        return new NewTopic(name, partitions, (short) 1, Map.of(), Map.of());
    }
}
