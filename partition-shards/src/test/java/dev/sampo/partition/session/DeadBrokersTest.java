package dev.sampo.partition.session;

import dev.sampo.partition.controller.ControllerEvent.BrokerChanged;
import dev.sampo.partition.controller.ControllerEvent.BrokerFenced;
import dev.sampo.partition.controller.MetadataImage;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

import static dev.sampo.partition.session.SessionTableTest.registered;
import static org.assertj.core.api.Assertions.assertThat;

class DeadBrokersTest {
    private static final MetadataImage TWO = registered(registered(MetadataImage.EMPTY, 1, 1), 2, 2);
    private static final MetadataImage FENCED = TWO.apply(new BrokerFenced(2, 2));

    private final DeadBrokers<String> dead = new DeadBrokers<>();

    @Test
    void theMemberOfABrokerThatIsFencedIsDownedUntilItIsGone() {
        // Given
        dead.onChange(TWO, Map.of(1, "one", 2, "two"));
        assertThat(dead.toDown()).isEmpty();
        // When
        dead.onChange(FENCED, Map.of(1, "one", 2, "two"));
        // Then
        assertThat(dead.toDown()).containsExactly("two");
        dead.onChange(FENCED, Map.of(1, "one"));
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void theNextLifeOfAFencedBrokerIsNotDowned() {
        // Given
        dead.onChange(TWO, Map.of(1, "one", 2, "two"));
        dead.onChange(FENCED, Map.of(1, "one", 2, "two"));
        // When: it joins before it registers
        dead.onChange(FENCED, Map.of(1, "one", 2, "two again"));
        // Then
        assertThat(dead.toDown()).isEmpty();
        dead.onChange(registered(FENCED, 2, 3), Map.of(1, "one", 2, "two again"));
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void aBrokerThatWasFencedBeforeThisNodeKnewItIsNotDowned() {
        dead.onChange(FENCED, Map.of(1, "one", 2, "two"));
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void aBrokerThatStopsInOrderIsNotDowned() {
        // Given
        dead.onChange(TWO, Map.of(1, "one", 2, "two"));
        MetadataImage stopping = TWO.apply(new BrokerChanged(2, true, false));
        dead.onChange(stopping, Map.of(1, "one", 2, "two"));
        // When
        dead.onChange(stopping.apply(new BrokerFenced(2, 2)), Map.of(1, "one", 2, "two"));
        // Then
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void aProvenDeathIsToBeFencedUntilTheMetadataShowIt() {
        // Given
        dead.onChange(TWO, Map.of(1, "one", 2, "two"));
        // When
        assertThat(dead.onProof(2, 2)).contains("two");
        // Then
        dead.onChange(TWO, Map.of(1, "one", 2, "two"));
        assertThat(dead.toFence()).containsExactly(Map.entry(2, 2L));
        dead.onChange(FENCED, Map.of(1, "one", 2, "two"));
        assertThat(dead.toFence()).isEmpty();
    }

    @Test
    void aProofOfAnEarlierLifeDoesNotEndTheNextOne() {
        dead.onChange(TWO, Map.of(1, "one", 2, "two"));
        dead.onProof(2, 2);
        dead.onChange(registered(FENCED, 2, 3), Map.of(1, "one", 2, "two again"));
        assertThat(dead.toFence()).isEmpty();
    }

    @Test
    void theLowestLiveVoterSucceedsADeadLeader() {
        assertThat(DeadBrokers.successor(Set.of(1, 2, 3), TWO, 1)).hasValue(2);
        assertThat(DeadBrokers.successor(Set.of(1, 2, 3), TWO, 3)).hasValue(1);
        assertThat(DeadBrokers.successor(Set.of(2, 3), FENCED, 3)).isEmpty();
    }
}
