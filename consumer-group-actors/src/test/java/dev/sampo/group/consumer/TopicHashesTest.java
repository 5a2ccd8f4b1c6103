package dev.sampo.group.consumer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.group.Utils;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class TopicHashesTest {
    private static final Topics.Topic A = new Topics.Topic(new Uuid(1, 2), "a", 2);
    private static final Topics.Topic B = new Topics.Topic(new Uuid(1, 3), "b", 1);
    private static final Topics TOPICS =
            Topics.of(1, Map.of(A, List.of(List.of("r2", "r1"), List.of("r1")), B, List.of()));

    /** The same topics for Kafka. */
    private record Image(Topics topics) implements CoordinatorMetadataImage {
        @Override
        public Set<Uuid> topicIds() {
            return Set.of(A.id(), B.id());
        }

        @Override
        public Set<String> topicNames() {
            return Set.copyOf(topics.names());
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(String name) {
            return Optional.ofNullable(topics.topic(name)).map(topic -> new TopicMetadata() {
                @Override
                public String name() {
                    return topic.name();
                }

                @Override
                public Uuid id() {
                    return topic.id();
                }

                @Override
                public int partitionCount() {
                    return topic.partitionCount();
                }

                @Override
                public List<String> partitionRacks(int partition) {
                    return new ArrayList<>(topics.racks(topic, partition));
                }
            });
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(Uuid id) {
            throw new UnsupportedOperationException("hashes go by names");
        }

        @Override
        public CoordinatorMetadataDelta emptyDelta() {
            throw new UnsupportedOperationException("hashes need no delta");
        }

        @Override
        public long version() {
            return topics.version();
        }

        @Override
        public boolean isEmpty() {
            return false;
        }
    }

    @Test
    void hashIsThatOfKafka() {
        var image = new Image(TOPICS);
        long expected = Utils.computeGroupHash(
                Map.of("a", Utils.computeTopicHash("a", image), "b", Utils.computeTopicHash("b", image)));
        assertThat(new TopicHashes(TOPICS).of(List.of("b", "gone", "a"))).isEqualTo(expected);
        assertThat(new TopicHashes(TOPICS).of(List.of("gone"))).isZero();
    }

    @Test
    void anotherRackIsAnotherHash() {
        Topics moved = Topics.of(2, Map.of(A, List.of(List.of("r2", "r1"), List.of("r3")), B, List.of()));
        assertThat(new TopicHashes(moved).of(List.of("a"))).isNotEqualTo(new TopicHashes(TOPICS).of(List.of("a")));
        assertThat(new TopicHashes(moved).of(List.of("b"))).isEqualTo(new TopicHashes(TOPICS).of(List.of("b")));
    }
}
