package dev.sampo.cluster;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.sharding.TopicSettingsSource;

/** Whether a broker that cannot write to its disk is of more use away than here. Pure. */
final class StorageTrouble {
    private StorageTrouble() {}

    /**
     * True when each partition that needs this broker now has, without it, a live leader to be and as many replicas in sync as
     * it needs to take records. A broker that leaves then costs nothing; one that stays delays every producer until it counts
     * as out of sync.
     */
    static boolean othersCanDoWithout(MetadataImage image, int nodeId, TopicSettingsSource settings) {
        for (var entry : image.groupPartitions().entrySet()) {
            MetadataImage.PlacementGroup group = image.groups().get(entry.getKey());
            if (group == null || entry.getValue().isEmpty()
                    || (group.leader() != nodeId && !group.inSyncReplicas().contains(nodeId))) {
                continue;
            }
            long others = group.inSyncReplicas().stream()
                    .filter(id -> id != nodeId && image.isLive(id) && !isStopping(image, id))
                    .count();
            int needed = entry.getValue().stream()
                    .map(id -> image.topic(id.topicId()))
                    .mapToInt(topic -> topic == null ? 1 : settings.settings(image, topic).minInSyncReplicas())
                    .max()
                    .orElse(1);
            if (others < Math.max(1, needed)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isStopping(MetadataImage image, int id) {
        MetadataImage.Broker broker = image.brokers().get(id);
        return broker != null && broker.shuttingDown();
    }
}
