package dev.sampo.tests.oracle.group;

import com.google.re2j.Pattern;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.MigrationPolicy;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.coordinator.GroupEffect;
import dev.sampo.group.coordinator.GroupEffect.Persist;
import dev.sampo.group.coordinator.GroupEffect.Reply;
import dev.sampo.group.coordinator.GroupEffect.Resolve;
import dev.sampo.group.coordinator.GroupSettings;
import dev.sampo.group.coordinator.GroupState;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.OffsetsRecords;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.jspecify.annotations.Nullable;

/** One group under Sampo's rules: what they store is stored at once. Its records are read with Kafka's own reader. */
final class SampoGroup {
    /** As by default, with the assignors that go by no hash map's order. */
    static final ConsumerGroupSettings IN_ORDER = new ConsumerGroupSettings(
            45_000, 45_000, 60_000, 5000, 5000, 15_000, 15_000, Integer.MAX_VALUE, 1000, 0, 0, 15_000, 600_000,
            MigrationPolicy.DISABLED, List.of(new InOrder.Uniform(), new InOrder.Range()));
    private static final GroupCoordinatorRecordSerde READER = new GroupCoordinatorRecordSerde();

    private final String groupId;
    private final GroupSettings settings;
    private final Map<GroupEvent.Key, GroupEvent> stored = new LinkedHashMap<>();
    private final Map<Long, Group.Reply> answers = new TreeMap<>();
    private final List<CoordinatorRecord> written = new ArrayList<>();
    private final Deque<Resolve> resolving = new ArrayDeque<>();
    private KafkaTopics topics = KafkaTopics.NONE;
    private GroupState state;
    private @Nullable String uniqueId;
    private int uniqueIds;
    private long nowMs;

    SampoGroup(String groupId, GroupSettings settings, long nowMs) {
        this.groupId = groupId;
        this.settings = settings;
        this.nowMs = nowMs;
        this.state = newState();
    }

    private GroupState newState() {
        var made = new GroupState(groupId, settings, () -> {
            uniqueId = "id" + uniqueIds++;
            return uniqueId;
        }, nowMs);
        made.onTopics(topics);
        return made;
    }

    /** Another broker takes over from what is stored, which it hears of in any order; requests that wait are lost. */
    void failOver(Random random) {
        topics = topics.loaded();
        state = newState();
        answers.clear();
        resolving.clear();
        var events = new ArrayList<>(stored.values());
        Collections.shuffle(events, random);
        events.forEach(state::restore);
        perform(state.restored(nowMs));
    }

    Map<Long, Group.Reply> takeAnswers() {
        var taken = new TreeMap<>(answers);
        answers.clear();
        return taken;
    }

    List<CoordinatorRecord> takeWritten() {
        List<CoordinatorRecord> taken = List.copyOf(written);
        written.clear();
        return taken;
    }

    /** The unique half of the next member id that is given out. */
    String nextUniqueId() {
        return "id" + uniqueIds;
    }

    /** The unique half of a member id that was given out since the last look. */
    @Nullable String takeUniqueId() {
        String taken = uniqueId;
        uniqueId = null;
        return taken;
    }

    long nextMs() {
        return state.nextMs();
    }

    void at(long ms) {
        nowMs = ms;
        do {
            perform(state.onTime(ms, ms));
        } while (state.nextMs() <= ms);
    }

    void ask(long requestId, Group.Request<?> request) {
        perform(state.onRequest(requestId, request, nowMs));
    }

    Group.DescribeReply describe() {
        return (Group.DescribeReply) ((Reply) state.onRequest(0, new Group.Describe(groupId), nowMs).getFirst()).reply();
    }

    Group.ConsumerGroupDescribeReply describeConsumers() {
        return (Group.ConsumerGroupDescribeReply)
                ((Reply) state.onRequest(0, new Group.ConsumerGroupDescribe(groupId), nowMs).getFirst()).reply();
    }

    /** The row of ListGroups, null without a group. */
    Group.@Nullable Summary summary() {
        return state.isGone() ? null : state.summary();
    }

    /** The cluster's topics are these now. */
    void topics(KafkaTopics now) {
        KafkaTopics before = topics;
        topics = now;
        state.onTopics(now);
        for (KafkaTopics.KafkaTopic topic : before.byName().values()) {
            if (now.topic(topic.id()) == null) {
                deleteTopic(topic.name(), topic.id());
            }
        }
    }

    void deleteTopic(String topic, Uuid topicId) {
        perform(state.onTopicDeleted(topic, topicId));
    }

    private void perform(List<GroupEffect> effects) {
        for (GroupEffect effect : effects) {
            switch (effect) {
                case Persist(var events) -> events.forEach(this::store);
                case Reply(long requestId, Group.Reply reply) -> {
                    if (answers.put(requestId, reply) != null) {
                        throw new AssertionError("request " + requestId + " answered twice");
                    }
                }
                case GroupEffect.Call call -> throw new AssertionError("no member here lives in the cluster: " + call.nodes());
                case Resolve resolve -> resolving.add(resolve);
            }
        }
        while (!resolving.isEmpty()) {
            Resolve resolve = resolving.poll();
            perform(state.onResolved(
                    resolve.regexes().stream().collect(Collectors.toMap(regex -> regex, regex -> matching(regex, resolve.topics()))),
                    resolve.topics(), nowMs));
        }
    }

    private static Set<String> matching(String regex, Topics topics) {
        var pattern = Pattern.compile(regex);
        return topics.names().stream().filter(name -> pattern.matcher(name).matches()).collect(Collectors.toSet());
    }

    private void store(GroupEvent event) {
        if (event.removes()) {
            stored.remove(event.key());
        } else {
            stored.put(event.key(), event);
        }
        SimpleRecord record = OffsetsRecords.encode(groupId, event, nowMs);
        written.add(READER.deserialize(record.key(), record.value()));
    }
}
