package dev.sampo.group.consumer;

import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/** Ids of those names that exist, looked up as they are asked for: each of many members has such a set. */
final class TopicIds extends AbstractSet<Uuid> {
    private final Set<String> names;
    private final Topics topics;

    TopicIds(Set<String> names, Topics topics) {
        this.names = names;
        this.topics = topics;
    }

    @Override
    public Iterator<Uuid> iterator() {
        return names.stream().map(topics::topic).filter(Objects::nonNull).map(Topics.Topic::id).iterator();
    }

    @Override
    public int size() {
        return (int) names.stream().filter(name -> topics.topic(name) != null).count();
    }

    @Override
    public boolean contains(Object id) {
        Topics.Topic topic = id instanceof Uuid topicId ? topics.topic(topicId) : null;
        return topic != null && names.contains(topic.name());
    }
}
