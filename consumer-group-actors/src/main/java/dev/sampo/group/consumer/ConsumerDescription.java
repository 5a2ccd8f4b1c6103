package dev.sampo.group.consumer;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.ConsumerGroupDescribeReply;
import dev.sampo.actors.protocol.Group.DescribedConsumer;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.journal.ConsumerGroupEvent.CurrentAssignment;
import dev.sampo.group.journal.ConsumerGroupEvent.Subscription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;

/** A consumer group as administrators see it: members in order of their ids, topics by name. */
record ConsumerDescription(GroupFacts facts, Topics topics) {
    ConsumerGroupDescribeReply describe(String assignor) {
        var described = new ArrayList<DescribedConsumer>(facts.size());
        Map<String, ConsumerMember> inOrder = new TreeMap<>(
                facts.members().stream().collect(Collectors.toMap(ConsumerMember::memberId, Function.identity())));
        inOrder.values().forEach(member -> described.add(describe(member)));
        return new ConsumerGroupDescribeReply(
                KafkaError.NONE, null, facts.state().wireName, facts.groupEpoch(), facts.assignmentEpoch(), assignor, described);
    }

    private DescribedConsumer describe(ConsumerMember member) {
        Subscription wants = member.wants();
        CurrentAssignment owns = member.owns();
        Map<Uuid, Set<Integer>> all = new HashMap<>(ConsumerMember.withoutEpochs(owns.assigned()));
        ConsumerMember.withoutEpochs(owns.pendingRevocation()).forEach((topicId, ids) -> all.merge(topicId, ids, (one, more) -> {
            var both = new HashSet<>(one);
            both.addAll(more);
            return both;
        }));
        return new DescribedConsumer(
                member.memberId(), wants.instanceId(), wants.rackId(), member.memberEpoch(), wants.clientId(), wants.clientHost(),
                wants.topicNames().stream().sorted().toList(), wants.topicRegex(), named(all),
                named(facts.targets().of(member.memberId())));
    }

    /** In order of names and partitions. */
    private List<TopicPartitions> named(Map<Uuid, Set<Integer>> byId) {
        var named = new TreeMap<String, TopicPartitions>();
        byId.forEach((topicId, ids) -> {
            Topics.Topic topic = topics.topic(topicId);
            if (topic != null) {
                named.put(topic.name(), new TopicPartitions(topic.name(), topicId, List.copyOf(new TreeSet<>(ids))));
            }
        });
        return List.copyOf(named.values());
    }
}
