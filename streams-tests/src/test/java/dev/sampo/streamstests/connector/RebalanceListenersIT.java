package dev.sampo.streamstests.connector;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.Props;
import org.apache.pekko.kafka.ConsumerRebalanceEvent;
import org.apache.pekko.kafka.RestrictedConsumer;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.TopicPartitionsAssigned;
import org.apache.pekko.kafka.TopicPartitionsRevoked;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.kafka.javadsl.PartitionAssignmentHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Who is told when the group gives or takes partitions. */
class RebalanceListenersIT extends Scenario {
    /** Writes down what it is told. */
    static final class Diary implements PartitionAssignmentHandler {
        final List<String> entries = new CopyOnWriteArrayList<>();
        final AtomicLong seekTo = new AtomicLong(-1);

        private static Set<Integer> numbers(Set<TopicPartition> partitions) {
            var numbers = new TreeSet<Integer>();
            partitions.forEach(partition -> numbers.add(partition.partition()));
            return numbers;
        }

        @Override
        public void onRevoke(Set<TopicPartition> partitions, RestrictedConsumer consumer) {
            if (!partitions.isEmpty()) {
                entries.add("revoked " + numbers(partitions));
            }
        }

        @Override
        public void onAssign(Set<TopicPartition> partitions, RestrictedConsumer consumer) {
            if (!partitions.isEmpty()) {
                entries.add("assigned " + numbers(partitions));
            }
            if (seekTo.get() >= 0) {
                partitions.forEach(partition -> consumer.seek(partition, seekTo.get()));
            }
        }

        @Override
        public void onLost(Set<TopicPartition> partitions, RestrictedConsumer consumer) {
            entries.add("lost " + numbers(partitions));
        }

        @Override
        public void onStop(Set<TopicPartition> partitions, RestrictedConsumer consumer) {
            entries.add("stopped " + numbers(partitions));
        }
    }

    @Test
    void theAssignmentHandlerIsToldOfEachChangeInOrder() {
        // Given
        String topic = topic(2);
        String group = name("group");
        var diary = new Diary();
        var control = collect(Consumer.plainSource(consumer(group), Subscriptions.topics(topic).withPartitionAssignmentHandler(diary)), new CopyOnWriteArrayList<>());
        until("both partitions are assigned", () -> diary.entries.contains("assigned [0, 1]"));

        // When
        var other = collect(Consumer.plainSource(consumer(group), Subscriptions.topics(topic)), new CopyOnWriteArrayList<>());
        until("both were revoked and one came back", () -> diary.entries.size() >= 3);
        drain(other);
        until("the other's partition came back", () -> diary.entries.get(diary.entries.size() - 1).equals("assigned [0, 1]") && diary.entries.size() >= 5);
        await(control.shutdown());

        // Then
        assertThat(diary.entries.subList(0, 2)).containsExactly("assigned [0, 1]", "revoked [0, 1]");
        assertThat(diary.entries.get(2)).isIn("assigned [0]", "assigned [1]");
        assertThat(diary.entries).contains("stopped [0, 1]");
    }

    @Test
    void inTheNewProtocolTheHandlerIsToldOnlyOfWhatIsTakenAndGiven() {
        // Given
        String topic = topic(2);
        String group = name("group");
        var diary = new Diary();
        var control = collect(
                Consumer.plainSource(newProtocol(system, group), Subscriptions.topics(topic).withPartitionAssignmentHandler(diary)),
                new CopyOnWriteArrayList<>());
        until("both partitions are assigned", () -> diary.entries.contains("assigned [0, 1]"));

        // When
        var other = collect(Consumer.plainSource(newProtocol(system, group), Subscriptions.topics(topic)), new CopyOnWriteArrayList<>());
        until("one was revoked", () -> diary.entries.size() >= 2);
        drain(other);
        until("it came back", () -> diary.entries.size() >= 3);
        await(control.shutdown());

        // Then
        assertThat(diary.entries.get(1)).isIn("revoked [0]", "revoked [1]");
        assertThat(diary.entries).startsWith("assigned [0, 1]").element(2).isEqualTo(diary.entries.get(1).replace("revoked", "assigned"));
        assertThat(diary.entries).contains("stopped [0, 1]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void theAssignmentHandlerMaySeekBeforeTheFirstRecordIsRead(String kind) {
        // Given
        String topic = topic(1);
        List<String> written = records.write(topic, 1, 20, "a");
        var diary = new Diary();
        diary.seekTo.set(15);

        // When
        var received = first(5, Consumer.plainSource(member(name("group"), kind), Subscriptions.topics(topic).withPartitionAssignmentHandler(diary)));

        // Then
        assertComplete(received, written.subList(15, 20));
    }

    /** Keeps what it is sent. */
    static final class Listener extends AbstractActor {
        private final List<ConsumerRebalanceEvent> events;

        Listener(List<ConsumerRebalanceEvent> events) {
            this.events = events;
        }

        @Override
        public Receive createReceive() {
            return receiveBuilder().match(ConsumerRebalanceEvent.class, events::add).build();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void theListenerActorIsToldOfAssignedAndRevokedPartitions(String kind) {
        // Given
        String topic = topic(2);
        String group = name("group");
        var events = new CopyOnWriteArrayList<ConsumerRebalanceEvent>();
        var listener = system.actorOf(Props.create(Listener.class, () -> new Listener(events)));
        records.write(topic, 1, 1, "a");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        var control = collect(Consumer.plainSource(member(group, kind), Subscriptions.topics(topic).withRebalanceListener(listener)), received);
        until("it reads", () -> !received.isEmpty());
        until("the assignment was told", () -> events.stream().anyMatch(TopicPartitionsAssigned.class::isInstance));
        var other = collect(Consumer.plainSource(member(group, kind), Subscriptions.topics(topic)), new CopyOnWriteArrayList<>());

        // Then
        until("the revocation was told", () -> events.stream().anyMatch(TopicPartitionsRevoked.class::isInstance));
        drain(other);
        drain(control);
    }
}
