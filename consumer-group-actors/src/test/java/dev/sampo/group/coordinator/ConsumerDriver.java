package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.group.consumer.RegexMatcher;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.coordinator.GroupEffect.Resolve;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/** One consumer group with members that behave as Kafka's consumer does, and topics set by hand. */
final class ConsumerDriver {
    final GroupDriver group;
    private final Map<Topics.Topic, List<List<String>>> topics = new LinkedHashMap<>();
    private long version = 10;

    ConsumerDriver() {
        this(GroupDriver.SETTINGS);
    }

    ConsumerDriver(GroupSettings settings) {
        group = new GroupDriver(settings);
    }

    /** Creates a topic or changes its number of partitions. */
    Uuid topic(String name, int partitions) {
        Uuid id = id(name);
        topics.keySet().removeIf(topic -> topic.name().equals(name));
        topics.put(new Topics.Topic(id, name, partitions), List.of());
        show();
        return id;
    }

    void noTopic(String name) {
        topics.keySet().removeIf(topic -> topic.name().equals(name));
        show();
    }

    static Uuid id(String name) {
        return new Uuid(1, name.hashCode());
    }

    Topics topics() {
        return Topics.of(version, new LinkedHashMap<>(topics));
    }

    private void show() {
        version++;
        group.state.onTopics(topics());
    }

    void crash() {
        group.crash();
        group.state.onTopics(topics());
    }

    /** Looks up what the group wants to have looked up. */
    void resolve() {
        for (Resolve resolve : List.copyOf(group.resolving)) {
            group.resolving.remove(resolve);
            group.perform(group.state.onResolved(
                    RegexMatcher.match(resolve.regexes(), resolve.topics()), resolve.topics(), group.nowMs));
        }
    }

    Member member(String id, String... topicNames) {
        return new Member(id, null, new ArrayList<>(List.of(topicNames)));
    }

    Member staticMember(String id, String instanceId, String... topicNames) {
        return new Member(id, instanceId, List.of(topicNames));
    }

    /** All say what they own and do what they are told, until nobody is told anything. */
    void settle(Member... members) {
        for (int round = 0; round < 20; round++) {
            boolean quiet = true;
            for (Member member : members) {
                Map<Uuid, Set<Integer>> before = member.owned;
                int epoch = member.epoch;
                member.beats();
                quiet &= before.equals(member.owned) && epoch == member.epoch;
            }
            if (quiet) {
                return;
            }
        }
        throw new AssertionError("the members come to no end");
    }

    /** A consumer. */
    final class Member {
        final String id;
        final @Nullable String instanceId;
        final List<String> topicNames;
        @Nullable String regex;
        @Nullable String assignor;
        @Nullable String rack;
        int rebalanceTimeoutMs = 30_000;
        int epoch;
        Map<Uuid, Set<Integer>> owned = Map.of();

        Member(String id, @Nullable String instanceId, List<String> topicNames) {
            this.id = id;
            this.instanceId = instanceId;
            this.topicNames = topicNames;
        }

        Member regex(String expression) {
            regex = expression;
            return this;
        }

        Member assignor(String name) {
            assignor = name;
            return this;
        }

        ConsumerGroupHeartbeat request() {
            return request(epoch, owned);
        }

        ConsumerGroupHeartbeat request(int ofEpoch, @Nullable Map<Uuid, Set<Integer>> says) {
            return new ConsumerGroupHeartbeat(
                    GroupDriver.GROUP, id, ofEpoch, instanceId, rack, rebalanceTimeoutMs, topicNames, regex, assignor, says,
                    "client-" + id, "/127.0.0.1", true);
        }

        /** Sends a heartbeat and does at once what the answer asks for. */
        Member beats() {
            ConsumerGroupHeartbeatReply reply = hears();
            assertThat(reply.error()).as(reply.errorMessage()).isEqualTo(KafkaError.NONE);
            takes(reply);
            return this;
        }

        /** Sends a heartbeat and does nothing yet. */
        ConsumerGroupHeartbeatReply hears() {
            return group.call(request());
        }

        void takes(ConsumerGroupHeartbeatReply reply) {
            epoch = reply.memberEpoch();
            if (reply.assignment() != null) {
                owned = reply.assignment();
            }
        }

        KafkaError leaves() {
            return leaves(-1);
        }

        KafkaError leaves(int withEpoch) {
            var request = new ConsumerGroupHeartbeat(
                    GroupDriver.GROUP, id, withEpoch, instanceId, null, -1, null, null, null, null, "client-" + id, "/127.0.0.1",
                    true);
            return group.call(request).error();
        }

        /** Begins anew, as after a restart or when it was fenced. */
        Member joinsAgain() {
            epoch = 0;
            owned = Map.of();
            return beats();
        }

        /** Owned partitions as {@code t-0}, in order. */
        List<String> owns() {
            var names = new TreeMap<String, String>();
            for (Topics.Topic topic : topics.keySet()) {
                owned.getOrDefault(topic.id(), Set.of())
                        .forEach(partition -> names.put(topic.name() + "-" + partition, ""));
            }
            return new ArrayList<>(names.keySet());
        }
    }

    /** Fails when two members own a partition. */
    static void assertNoPartitionHasTwoOwners(Member... members) {
        Map<Uuid, Set<Integer>> all = new HashMap<>();
        for (Member member : members) {
            member.owned.forEach((topicId, ids) -> ids.forEach(partition -> assertThat(
                            all.computeIfAbsent(topicId, id -> new HashSet<>()).add(partition))
                    .as("%s-%d has one owner", topicId, partition).isTrue()));
        }
    }
}
