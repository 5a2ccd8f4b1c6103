package dev.sampo.tests.oracle.group;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.group.coordinator.GroupSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.classic.ClassicGroup;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.modern.MemberState;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.jspecify.annotations.Nullable;

/**
 * The same group on both sides, one step at a time. After each step the answers, the records and the state must be
 * equal; the first {@link #difference} ends it.
 *
 * <p>Two things are matched up before comparing. Member ids are given out by each side: Kafka's are replaced by
 * Sampo's. And when the leader is gone or does not join, Kafka takes any member that joins (the first of a hash map):
 * then it gets the leader that Sampo took.
 */
final class Comparison {
    static final String GROUP = "orders";
    private static final String NEW_ID = Uuid.ZERO_UUID.toString();

    final KafkaGroup kafka;
    final SampoGroup sampo;
    private final List<String> trace = new ArrayList<>();
    private final Map<String, String> toKafka = new HashMap<>(); // member ids
    private final Map<String, String> toSampo = new HashMap<>();
    private final Counters reached;
    private Map<Long, Group.Reply> answers = Map.of();
    private boolean leaderByChance; // Kafka elected one since the last generation began
    private @Nullable String difference;
    private boolean leftToChance;
    private long nowMs = 1_000_000;
    private long lastRequestId;
    private String lastState = "Dead";
    private String lastConsumerState = "";
    private String lastAssignor = "";
    private String lastType = "";
    private String newcomer = ""; // Sampo's id of a member that joins just now
    private KafkaTopics topics = KafkaTopics.NONE;

    Comparison(GroupSettings settings, Counters reached) {
        this.reached = reached;
        kafka = new KafkaGroup(GROUP, settings, nowMs);
        sampo = new SampoGroup(GROUP, settings, nowMs);
        InOrder.names(this::nameForAssignors);
    }

    /** Where the two first differed, null while they agree. */
    @Nullable String difference() {
        return difference;
    }

    /** True when members were late in the same millisecond: what Kafka does then is not worth comparing. */
    boolean leftToChance() {
        return leftToChance;
    }

    String trace() {
        return String.join("\n", trace);
    }

    /** True when there is a group of any type. */
    boolean exists() {
        return kafka.summary() != null;
    }

    /** See {@link KafkaGroup#assignorsTie}. */
    boolean assignorsTie() {
        return kafka.assignorsTie();
    }

    /** True when Kafka would do what is listed (newcomer-not-counted) or left to chance. */
    boolean keepOutOf(Group.ConsumerGroupHeartbeat request) {
        return kafka.assignsWithoutCounting(request) || kafka.takesOverAsAnotherMember(request);
    }

    /** How many members Kafka's group has, of either type. */
    int size() {
        return kafka.size();
    }

    /** True when the group is one of consumers and nobody is in it. */
    boolean isEmptyOfConsumers() {
        return kafka.isEmptyOfConsumers();
    }

    /** Kafka's view of the group, null unless it is a classic one. */
    @Nullable ClassicGroup group() {
        return kafka.group();
    }

    String kafkaId(String sampoId) {
        return toKafka.getOrDefault(sampoId, sampoId);
    }

    String sampoId(String kafkaId) {
        return toSampo.getOrDefault(kafkaId, kafkaId);
    }

    /** Asks both; member ids are Sampo's. The answers of this step, which may be none or some of earlier requests. */
    Map<Long, Group.Reply> ask(Group.Request<?> request) {
        long requestId = ++lastRequestId;
        note("#" + requestId + " " + Translated.text(request));
        ClassicGroup group = kafka.group();
        String leader = group == null ? null : group.leaderOrNull();
        kafka.shard().takeWatched();
        newcomer = request instanceof Join join && join.memberId().isEmpty() ? idHere(join, sampo.nextUniqueId()) : "";
        kafka.ask(requestId, Translated.request(request, this::kafkaId));
        sampo.ask(requestId, request);
        if (request instanceof Join join && join.memberId().isEmpty()) {
            matchIds(join, kafka.givenId(requestId));
        }
        kafka.shard().at(nowMs); // a delay of nothing is a timer too
        sampo.at(nowMs);
        compare(leader);
        return answers;
    }

    long lastRequestId() {
        return lastRequestId;
    }

    private void matchIds(Join join, String given) {
        String uniqueId = sampo.takeUniqueId();
        String kafkaId = Stream.concat(kafka.shard().takeWatched().stream(), Stream.of(given))
                .filter(id -> !id.isEmpty() && !toSampo.containsKey(id)).findFirst().orElse(null);
        if (uniqueId != null && kafkaId != null) {
            String sampoId = idHere(join, uniqueId);
            toKafka.put(sampoId, kafkaId);
            toSampo.put(kafkaId, sampoId);
        }
    }

