package dev.sampo.streamstests.connector;

import dev.sampo.streamstests.broker.Await;
import dev.sampo.streamstests.broker.SharedBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.kafka.ConsumerMessage.CommittableMessage;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Members of one group come, leave and die. */
class RebalanceIT extends Scenario {
    private Consumer.DrainingControl<Done> committing(
            ConsumerSettings<String, String> settings, String topic, List<ConsumerRecord<String, String>> received) {
        return Consumer.committableSource(settings, Subscriptions.topics(topic))
                .map(message -> {
                    received.add(message.record());
                    return message.committableOffset();
                })
                .toMat(Committer.sink(committer()), Consumer::createDrainingControl)
                .run(system);
    }

    private static Set<Integer> partitions(List<ConsumerRecord<String, String>> received) {
        return received.stream().map(ConsumerRecord::partition).collect(Collectors.toSet());
    }

    /** Writes to all partitions until {@code isTrue}. @return what was written */
    private List<String> writeUntil(String topic, int partitions, String condition, java.util.function.BooleanSupplier isTrue) {
        var written = new ArrayList<String>();
        until(condition, () -> {
            written.addAll(records.write(topic, partitions, partitions, name("w")));
            return isTrue.getAsBoolean();
        });
        return written;
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "cooperative", "consumer"})
    void twoMembersShareThePartitionsAndNothingIsLost(String kind) {
        // Given
        String topic = topic(4);
        String group = name("group");
        var one = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var two = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var first = committing(member(group, kind), topic, one);
        var written = new ArrayList<>(writeUntil(topic, 4, "the first member reads all partitions", () -> partitions(one).size() == 4));

        // When
        var second = committing(member(group, kind), topic, two);
        written.addAll(writeUntil(topic, 4, "the second member reads two partitions", () -> partitions(two).size() == 2));
        List<String> shared = records.write(topic, 4, 100, name("shared"));
        written.addAll(shared);

        // Then: at least once, and each of the last hundred by exactly one member
        until("all arrived", () -> values(one).size() + values(two).size() >= written.size() && union(one, two).containsAll(written));
        drain(first);
        drain(second);
        assertThat(union(one, two)).containsExactlyInAnyOrderElementsOf(new HashSet<>(written));
        assertThat(shared.stream().filter(v -> values(one).contains(v)).count()).isEqualTo(50);
        assertThat(shared.stream().filter(v -> values(two).contains(v)).count()).isEqualTo(50);
    }

    private static Set<String> union(List<ConsumerRecord<String, String>> one, List<ConsumerRecord<String, String>> two) {
        var all = new HashSet<>(values(one));
        all.addAll(values(two));
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "cooperative", "consumer"})
    void threeMembersThatComeAndLeaveOneByOneLoseNothing(String kind) {
        // Given
        String topic = topic(6);
        String group = name("group");
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var written = new ArrayList<String>();
        var members = new ArrayList<Consumer.DrainingControl<Done>>();

        // When
        for (int i = 1; i <= 3; i++) {
            int count = i;
            members.add(committing(member(group, kind), topic, received));
            until("member " + i + " has joined", () -> records.members(group) == count);
            written.addAll(records.write(topic, 6, 60, name("join")));
        }
        for (int i = 2; i >= 1; i--) {
            int count = i;
            drain(members.remove(0));
            until("one has left", () -> records.members(group) == count);
            written.addAll(records.write(topic, 6, 60, name("leave")));
        }

        // Then
        until("all arrived", () -> new HashSet<>(values(received)).containsAll(written));
        drain(members.get(0));
        assertThat(new HashSet<>(values(received))).containsExactlyInAnyOrderElementsOf(written);
        assertThat(records.committed(group, topic)).isEqualTo(IntStream.range(0, 6).boxed().collect(Collectors.toMap(p -> p, p -> 50L)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void aMemberThatDrainsHandsItsPartitionsOverWithoutADuplicate(String kind) {
        // Given
        String topic = topic(2);
        String group = name("group");
        var one = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var two = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var first = committing(member(group, kind), topic, one);
        var second = committing(member(group, kind), topic, two);
        until("both have joined", () -> records.members(group) == 2);
        var written = new ArrayList<>(writeUntil(topic, 2, "each reads", () -> !one.isEmpty() && !two.isEmpty()));
        written.addAll(records.write(topic, 2, 100, "a"));
        until("all arrived", () -> union(one, two).containsAll(written));

        // When
        drain(first);
        int before = two.size();
        List<String> after = records.write(topic, 2, 100, "b");

        // Then
        until("the other member reads both partitions", () -> two.size() >= before + 100);
        drain(second);
        assertThat(values(two).subList(before, two.size())).containsExactlyInAnyOrderElementsOf(after);
    }

    /** A member with this session; in the new protocol the broker says how long it is. */
    private ConsumerSettings<String, String> mortal(ActorSystem mortal, String group, String kind, String sessionTimeoutMs) {
        var settings = member(mortal, group, kind);
        return "consumer".equals(kind) ? settings : settings.withProperty("session.timeout.ms", sessionTimeoutMs);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void thePartitionsOfAMemberThatDiedAreReadByAnotherAfterTheSessionTimeout(String kind) {
        // Given: a static member does not leave when its system ends, like one that was killed
        String topic = topic(2);
        String group = name("group");
        ActorSystem mortal = newSystem();
        var dead = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        Consumer.plainSource(mortal(mortal, group, kind, "1500").withGroupInstanceId("dies"), Subscriptions.topics(topic))
                .runForeach(dead::add, mortal);
        var written = new ArrayList<>(writeUntil(topic, 2, "it reads both partitions", () -> partitions(dead).size() == 2));
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();

        // When
        mortal.terminate();
        await(mortal.getWhenTerminated());
        var control = committing(member(group, kind), topic, received);
        written.addAll(records.write(topic, 2, 50, "after"));

        // Then: it had committed nothing
        until("all arrived", () -> values(received).containsAll(written));
        drain(control);
        assertComplete(received, written);
    }

    @Test
    @Tag("soak") // failed once on two busy cores, the member got both partitions after 45 s; not understood yet
    void aStaticMemberThatComesBackKeepsItsPartitionsWithoutARebalance() {
        staticMemberComesBack("eager");
    }

    @Test
    void aStaticMemberOfTheNewProtocolThatComesBackKeepsItsPartitionsWithoutARebalance() {
        staticMemberComesBack("consumer");
    }

    private void staticMemberComesBack(String kind) {
        // Given
        String topic = topic(2);
        String group = name("group");
        var other = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var control = committing(member(group, kind).withGroupInstanceId("stays"), topic, other);
        ActorSystem goes = newSystem();
        var before = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        Consumer.plainSource(mortal(goes, group, kind, "10000").withGroupInstanceId("returns"), Subscriptions.topics(topic))
                .runForeach(before::add, goes);
        until("both have joined", () -> records.members(group) == 2);
        writeUntil(topic, 2, "each reads one partition", () -> !before.isEmpty() && !other.isEmpty());
        int partition = before.get(before.size() - 1).partition();

        // When
        goes.terminate();
        await(goes.getWhenTerminated());
        var after = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var back = committing(member(group, kind).withGroupInstanceId("returns"), topic, after);
        writeUntil(topic, 2, "it reads again", () -> !after.isEmpty());

        // Then
        assertThat(partitions(after)).containsExactly(partition);
        drain(back);
        drain(control);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void aCommitThatComesAfterTheRevocationFailsNoStreamAndMovesNothingBack(String kind) {
        // Given: the first member holds offsets back
        String topic = topic(2);
        String group = name("group");
        records.write(topic, 2, 20, "a");
        var held = Consumer.committableSource(member(group, kind), Subscriptions.topics(topic)).toMat(Sink.queue(), Keep.both()).run(system);
        var messages = new ArrayList<CommittableMessage<String, String>>();
        for (int i = 0; i < 20; i++) {
            messages.add(await(held.second().pull()).orElseThrow());
        }
        var received = new CopyOnWriteArrayList<ConsumerRecord<String, String>>();
        var other = committing(member(group, kind), topic, received);
        until("one partition went to the other member and is committed there", () -> records.committed(group, topic).containsValue(10L));

        // When: all that the first member ever saw is committed, the revoked partition with a low offset
        int moved = records.committed(group, topic).keySet().iterator().next();
        var late = messages.stream().filter(m -> m.record().partition() != moved || m.record().offset() == 0).toList();
        var committed = Source.from(late).map(CommittableMessage::committableOffset).runWith(Committer.sink(committer()), system);

        // Then
        await(committed.handle((done, failure) -> Done.getInstance()));
        assertThat(records.committed(group, topic)).containsEntry(moved, 10L);
        await(held.first().shutdown());
        drain(other);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "consumer"})
    void aMemberThatIsOnlySlowIsNotTakenForDead(String kind) {
        // Given
        String topic = topic(1);
        String group = name("group");
        var settings = mortal(system, group, kind, "1000");
        records.write(topic, 1, 3, "a");
        var held = Consumer.plainSource(settings, Subscriptions.topics(topic)).toMat(Sink.queue(), Keep.both()).run(system);
        await(held.second().pull());

        // When: no demand for longer than a session
        var silence = "consumer".equals(kind) ? SharedBroker.NEW_SESSION.plusSeconds(1) : Duration.ofSeconds(3);
        boolean left = Await.holds(silence, () -> records.members(group) != 1);

        // Then
        assertThat(left).isFalse();
        await(held.first().shutdown());
    }
}
