package dev.sampo.tests.oracle.group;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.MigrationPolicy;
import dev.sampo.group.coordinator.GroupSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each listed difference by the shortest history that shows it. The seeded histories keep out of those that change the
 * state of the group; the others they count and pass over.
 */
class ListedGroupDifferencesTest {
    private static final String RESOURCE = "/oracle/justified-group-differences.txt";

    /** A history, and the comparison to run it on. */
    private interface History {
        void run(Script script);
    }

    private static final Map<String, History> HISTORIES = new TreeMap<>(Map.ofEntries(
            Map.entry("refused-first-join", script -> script.ask(script.joinRequest("", null, 6000, 5000, List.of()))),
            Map.entry("refused-first-commit", script -> script.ask(new CommitOffsets(
                    Comparison.GROUP, -1, "", null, true, -1, List.of(new OffsetToCommit("t", Uuid.ONE_UUID, 0, 1, -1, "x".repeat(101)))))),
            Map.entry("static-member-back-in-full-group", script -> {
                script.stableStatic("t");
                script.join("", "box-a", 6000, 5000, "t");
            }),
            Map.entry("static-member-back-with-other-topics", script -> {
                script.stableStatic("t");
                script.join("", "box-a", 6000, 5000, "t", "u");
            }),
            Map.entry("static-member-of-another-client", script -> {
                script.stableStatic("t");
                Join join = script.joinRequest("", "box-a", 6000, 5000, Script.range("t"));
                script.ask(new Join(
                        join.groupId(), "", "box-a", "another-client", join.clientHost(), 6000, 5000, join.protocolType(), join.protocols(),
                        true, true));
            }),
            Map.entry("leave-of-pending-id", script -> {
                script.stableStatic("t");
                JoinReply told = script.join("", null, 6000, 5000, "t");
                script.ask(new Group.Leave(Comparison.GROUP, List.of(new LeavingMember(told.memberId(), null))));
            }),
            Map.entry("pending-id-with-instance", script -> {
                JoinReply told = script.join("", null, 6000, 5000, "t");
                script.join(told.memberId(), "box-a", 6000, 5000, "t");
            }),
            Map.entry("late-at-once", script -> {
                script.join("", "box-a", 6000, 60_000, "t");
                script.join("", "box-b", 6000, 60_000, "t");
                script.join("", "box-c", 45_000, 10_000, "t");
                script.pass(9001);
                JoinReply third = script.lastJoin("box-c");
                script.pass(5000);
                script.ask(new Group.Heartbeat(Comparison.GROUP, third.generationId(), third.memberId(), "box-c"));
                script.pass(30_000);
            }),
            Map.entry("static-member-back-before-its-sync", script -> {
                script.join("", "box-a", 60_000, 20_000, "t");
                script.join("", "box-b", 60_000, 20_000, "t");
                script.pass(6000);
                script.sync(script.lastJoin("box-a"), "box-a");
                script.join("", "box-b", 60_000, 20_000, "t");
                script.pass(20_000);
            }),
            Map.entry("join-sent-again", script -> {
                script.join("", "box-a", 6000, 5000, "t");
                script.pass(3000);
                JoinReply first = script.lastJoin("box-a");
                script.join("", "box-b", 6000, 5000, "t");
                script.join(first.memberId(), "box-a", 6000, 5000, "t");
                JoinReply second = script.lastJoin("box-b");
                script.join("", "box-c", 6000, 5000, "t");
                script.join(second.memberId(), "box-b", 6000, 5000, "t");
                script.join(second.memberId(), "box-b", 6000, 5000, "t");
            }),
            Map.entry("sync-sent-again", script -> {
                JoinReply follower = script.follower();
                script.sync(follower, "box-b");
                script.sync(follower, "box-b");
            }),
            Map.entry("sync-of-one-who-left", script -> {
                JoinReply follower = script.follower();
                script.sync(follower, "box-b");
                script.ask(new Group.Leave(Comparison.GROUP, List.of(new LeavingMember("", "box-b"))));
            }),
            Map.entry("assignors-tie", script -> {
                script.topic("t");
                script.beat("a", 0, List.of("t"), null, "range");
                script.beat("b", 0, List.of("t"), null, "uniform");
                script.beat("a", 2, null, null, null);
            }),
            Map.entry("newcomer-not-counted", script -> {
                script.topic("t");
                script.beat("a", 0, List.of("t"), null, null);
                script.beat("b", 0, List.of("t"), null, null); // too early for another assignment
                script.pass(1001);
                script.beat("c", 0, List.of(), "u", null);
            }),
            Map.entry("same-topics-not-counted-again", script -> {
                script.topic("t");
                script.topic("u");
                script.beat("a", 0, List.of("t"), null, null);
                script.beat("b", 0, List.of(), "u", null);
                script.beat("b", -1, null, null, null);
            }),
            Map.entry("unknown-id-joins-empty-consumer-group", script -> {
                script.topic("t");
                script.beat("a", 0, List.of("t"), null, null);
                script.beat("a", -1, null, null, null);
                script.join("somebody", null, 6000, 5000, "t");
            }),
            Map.entry("upgrade-in-first-rebalance", script -> {
                script.topic("t");
                script.join("", "box-a", 6000, 5000, "t");
                script.beat("a", 0, List.of("t"), null, null);
            }),
            Map.entry("partition-given-twice", script -> {
                script.topic("t");
                byte[] both = Utils.toArray(ConsumerProtocol.serializeAssignment(
                        new ConsumerPartitionAssignor.Assignment(List.of(new TopicPartition("t", 0)))));
                JoinReply follower = script.follower();
                JoinReply leader = script.lastJoin("box-a");
                script.sync(leader, "box-a", Map.of(leader.memberId(), both, follower.memberId(), both));
                script.beat("a", 0, List.of("t"), null, null);
            }),
            Map.entry("refused-upgrade", script -> {
                script.topic("t");
                script.join("", "box-a", 6000, 5000, "t");
                script.pass(3000);
                script.sync(script.lastJoin("box-a"), "box-a", Map.of());
                script.join("", "box-b", 6000, 5000, "t");
                script.beat("a", 0, List.of(), "(", null);
            }),
            Map.entry("timers-left-running", script -> {
                script.topic("t");
                script.join("", "box-a", 6000, 5000, "t");
                script.pass(3000);
                script.sync(script.lastJoin("box-a"), "box-a", Map.of());
                script.beat("a", 0, List.of("t"), null, null);
            }),
            Map.entry("delay-carried-over", script -> {
                script.join("", "box-a", 60_000, 5003, "t");
                script.join("", "box-b", 60_000, 5003, "t");
                script.pass(3001);
                script.join("", "box-c", 60_000, 5003, "t");
                script.pass(3001);
                script.ask(new Group.Leave(Comparison.GROUP, List.of(
                        new LeavingMember("", "box-a"), new LeavingMember("", "box-b"), new LeavingMember("", "box-c"))));
            })));

