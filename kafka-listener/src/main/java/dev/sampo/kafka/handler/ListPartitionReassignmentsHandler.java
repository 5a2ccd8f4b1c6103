package dev.sampo.kafka.handler;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import dev.sampo.partition.placement.Holders;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingPartitionReassignment;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingTopicReassignment;
import org.apache.kafka.common.protocol.ApiKeys;

/** ListPartitionReassignments (46), version 0: the moves under way, as this broker's image shows them (KIP-455). */
public final class ListPartitionReassignmentsHandler implements ApiHandler {
    private final ClusterView cluster;

    public ListPartitionReassignmentsHandler(ClusterView cluster) {
        this.cluster = cluster;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
    }

    @Override
    public boolean overlaps() {
        return true;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (ListPartitionReassignmentsRequestData) exchange.request();
        MetadataImage image = cluster.image();
        var response = new ListPartitionReassignmentsResponseData();
        if (request.topics() == null) {
            for (Topic topic : image.topics().values()) {
                add(response, image, topic, new TreeSet<>(topic.moves().keySet()));
            }
        } else {
            for (var wanted : request.topics()) {
                Topic topic = image.topic(wanted.name());
                if (topic != null) {
                    add(response, image, topic, wanted.partitionIndexes());
                }
            }
        }
        exchange.respond(response);
    }

    private static void add(ListPartitionReassignmentsResponseData response, MetadataImage image, Topic topic,
            Collection<Integer> partitions) {
        var ongoing = new ArrayList<OngoingPartitionReassignment>();
        for (int partition : partitions) {
            if (topic.moves().containsKey(partition)) {
                ongoing.add(new OngoingPartitionReassignment()
                        .setPartitionIndex(partition)
                        .setReplicas(Holders.of(image, topic, partition))
                        .setAddingReplicas(sorted(Holders.joining(image, topic, partition)))
                        .setRemovingReplicas(sorted(Holders.leaving(image, topic, partition))));
            }
        }
        if (!ongoing.isEmpty()) {
            response.topics().add(new OngoingTopicReassignment().setName(topic.name()).setPartitions(ongoing));
        }
    }

    private static List<Integer> sorted(List<Integer> brokers) {
        return brokers.stream().sorted().toList();
    }
}
