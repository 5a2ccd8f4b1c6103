package dev.sampo.streamstests.cluster;

import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.Subscriptions;
import dev.sampo.client.javadsl.Committer;
import dev.sampo.client.javadsl.Consumer;
import dev.sampo.gate.StreamNode;
import java.time.Duration;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * The program of a node: reads a topic as a member of a group and prints a line for each record, {@code partition value}. Ends
 * with its actor system. Arguments: seeds, topic, group, group protocol.
 */
public final class StreamNodeMain {
    private StreamNodeMain() {}

    public static void main(String[] arguments) {
        ActorSystem<Void> system = StreamNode.start(arguments[0]);
        var settings = ConsumerSettings.create(system, new StringDeserializer(), new StringDeserializer())
                .withClusterTransport()
                .withGroupId(arguments[2])
                .withProperty("group.protocol", arguments[3])
                .withProperty("auto.offset.reset", "earliest");
        var committer = CommitterSettings.create(system).withMaxInterval(Duration.ofMillis(50));
        Consumer.committableSource(settings, Subscriptions.topics(arguments[1]))
                .map(message -> {
                    System.out.println("record " + message.record().partition() + " " + message.record().value());
                    return message.committableOffset();
                })
                .runWith(Committer.sink(committer), system)
                .whenComplete((done, failure) -> {
                    System.out.println("stream ended: " + failure);
                    system.terminate();
                });
        system.getWhenTerminated().toCompletableFuture().join();
    }
}