    /** Those between groups of both types. */
    private static final Set<String> MIGRATIONS =
            Set.of("upgrade-in-first-rebalance", "partition-given-twice", "refused-upgrade", "timers-left-running");

    @TestFactory
    Stream<DynamicTest> everyListedDifferenceIsStillOne() {
        return HISTORIES.entrySet().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
            // Given
            var script = new Script(
                    entry.getKey().equals("static-member-back-in-full-group") ? 1 : Integer.MAX_VALUE,
                    MIGRATIONS.contains(entry.getKey()) ? MigrationPolicy.BIDIRECTIONAL : MigrationPolicy.DISABLED);

            // When
            entry.getValue().run(script);

            // Then
            assertThat(script.both.difference() != null || script.reached.count("listed: " + entry.getKey()) > 0)
                    .as("a difference\n%s", script.both.trace())
                    .isTrue();
        }));
    }

    @Test
    void everyDifferenceIsListedWithAReason() throws IOException {
        Map<String, String> listed = listed();

        assertThat(listed.keySet()).containsExactlyInAnyOrderElementsOf(HISTORIES.keySet());
        assertThat(listed.values()).noneMatch(String::isBlank);
    }

    private static Map<String, String> listed() throws IOException {
        var reasons = new HashMap<String, String>();
        try (InputStream stream = Objects.requireNonNull(ListedGroupDifferencesTest.class.getResourceAsStream(RESOURCE), RESOURCE)) {
            new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(line -> {
                        String[] part = line.split("\\|", 2);
                        reasons.put(part[0].strip(), part.length < 2 ? "" : part[1]);
                    });
        }
        return reasons;
    }

    /** Requests in short, on both sides. */
    private static final class Script {
        final Counters reached = new Counters();
        final Comparison both;
        private final Map<String, JoinReply> lastJoins = new HashMap<>();
        private final Map<Long, String> asked = new HashMap<>();

        Script(int maxSize, MigrationPolicy policy) {
            ConsumerGroupSettings c = SampoGroup.IN_ORDER;
            both = new Comparison(new GroupSettings(
                    6000, 1_800_000, 3000, 0, 0, maxSize, 300_000, 3_600_000, 600_000, 100, 50, 3, 104_857_600, 5000, 5_242_880, 524_288,
                    new ConsumerGroupSettings(
                            c.sessionTimeoutMs(), c.minSessionTimeoutMs(), c.maxSessionTimeoutMs(), c.heartbeatIntervalMs(),
                            c.minHeartbeatIntervalMs(), c.maxHeartbeatIntervalMs(), c.rebalanceHeartbeatIntervalMs(),
                            c.maxSize(), c.assignmentIntervalMs(), c.assignmentQuietMs(), c.minAssignmentIntervalMs(), c.maxAssignmentIntervalMs(), c.regexRefreshIntervalMs(), policy, c.assignors())),
                    reached);
        }

        static List<Protocol> range(String... topics) {
            ByteBuffer buffer = ConsumerProtocol.serializeSubscription(new Subscription(List.of(topics)));
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return List.of(new Protocol("range", bytes));
        }

        void topic(String name) {
            both.topics(both.topics().with(new KafkaTopics.KafkaTopic(name, new Uuid(1, name.hashCode()), List.of(List.of(), List.of()))));
        }

        /** A member of the consumer protocol joins, is alive or leaves. */
        void beat(String memberId, int epoch, @Nullable List<String> topics, @Nullable String regex, @Nullable String assignor) {
            ask(new Group.ConsumerGroupHeartbeat(
                    Comparison.GROUP, memberId, epoch, null, null, epoch == 0 ? 5000 : -1, topics, regex, assignor,
                    epoch == 0 ? Map.of() : null, "client", "/127.0.0.1", true));
        }

        Join joinRequest(String memberId, @Nullable String instanceId, int sessionMs, int rebalanceMs, List<Protocol> protocols) {
            return new Join(
                    Comparison.GROUP, memberId, instanceId, "client", "/127.0.0.1", sessionMs, rebalanceMs, "consumer", protocols, true, true);
        }

        /** The answer, one with error -1 when it has to wait. */
        JoinReply join(String memberId, @Nullable String instanceId, int sessionMs, int rebalanceMs, String... topics) {
            String who = instanceId == null ? "" : instanceId;
            var answers = both.ask(joinRequest(memberId, instanceId, sessionMs, rebalanceMs, range(topics)));
            asked.put(both.lastRequestId(), who);
            note(answers);
            return answers.get(both.lastRequestId()) instanceof JoinReply reply
                    ? reply
                    : JoinReply.failed(KafkaError.UNKNOWN_SERVER_ERROR, "");
        }

        JoinReply lastJoin(String instanceId) {
            return Objects.requireNonNull(lastJoins.get(instanceId), instanceId);
        }

        void pass(long ms) {
            note(both.pass(ms));
        }

        void ask(Group.Request<?> request) {
            note(both.ask(request));
        }

        private void note(Map<Long, Group.Reply> answers) {
            answers.forEach((requestId, reply) -> {
                String who = asked.get(requestId);
                if (who != null && reply instanceof JoinReply join) {
                    lastJoins.put(who, join);
                }
            });
        }

        void sync(JoinReply member, String instanceId) {
            var assignments = new HashMap<String, byte[]>();
            member.members().forEach(each -> assignments.put(each.memberId(), new byte[] {1}));
            sync(member, instanceId, assignments);
        }

        void sync(JoinReply member, String instanceId, Map<String, byte[]> assignments) {
            ask(new Group.Sync(
                    Comparison.GROUP, member.generationId(), member.memberId(), instanceId, member.protocolType(), member.protocolName(),
                    assignments));
        }

        /** A stable group of box-a alone. */
        void stableStatic(String... topics) {
            join("", "box-a", 6000, 5000, topics);
            pass(3000);
            sync(lastJoin("box-a"), "box-a");
            assertThat(both.difference()).isNull();
        }

        /** box-b in a generation that box-a leads, before anybody has synced. */
        JoinReply follower() {
            join("", "box-a", 60_000, 50_000, "t");
            join("", "box-b", 60_000, 50_000, "t");
            pass(6000);
            return lastJoin("box-b");
        }
    }
}
