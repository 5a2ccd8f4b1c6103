package dev.sampo.group.coordinator;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.group.coordinator.LedPartitions.Effect.Start;
import dev.sampo.group.coordinator.LedPartitions.Effect.Stop;
import dev.sampo.group.coordinator.LedPartitions.Led;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class LedPartitionsTest {
    private static final TopicIdPartition ID = new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAACQ"), 3);

    private final LedPartitions<String> led = new LedPartitions<>();

    private static Led<String> led(String leader, int epoch, boolean handedOff) {
        return new Led<>(ID, leader, epoch, handedOff);
    }

    @Test
    void nextEpochBeginsOnlyWhenTheCoordinatorOfTheLastHasStopped() {
        Led<String> second = led("a", 2, false);
        assertThat(led.onEntered(led("a", 1, false), true)).containsExactly(new Start<>(led("a", 1, false)));
        assertThat(led.onEntered(second, true)).containsExactly(new Stop<>(3));
        assertThat(led.onEntered(led("a", 3, false), true)).isEmpty(); // it stops already
        assertThat(led.onStopped(3)).containsExactly(new Start<>(led("a", 3, false)));
        assertThat(led.onStopped(3)).containsExactly(new Start<>(led("a", 3, false))); // it failed
    }

    @Test
    void whoLeadsNoMoreIsNotStartedAgain() {
        led.onEntered(led("a", 1, false), true);
        assertThat(led.onLeft(led("a", 1, false))).containsExactly(new Stop<>(3));
        assertThat(led.onStopped(3)).isEmpty();
        assertThat(led.onLeft(led("a", 1, false))).isEmpty();
    }

    @Test
    void groupsGoOnWithTheirLeaderAfterAHandOff() {
        led.onEntered(led("a", 1, false), true);
        assertThat(led.onEntered(led("b", 1, true), true)).isEmpty();
        assertThat(led.onLeft(led("a", 1, false))).isEmpty();
        assertThat(led.onLeft(led("b", 1, true))).containsExactly(new Stop<>(3));
    }

    @Test
    void newsOfALeaderThatHasLeftAlreadyAreNone() {
        assertThat(led.onEntered(led("a", 1, false), false)).isEmpty();
        assertThat(led.onEntered(led("a", 2, false), true)).containsExactly(new Start<>(led("a", 2, false)));
        assertThat(led.onEntered(led("a", 2, false), true)).isEmpty();
    }
}