    private static String idHere(Join join, String uniqueId) {
        String instance = join.groupInstanceId();
        return (instance == null ? join.clientId() : instance) + "-" + uniqueId;
    }

    /** Sampo's id of a member; Kafka has one of its own for one that comes just now without. */
    private String nameForAssignors(String id) {
        boolean isNew = !newcomer.isEmpty() && id.length() == NEW_ID.length() && !toSampo.containsKey(id) && !toKafka.containsKey(id);
        return isNew ? newcomer : sampoId(id);
    }

    /** Time passes on both sides, with a comparison whenever a timer of either is due. */
    Map<Long, Group.Reply> pass(long ms) {
        long end = nowMs + ms;
        if (Math.min(kafka.shard().nextMs(), sampo.nextMs()) > end) { // nothing to compare
            nowMs = end;
            kafka.shard().at(end);
            sampo.at(end);
            return Map.of();
        }
        note("pass " + ms + " ms");
        var all = new TreeMap<Long, Group.Reply>();
        boolean ended = false;
        while (difference == null && !leftToChance && !ended) {
            ClassicGroup group = kafka.group();
            String leader = group == null ? null : group.leaderOrNull();
            long next = Math.max(nowMs, Math.min(kafka.shard().nextMs(), sampo.nextMs()));
            ended = next > end;
            nowMs = Math.min(next, end);
            if (kafka.lateMembers(nowMs) > 1) {
                reached.hit("listed: late-at-once");
                leftToChance = true;
                return all;
            }
            kafka.shard().at(nowMs);
            sampo.at(nowMs);
            compare(leader);
            all.putAll(answers);
            ended |= nowMs >= end && Math.min(kafka.shard().nextMs(), sampo.nextMs()) > end;
        }
        return all;
    }

    /** Another broker takes over; here it is told what is stored in an order of this seed. */
    void failOver(long seed) {
        note("fail over");
        kafka.failOver();
        sampo.failOver(new Random(seed));
        topics = topics.loaded();
        leaderByChance = false;
        compare(null);
    }

    KafkaTopics topics() {
        return topics;
    }

    void topics(KafkaTopics now) {
        note("topics " + now.byName().values());
        topics = now;
        kafka.shard().topics(now);
        sampo.topics(now);
        compare(null);
    }

    void deleteTopic(String topic, Uuid topicId) {
        note("topic deleted " + topic);
        kafka.deleteTopic(topic, topicId);
        sampo.deleteTopic(topic, topicId);
        compare(null);
    }

    private void note(String line) {
        trace.add(String.format("%9d  %s", nowMs, line));
    }

    // ---- comparing

    private void compare(@Nullable String leaderBefore) {
        Map<Long, Group.Reply> ours = sampo.takeAnswers();
        Map<Long, Group.Reply> theirs = kafka.takeAnswers(this::sampoId);
        matchLeader(leaderBefore, ours, theirs);
        answers = ours;
        var ids = new TreeSet<>(ours.keySet());
        ids.addAll(theirs.keySet());
        for (long id : ids) {
            Group.Reply our = ours.get(id);
            Group.Reply their = theirs.get(id);
            String listed = their == null && our != null ? neverAnsweredByKafka(our) : null;
            if (listed != null) {
                note("  #" + id + " <- " + Translated.text(our) + ", by Kafka never answered");
                reached.hit("listed: " + listed);
                continue;
            }
            if (their instanceof JoinReply kafkas && kafkas.error() == KafkaError.UNKNOWN_SERVER_ERROR
                    && our instanceof JoinReply join && join.error() != KafkaError.NONE) {
                reached.hit("listed: pending-id-with-instance");
                theirs.put(id, our);
                their = our;
            }
            String ourText = our == null ? "no answer" : Translated.text(our);
            expectEqual("answer to #" + id, their == null ? "no answer" : Translated.text(their), ourText);
            note("  #" + id + " <- " + ourText);
            count(our);
        }
        List<CoordinatorRecord> written = sampo.takeWritten();
        List<String> ourRecords = written.stream()
                .map(record -> {
                    reached.hit("record " + record.key().getClass().getSimpleName() + (record.value() == null ? " removed" : ""));
                    if (record.value() != null && record.value().message() instanceof ConsumerGroupCurrentMemberAssignmentValue member) {
                        reached.hit("member " + MemberState.fromValue(member.state()));
                    }
                    return Translated.text(record, id -> id);
                })
                .toList();
        ourRecords.forEach(record -> note("  wrote " + record));
        List<CoordinatorRecord> theirRecords = kafka.shard().takeWritten();
        matchLeaderOfDowngrade(written, theirRecords);
        expectEqual(
                "records", inOrder(theirRecords.stream().map(record -> Translated.text(record, this::sampoId)).toList()),
                inOrder(ourRecords));
        if (kafka.shard().takeTimersLeftRunning()) {
            reached.hit("listed: timers-left-running");
        }
        ClassicGroup group = kafka.group();
        if (group != null && group.isEmpty() && group.newMemberAdded()) {
            reached.hit("listed: delay-carried-over");
            group.setNewMemberAdded(false);
        }
        kafka.shard().takeLate().forEach(timer -> reached.hit("late " + timer));
        if (kafka.mendSubscriptionType()) {
            reached.hit("listed: same-topics-not-counted-again");
        }
        Group.Summary summary = sampo.summary();
        expectEqual("listed", String.valueOf(kafka.summary()), String.valueOf(summary));
        String type = summary == null ? "" : summary.groupType();
        if (type.equals("consumer") && lastType.equals("classic") && !sampo.describeConsumers().members().isEmpty()
                && sampo.describeConsumers().members().stream().anyMatch(Group.DescribedConsumer::classic)) {
            reached.hit("upgraded");
        }
        lastType = type;
        compareConsumers();
        Group.DescribeReply described = sampo.describe();
        expectEqual("description", Translated.text(Translated.reply(kafka.describe(), this::sampoId)), Translated.text(described));
        if (!described.state().equals(lastState)) {
            lastState = described.state();
            reached.hit("state " + lastState);
            note("  is " + lastState + " with " + described.members().size() + " members");
        }
    }

