package dev.sampo.group.coordinator;

import dev.sampo.group.coordinator.PartitionGroups.Effect.Again;
import dev.sampo.group.coordinator.PartitionGroups.Effect.AnswerForNobody;
import dev.sampo.group.coordinator.PartitionGroups.Effect.Serve;
import dev.sampo.group.coordinator.PartitionGroups.Effect.Start;
import dev.sampo.group.coordinator.PartitionGroups.Effect.Stop;
import dev.sampo.group.coordinator.PartitionGroups.Effect.Tell;
import java.util.Set;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class PartitionGroupsTest {
    private final PartitionGroups<String> groups = new PartitionGroups<>();

    @Test
    void servesWhenAllStoredGroupsHaveRecovered() {
        assertThat(groups.onLoaded(Set.of("a", "b"))).containsExactly(new Start<>("a"), new Start<>("b"));
        assertThat(groups.onRecovered("b")).isEmpty();
        assertThat(groups.onRecovered("a")).containsExactly(new Serve<>());
        assertThat(groups.onRecovered("a")).isEmpty(); // after a failed write
        assertThat(new PartitionGroups<String>().onLoaded(Set.of())).containsExactly(new Serve<>());
    }

    @Test
    void groupThatDoesNotExistStartsByARequestThatMayCreateIt() {
        groups.onLoaded(Set.of());
        assertThat(groups.onRequest("a", "heartbeat", false, false)).containsExactly(new AnswerForNobody<>("heartbeat"));
        assertThat(groups.onRequest("a", "join", true, false)).containsExactly(new Start<>("a"), new Tell<>("a", "join"));
        assertThat(groups.onRequest("a", "heartbeat", false, false)).containsExactly(new Tell<>("a", "heartbeat"));
        assertThat(groups.onRequest("b", "heartbeat", false, true)).containsExactly(new Start<>("b"), new Tell<>("b", "heartbeat"));
    }

    @Test
    void requestsWaitForTheEndOfAGroupThatIsGone() {
        groups.onLoaded(Set.of());
        groups.onRequest("a", "join", true, false);
        assertThat(groups.onGone("a")).containsExactly(new Stop<>("a"));
        assertThat(groups.onGone("a")).isEmpty();
        assertThat(groups.onRequest("a", "commit", true, false)).isEmpty();
        assertThat(groups.onStopped("a", false)).containsExactly(new Again<>("commit"));
    }

    @Test
    void groupThatCameIntoBeingAgainGetsThem() {
        groups.onLoaded(Set.of());
        groups.onRequest("a", "join", true, false);
        groups.onGone("a");
        groups.onRequest("a", "commit", true, false);
        assertThat(groups.onEnd()).containsExactly("commit");
        assertThat(groups.onStays("a")).containsExactly(new Tell<>("a", "commit"));
        assertThat(groups.onEnd()).isEmpty();
    }

    @Test
    void storedGroupThatFailedGoesOn() {
        groups.onLoaded(Set.of("a"));
        assertThat(groups.onStopped("a", true)).containsExactly(new Start<>("a"));
        assertThat(groups.onStopped("a", false)).containsExactly(new Serve<>()); // nothing is stored any more
    }
}
