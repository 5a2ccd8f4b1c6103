package dev.sampo.streamstests.consumer;

import dev.sampo.client.ClusterMetadata;
import dev.sampo.client.GroupLag;
import dev.sampo.client.GroupLag.PartitionLag;
import dev.sampo.client.javadsl.Consumer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Sources that ask at an interval: metadata when it changes, lag over and over. */
class PolledSourcesIT extends ClientScenario {
    private static final Duration INTERVAL = Duration.ofMillis(50);

    @Test
    void metadataComesAtOnceAndAgainOnlyWhenItHasChanged() {
        // Given
        String topic = name("topic");
        var received = new CopyOnWriteArrayList<ClusterMetadata>();
        var control = Consumer.metadataSource(settings().withProperty("allow.auto.create.topics", "false"), Set.of(topic), INTERVAL)
                .toMat(Sink.foreach(received::add), Consumer::createDrainingControl).run(system);
        until("the brokers are known", () -> received.size() == 1);

        // When
        records.createTopic(topic, 1);
        until("the topic is known", () -> last(received).topics().containsKey(topic));
        records.addPartitions(topic, 3);
        until("its new partitions have leaders", () -> last(received).topics().get(topic).partitions().stream().filter(p -> p.leader() >= 0).count() == 3);
        records.deleteTopic(topic);
        until("it is gone", () -> !last(received).topics().containsKey(topic));
        await(control.drainAndShutdown(system.dispatcher()));

        // Then
        assertThat(received.get(0).brokers()).hasSize(1);
        assertThat(received.get(0).topics()).isEmpty();
        assertThat(received.get(0).clusterId()).isNotEmpty();
        for (int i = 1; i < received.size(); i++) {
            assertThat(received.get(i)).isNotEqualTo(received.get(i - 1));
        }
    }

    private static <T> T last(CopyOnWriteArrayList<T> received) {
        return received.get(received.size() - 1);
    }

    @Test
    void metadataOfAllTopicsHasThemAll() {
        // Given
        String one = topic(1);
        String two = topic(2);

        // When
        var metadata = await(Consumer.metadataSource(settings(), Set.of(), INTERVAL).runWith(Sink.head(), system));

        // Then
        assertThat(metadata.topics()).containsKeys(one, two);
        assertThat(metadata.topics().get(two).partitions()).allSatisfy(partition -> {
            assertThat(metadata.brokers()).containsKey(partition.leader());
            assertThat(partition.replicas()).containsExactly(partition.leader());
        });
    }

    @Test
    void lagIsWhatAGroupHasNotCommittedAndFollowsWhatIsWritten() {
        // Given: 4 of 10 are read in partition 0, all 10 in partition 1
        String topic = topic(3);
        String group = name("group");
        String stranger = name("group");
        records.write(topic, 2, 20, "v");
        records.commit(group, Map.of(new TopicPartition(topic, 0), 4L, new TopicPartition(topic, 1), 10L));
        var received = new CopyOnWriteArrayList<GroupLag>();

        // When
        var control = Consumer.lagSource(settings(), Set.of(group, stranger), INTERVAL)
                .toMat(Sink.foreach(received::add), Consumer::createDrainingControl).run(system);
        until("both were asked for", () -> received.size() >= 2);
        records.write(topic, 2, 2, "more");

        // Then
        until("the lag has grown", () -> received.stream().anyMatch(lag -> lag.total() == 8));
        await(control.drainAndShutdown(system.dispatcher()));
        var first = received.subList(0, 2);
        assertThat(first).containsExactlyInAnyOrder(
                new GroupLag(stranger, Map.of()),
                new GroupLag(group, Map.of(
                        new TopicPartition(topic, 0), new PartitionLag(4, 10), new TopicPartition(topic, 1), new PartitionLag(10, 10))));
        assertThat(first).extracting(GroupLag::total).containsExactlyInAnyOrder(0L, 6L);
    }

    @Test
    void aTopicThatWasDeletedIsNoLongerInTheLag() {
        // Given
        String topic = topic(1);
        String group = name("group");
        records.write(topic, 1, 5, "v");
        records.commit(group, Map.of(new TopicPartition(topic, 0), 2L));
        var received = new CopyOnWriteArrayList<GroupLag>();
        var control = Consumer.lagSource(settings().withProperty("allow.auto.create.topics", "false"), group, INTERVAL)
                .toMat(Sink.foreach(received::add), Consumer::createDrainingControl).run(system);
        until("it is in the lag", () -> !received.isEmpty() && last(received).partitions().size() == 1);

        // When
        records.deleteTopic(topic);

        // Then
        until("it is no longer", () -> last(received).partitions().isEmpty());
        await(control.shutdown());
    }
}
