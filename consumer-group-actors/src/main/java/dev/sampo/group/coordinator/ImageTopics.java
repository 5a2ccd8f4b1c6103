package dev.sampo.group.coordinator;

import dev.sampo.group.consumer.Topics;
import dev.sampo.partition.controller.MetadataImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** The topics of a metadata image; versions are its offsets. */
record ImageTopics(MetadataImage image, long newestTopicVersion) implements Topics {
    /** Those of the next image: the same object when neither topics nor racks may have changed. */
    @SuppressWarnings("ReferenceEquality") // the maps are immutable: the same object means no change
    static Topics of(Topics now, MetadataImage before, MetadataImage next) {
        if (now instanceof ImageTopics && before.topics() == next.topics() && before.brokers() == next.brokers()) {
            return now;
        }
        boolean created = !before.topics().keySet().containsAll(next.topics().keySet());
        return new ImageTopics(next, created ? next.offset() : now.newestTopicVersion());
    }

    @Override
    public long version() {
        return image.offset();
    }

    @Override
    public Collection<String> names() {
        return image.topicIds().keySet();
    }

    @Override
    public @Nullable Topic topic(String name) {
        return topic(image.topic(name));
    }

    @Override
    public @Nullable Topic topic(Uuid id) {
        return topic(image.topic(id));
    }

    private static @Nullable Topic topic(MetadataImage.@Nullable Topic topic) {
        return topic == null ? null : new Topic(topic.id(), topic.name(), topic.partitionGroups().size());
    }

    @Override
    public List<String> racks(Topic of, int partition) {
        MetadataImage.Topic topic = image.topic(of.id());
        if (topic == null) {
            return List.of();
        }
        var racks = new ArrayList<String>();
        for (int brokerId : image.groupOf(topic, partition).replicas()) {
            MetadataImage.Broker broker = image.brokers().get(brokerId);
            String rack = broker == null ? null : broker.rack();
            if (rack != null) {
                racks.add(rack);
            }
        }
        return racks;
    }
}
