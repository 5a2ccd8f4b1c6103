package dev.sampo.kafka.replica;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicationThrottleTest {
    private static final Uuid TOPIC = new Uuid(1, 2);
    private static final TopicIdPartition THROTTLED = new TopicIdPartition(TOPIC, 0);
    private static final TopicIdPartition FREE = new TopicIdPartition(TOPIC, 1);
    private MetadataImage image = MetadataImage.EMPTY
            .apply(new ControllerEvent.PlacementGroupCreated("g0", List.of(1), 0, List.of(1)))
            .apply(new ControllerEvent.TopicCreated(TOPIC, "t", List.of("g0", "g0"), false, Map.of()));
    private final ReplicationThrottle throttle = new ReplicationThrottle(3, new MetadataImages() {
        @Override
        public MetadataImage current() {
            return image;
        }

        @Override
        public Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<MetadataImage> reached(long offset) {
            return CompletableFuture.completedFuture(image);
        }
    });

    @Test
    void theRateHoldsForTheNamedReplicasOnly() {
        // Given
        configs(ConfigResourceType.TOPIC, "t", "follower.replication.throttled.replicas", "0:3,1:2");
        configs(ConfigResourceType.BROKER, "3", "follower.replication.throttled.rate", "100000");

        // When
        long bytes = 0;
        long free = 0;
        for (long nowMs = 0; nowMs < 20_000; nowMs += 10) {
            if (throttle.waitMs(THROTTLED, 1, nowMs) == 0) {
                throttle.took(THROTTLED, 1, 30_000);
                bytes += 30_000;
            }
            free += throttle.waitMs(FREE, 1, nowMs);
        }

        // Then
        assertThat(bytes).isBetween(1_900_000L, 2_100_000L);
        assertThat(free).isZero();
    }

    @Test
    void aLeadersRateHoldsForWhatIsTakenFromIt() {
        configs(ConfigResourceType.TOPIC, "t", "leader.replication.throttled.replicas", "*");
        configs(ConfigResourceType.BROKER, "1", "leader.replication.throttled.rate", "1000");
        assertThat(throttle.waitMs(THROTTLED, 1, 5)).isZero();
        throttle.took(THROTTLED, 1, 500);
        assertThat(throttle.waitMs(THROTTLED, 1, 5)).isEqualTo(500);
        assertThat(throttle.waitMs(THROTTLED, 2, 5)).isZero();
        assertThat(throttle.waitMs(THROTTLED, 1, 506)).isZero();
        configs(ConfigResourceType.BROKER, "1", "leader.replication.throttled.rate", "0");
        assertThat(throttle.waitMs(THROTTLED, 1, 9_000)).isPositive();
    }

    @Test
    void aReplicaThatIsInSyncNeverWaits() {
        configs(ConfigResourceType.TOPIC, "t", "follower.replication.throttled.replicas", "*");
        configs(ConfigResourceType.BROKER, "3", "follower.replication.throttled.rate", "1000");
        assertThat(throttle.waitMs(THROTTLED, 1, 5)).isZero();
        throttle.took(THROTTLED, 1, 5_000);
        assertThat(throttle.waitMs(THROTTLED, 1, 5)).isPositive();
        image = image.apply(new ControllerEvent.InSyncReplicasChanged("g0", List.of(1, 3), List.of()));
        assertThat(throttle.waitMs(THROTTLED, 1, 5)).isZero();
    }

    private void configs(ConfigResourceType type, String resource, String name, String value) {
        image = image.apply(new ControllerEvent.ConfigsChanged(new ConfigResource(type, resource), Map.of(name, value)));
    }
}
