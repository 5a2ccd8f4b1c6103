package dev.sampo.partition.session;

import dev.sampo.partition.controller.ControllerEvent.BrokerChanged;
import dev.sampo.partition.controller.ControllerEvent.BrokerFenced;
import dev.sampo.partition.controller.MetadataImage;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

import static dev.sampo.partition.session.SessionTableTest.registered;
import static org.assertj.core.api.Assertions.assertThat;

class DeadBrokersTest {
    private static final MetadataImage TWO = registered(registered(MetadataImage.EMPTY, 1, 1), 2, 2);
    private static final MetadataImage FENCED = TWO.apply(new BrokerFenced(2, 2));

    private final DeadBrokers<String> dead = new DeadBrokers<>();

    /** All brokers of the image have been heard. */
    private void change(MetadataImage image, Map<Integer, String> members) {
        dead.onChange(image, members, image.brokers().values().stream()
                .collect(Collectors.toMap(MetadataImage.Broker::id, MetadataImage.Broker::incarnation)));
    }

    @Test
    void theNextLifeOfABrokerIsNotDownedWhenTheSessionOfAnEarlierOneEnds() {
        // Given: all were killed; the metadata know broker 2 as it was, its new process has joined and not registered
        dead.onChange(TWO, Map.of(1, "one", 2, "two again"), Map.of(1, 1L));
        // When
        dead.onChange(FENCED, Map.of(1, "one", 2, "two again"), Map.of(1, 1L));
        // Then
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void theNextLifeOfABrokerDoesNotTakeThePlaceOfTheOneThatWasHeard() {
        // Given
        change(TWO, Map.of(1, "one", 2, "two"));
        // When: it joins before the earlier one is fenced
        change(TWO, Map.of(1, "one", 2, "two again"));
        change(FENCED, Map.of(1, "one", 2, "two again"));
        // Then
        assertThat(dead.toDown()).doesNotContain("two again");
    }

    @Test
    void theMemberOfABrokerThatIsFencedIsDownedUntilItIsGone() {
        // Given
        change(TWO, Map.of(1, "one", 2, "two"));
        assertThat(dead.toDown()).isEmpty();
        // When
        change(FENCED, Map.of(1, "one", 2, "two"));
        // Then
        assertThat(dead.toDown()).containsExactly("two");
        change(FENCED, Map.of(1, "one"));
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void theNextLifeOfAFencedBrokerIsNotDowned() {
        // Given
        change(TWO, Map.of(1, "one", 2, "two"));
        change(FENCED, Map.of(1, "one", 2, "two"));
        // When: it joins before it registers
        change(FENCED, Map.of(1, "one", 2, "two again"));
        // Then
        assertThat(dead.toDown()).isEmpty();
        change(registered(FENCED, 2, 3), Map.of(1, "one", 2, "two again"));
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void aBrokerThatWasFencedBeforeThisNodeKnewItIsNotDowned() {
        change(FENCED, Map.of(1, "one", 2, "two"));
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void aBrokerThatStopsInOrderIsNotDowned() {
        // Given
        change(TWO, Map.of(1, "one", 2, "two"));
        MetadataImage stopping = TWO.apply(new BrokerChanged(2, true, false));
        change(stopping, Map.of(1, "one", 2, "two"));
        // When
        change(stopping.apply(new BrokerFenced(2, 2)), Map.of(1, "one", 2, "two"));
        // Then
        assertThat(dead.toDown()).isEmpty();
    }

    @Test
    void aProvenDeathIsToBeFencedUntilTheMetadataShowIt() {
        // Given
        change(TWO, Map.of(1, "one", 2, "two"));
        // When
        assertThat(dead.onProof(2, 2)).contains("two");
        // Then
        change(TWO, Map.of(1, "one", 2, "two"));
        assertThat(dead.toFence()).containsExactly(Map.entry(2, 2L));
        change(FENCED, Map.of(1, "one", 2, "two"));
        assertThat(dead.toFence()).isEmpty();
    }

    @Test
    void aProofOfAnEarlierLifeDoesNotEndTheNextOne() {
        change(TWO, Map.of(1, "one", 2, "two"));
        dead.onProof(2, 2);
        change(registered(FENCED, 2, 3), Map.of(1, "one", 2, "two again"));
        assertThat(dead.toFence()).isEmpty();
    }

    @Test
    void theLowestLiveVoterSucceedsADeadLeader() {
        assertThat(DeadBrokers.successor(Set.of(1, 2, 3), TWO, 1)).hasValue(2);
        assertThat(DeadBrokers.successor(Set.of(1, 2, 3), TWO, 3)).hasValue(1);
        assertThat(DeadBrokers.successor(Set.of(2, 3), FENCED, 3)).isEmpty();
    }
}