    /** A classic group that was one of consumers is led by any member in Kafka, the first of a hash map: it gets ours. */
    private void matchLeaderOfDowngrade(List<CoordinatorRecord> ours, List<CoordinatorRecord> theirs) {
        ClassicGroup group = kafka.group();
        if (group == null || !lastType.equals("consumer")) {
            return;
        }
        String leader = ours.stream()
                .map(CoordinatorRecord::value).filter(Objects::nonNull).map(ApiMessageAndVersion::message)
                .filter(GroupMetadataValue.class::isInstance).map(value -> ((GroupMetadataValue) value).leader())
                .filter(Objects::nonNull).findFirst().orElse(null);
        if (leader == null || !group.hasMember(kafkaId(leader))) {
            return;
        }
        reached.hit("downgraded");
        group.setLeaderId(Optional.of(kafkaId(leader)));
        kafka.shard().storedLeader(kafkaId(leader));
        for (CoordinatorRecord record : theirs) {
            if (record.value() != null && record.value().message() instanceof GroupMetadataValue value) {
                value.setLeader(kafkaId(leader));
            }
        }
    }

    private void compareConsumers() {
        Group.ConsumerGroupDescribeReply described = sampo.describeConsumers();
        expectEqual(
                "consumers' description",
                Translated.text(Translated.reply(kafka.describeConsumers(), this::sampoId)), Translated.text(described));
        if (!described.assignorName().equals(lastAssignor)) {
            lastAssignor = described.assignorName();
            reached.hit("assignor " + lastAssignor);
        }
        if (!described.state().equals(lastConsumerState)) {
            lastConsumerState = described.state();
            reached.hit("consumers " + lastConsumerState);
            note("  is " + lastConsumerState + " with " + described.members().size() + " consumers");
        }
    }

    /**
     * Removed offsets first, by name; neighbours of one kind by name, those that remove members by the member: Kafka takes
     * all of them from hash maps.
     */
    private static String inOrder(List<String> records) {
        var ordered = new ArrayList<>(records.stream().filter(Comparison::removesOffset).sorted().toList());
        var neighbours = new ArrayList<String>();
        for (String record : records) {
            if (removesOffset(record)) {
                continue;
            }
            if (!neighbours.isEmpty() && !kind(neighbours.getFirst()).equals(kind(record))) {
                ordered.addAll(sorted(neighbours));
                neighbours.clear();
            }
            neighbours.add(record);
        }
        ordered.addAll(sorted(neighbours));
        return String.join("\n", ordered);
    }

    /** The same for records whose order means nothing. */
    private static String kind(String record) {
        return record.startsWith("OffsetCommitKey") ? record
                : removesMember(record) ? "removed member"
                : record.substring(0, record.indexOf('(')) + record.endsWith(" removed");
    }

    private static List<String> sorted(List<String> neighbours) {
        return neighbours.isEmpty() || !removesMember(neighbours.getFirst())
                ? neighbours.stream().sorted().toList()
                : neighbours.stream().sorted(Comparator.comparing(record -> record.substring(record.indexOf('(')))).toList();
    }

    private static boolean removesMember(String record) {
        return record.contains("memberId=") && record.endsWith(" removed");
    }

    private static boolean removesOffset(String record) {
        return record.startsWith("OffsetCommitKey") && record.endsWith(" removed");
    }

