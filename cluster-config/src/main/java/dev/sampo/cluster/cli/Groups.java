package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;

/** Questions about groups that several commands have. */
final class Groups {
    private Groups() {}

    /**
     * How far a group is in one partition.
     *
     * @param committedOffset null where nothing was committed
     * @param endOffset null for a partition that is not there any more
     * @param lag null where it cannot be told
     * @param member who reads it, null for nobody
     */
    record Lag(
            String group,
            String topic,
            int partition,
            @Nullable Long committedOffset,
            @Nullable Long endOffset,
            @Nullable Long lag,
            @Nullable String member) {}

    /** The group, which must be there. */
    static ConsumerGroupDescription describe(Admin admin, String group) {
        ConsumerGroupDescription description =
                Failures.await(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group), "group " + group);
        if (description.groupState() == GroupState.DEAD) { // what older brokers say of a group that is not there
            throw Failures.of(new GroupIdNotFoundException(group), "group " + group);
        }
        return description;
    }

    static Map<TopicPartition, Long> committed(Admin admin, String group) {
        var committed = new TreeMap<TopicPartition, Long>(Topics.BY_NAME);
        commits(admin, group).forEach((partition, commit) -> committed.put(partition, commit.offset()));
        return committed;
    }

    /** With the metadata that the members gave along. */
    static Map<TopicPartition, OffsetAndMetadata> commits(Admin admin, String group) {
        var commits = new TreeMap<TopicPartition, OffsetAndMetadata>(Topics.BY_NAME);
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Failures.await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata(), "group " + group);
        offsets.forEach((partition, commit) -> {
            if (commit != null) {
                commits.put(partition, commit);
            }
        });
        return commits;
    }

    /** By partition: what was committed, and what a member reads without having committed yet. */
    static List<Lag> lag(Admin admin, ConsumerGroupDescription group) {
        Map<TopicPartition, Long> committed = committed(admin, group.groupId());
        var readers = new HashMap<TopicPartition, String>();
        for (MemberDescription member : group.members()) {
            member.assignment().topicPartitions().forEach(partition -> readers.put(partition, member.consumerId()));
        }
        var partitions = new TreeMap<TopicPartition, Boolean>(Topics.BY_NAME);
        committed.keySet().forEach(partition -> partitions.put(partition, true));
        readers.keySet().forEach(partition -> partitions.put(partition, true));
        Map<TopicPartition, Long> ends = ends(admin, partitions.keySet());
        var rows = new ArrayList<Lag>();
        for (TopicPartition partition : partitions.keySet()) {
            Long offset = committed.get(partition);
            Long end = ends.get(partition);
            rows.add(new Lag(
                    group.groupId(), partition.topic(), partition.partition(), offset, end,
                    offset == null || end == null ? null : Long.valueOf(Math.max(0, end - offset)), readers.get(partition)));
        }
        return rows;
    }

    /** A topic that was deleted leaves commits behind: its partitions have no end. */
    private static Map<TopicPartition, Long> ends(Admin admin, Collection<TopicPartition> partitions) {
        var ends = new HashMap<TopicPartition, Long>();
        Map<String, List<TopicPartition>> byTopic =
                partitions.stream().collect(java.util.stream.Collectors.groupingBy(TopicPartition::topic));
        byTopic.forEach((topic, ofTopic) -> {
            try {
                ends.putAll(Topics.offsets(admin, ofTopic, _ -> OffsetSpec.latest()));
            } catch (CliException e) {
                if (e.exitCode() != ExitCode.NOT_FOUND) {
                    throw e;
                }
            }
        });
        return ends;
    }
}
