package dev.sampo.partition.session;

import dev.sampo.partition.session.ClusterNodesEffect.Down;
import dev.sampo.partition.session.ClusterNodesEffect.Gone;
import dev.sampo.partition.session.ClusterNodesEffect.Unwatch;
import dev.sampo.partition.session.ClusterNodesEffect.Watch;
import dev.sampo.partition.session.ClusterNodesState.Node;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ClusterNodesStateTest {
    private static final Node BROKER = new Node(true, false, true);
    private static final Node BROKER_OUT_OF_REACH = new Node(true, false, false);
    private static final Node STREAMS = new Node(false, false, true);
    private static final Node STREAMS_OUT_OF_REACH = new Node(false, false, false);
    private static final Node STREAMS_LEAVING = new Node(false, true, true);

    private final ClusterNodesState state = new ClusterNodesState();

    @Test
    void theProcessOfANodeThatOnlyRunsStreamsIsWatchedAndThatOfABrokerIsNot() {
        assertThat(state.onNodes(Map.of("b", BROKER, "s", STREAMS))).containsExactly(new Watch("s"));
        assertThat(state.onNodes(Map.of("b", BROKER, "s", STREAMS))).isEmpty();
    }

    @Test
    void aNodeWhoseProcessIsDeadIsGoneAtOnceAndTakenOut() {
        // Given
        var _ = state.onNodes(Map.of("s", STREAMS));

        // When, then
        assertThat(state.onDead("s")).containsExactly(new Gone("s"), new Down("s", "its process is gone"));
        assertThat(state.onDead("s")).isEmpty();
        assertThat(state.onNodes(Map.of("s", new Node(false, true, false)))).isEmpty();
        assertThat(state.onNodes(Map.of())).containsExactly(new Unwatch("s"));
    }

    @Test
    void aNodeOnItsWayOutIsGoneOnceAlsoWhenItIsABroker() {
        // Given
        var _ = state.onNodes(Map.of("b", BROKER, "s", STREAMS));

        // When, then
        assertThat(state.onNodes(Map.of("b", new Node(true, true, true), "s", STREAMS_LEAVING)))
                .containsExactly(new Gone("b"), new Gone("s"));
        assertThat(state.onNodes(Map.of())).containsExactly(new Unwatch("s"));
    }

    @Test
    void aNodeThatIsRemovedWithoutNoticeIsGone() {
        // Given
        var _ = state.onNodes(Map.of("b", BROKER));

        // When, then
        assertThat(state.onNodes(Map.of())).containsExactly(new Gone("b"));
    }

    @Test
    void whoReachesMostBrokersTakesOutANodeOfStreamsThatIsOutOfReachAndNeverABroker() {
        // Given
        var _ = state.onNodes(Map.of("b", BROKER, "c", BROKER, "s", STREAMS));

        // When, then: two of three brokers are reached
        assertThat(state.onNodes(Map.of("b", BROKER, "c", BROKER_OUT_OF_REACH, "s", STREAMS_OUT_OF_REACH)))
                .containsExactly(new Down("s", "it is out of reach"));
    }

    @Test
    void whoIsCutOffFromTheOtherBrokersTakesNobodyOutUntilItReachesThemAgain() {
        // Given
        var _ = state.onNodes(Map.of("b", BROKER, "s", STREAMS));

        // When: one of two
        assertThat(state.onNodes(Map.of("b", BROKER_OUT_OF_REACH, "s", STREAMS_OUT_OF_REACH))).isEmpty();

        // Then
        assertThat(state.onNodes(Map.of("b", BROKER, "s", STREAMS_OUT_OF_REACH)))
                .containsExactly(new Down("s", "it is out of reach"));
    }

    @Test
    void theOnlyBrokerTakesOutWhomItDoesNotReach() {
        // Given
        var _ = state.onNodes(Map.of("s", STREAMS));

        // When, then
        assertThat(state.onNodes(Map.of("s", STREAMS_OUT_OF_REACH)))
                .containsExactly(new Down("s", "it is out of reach"));
    }
}