    /** The name of the listed difference, null when there is none. */
    private static @Nullable String neverAnsweredByKafka(Group.Reply our) {
        KafkaError error = switch (our) {
            case JoinReply join -> join.error();
            case Group.SyncReply sync -> sync.error();
            default -> KafkaError.NONE;
        };
        if (error == KafkaError.REBALANCE_IN_PROGRESS) {
            return our instanceof JoinReply ? "join-sent-again" : "sync-sent-again";
        }
        return our instanceof Group.SyncReply && error == KafkaError.UNKNOWN_MEMBER_ID ? "sync-of-one-who-left" : null;
    }

    private void expectEqual(String what, String theirs, String ours) {
        if (difference == null && !theirs.equals(ours)) {
            difference = what + "\n    Kafka: " + theirs.replace("\n", "\n           ") + "\n    here:  " + ours.replace("\n", "\n           ");
        }
    }

    private void count(Group.@Nullable Reply reply) {
        switch (reply) {
            case null -> { }
            case JoinReply join -> {
                reached.hit("join " + join.error());
                if (join.skipAssignment()) {
                    reached.hit("join skips assignment");
                }
            }
            case Group.SyncReply sync -> reached.hit("sync " + sync.error());
            case Group.HeartbeatReply heartbeat -> reached.hit("heartbeat " + heartbeat.error());
            case Group.LeaveReply leave -> leave.members().forEach(error -> reached.hit("leave " + error));
            case Group.CommitOffsetsReply commit -> commit.errors().forEach(error -> reached.hit("commit " + error));
            case Group.FetchOffsetsReply fetch -> {
                reached.hit("fetch " + fetch.error());
                fetch.topics().forEach(topic -> topic.partitions()
                        .forEach(each -> reached.hit(each.offset() < 0 ? "fetch none" : "fetch offset")));
            }
            case Group.DeleteGroupReply delete -> reached.hit("delete group " + delete.error());
            case Group.DeleteOffsetsReply delete -> {
                reached.hit("delete offsets " + delete.error());
                delete.partitions().forEach(error -> reached.hit("delete offset " + error));
            }
            case Group.ConsumerGroupHeartbeatReply beat -> {
                reached.hit("consumer heartbeat " + beat.error());
                if (beat.assignment() != null) {
                    reached.hit(beat.assignment().isEmpty() ? "empty assignment" : "assignment");
                }
            }
            case Group.DescribeReply describe -> { }
            case Group.ConsumerGroupDescribeReply describe -> { }
        }
    }

    /** Gives Kafka's group the leader that ours took, where Kafka's choice was chance and ours is one that joined. */
    private void matchLeader(@Nullable String leaderBefore, Map<Long, Group.Reply> ours, Map<Long, Group.Reply> theirs) {
        ClassicGroup group = kafka.group();
        if (group == null || group.leaderOrNull() == null) {
            return;
        }
        String leader = group.leaderOrNull();
        if (leaderBefore != null && !leaderBefore.equals(leader) && !group.hasMember(leaderBefore) && replaced(leaderBefore, leader)) {
            reached.hit("leader replaced");
        } else if (leaderBefore != null && !leaderBefore.equals(leader)) {
            leaderByChance = true;
        }
        JoinReply begun = ours.values().stream()
                .filter(reply -> reply instanceof JoinReply join && join.error() == KafkaError.NONE && join.generationId() == group.generationId())
                .map(JoinReply.class::cast)
                .findFirst().orElse(null);
        if (begun == null) {
            return;
        }
        String ourLeader = kafkaId(begun.leader());
        boolean joined = theirs.values().stream()
                .anyMatch(reply -> reply instanceof JoinReply join && join.error() == KafkaError.NONE && join.memberId().equals(begun.leader()));
        if (leaderByChance && joined && group.hasMember(ourLeader)) {
            reached.hit("leader by chance");
            if (!ourLeader.equals(leader)) {
                group.setLeaderId(Optional.of(ourLeader));
                theirs.replaceAll((id, reply) -> reply instanceof JoinReply join && join.error() == KafkaError.NONE
                        ? asOf(group, join, begun.leader())
                        : reply);
            }
        }
        leaderByChance = false;
    }

    /** One static id makes the other: the second half of a static member's id is new, the first stays. */
    private boolean replaced(String before, String after) {
        String one = sampoId(before);
        String other = sampoId(after);
        return one.startsWith("box-") && one.substring(0, one.lastIndexOf('-')).equals(other.substring(0, other.lastIndexOf('-')));
    }

    private JoinReply asOf(ClassicGroup group, JoinReply join, String leader) {
        return new JoinReply(
                join.error(), join.memberId(), join.generationId(), join.protocolType(), join.protocolName(), leader,
                join.skipAssignment(), join.memberId().equals(leader)
                        ? group.currentClassicGroupMembers().stream()
                                .map(member -> new Group.JoinedMember(
                                        sampoId(member.memberId()), member.groupInstanceId(), member.metadata()))
                                .toList()
                        : List.of());
    }
}
