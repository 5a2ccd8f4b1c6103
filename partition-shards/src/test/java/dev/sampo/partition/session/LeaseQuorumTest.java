package dev.sampo.partition.session;

import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LeaseQuorumTest {
    private final LeaseQuorum quorum = new LeaseQuorum(6);

    @Test
    void thereIsNoLeaseBeforeAMajorityAnswered() {
        quorum.answered(1, 100);
        assertThat(quorum.until(Set.of(1, 2, 3))).isEmpty();
        assertThat(quorum.until(Set.of(1))).isEqualTo(OptionalLong.of(106));
    }

    @Test
    void theLeaseCountsFromTheHeartbeatThatAMajorityHasAnswered() {
        // Given
        quorum.answered(1, 100);
        quorum.answered(2, 50);
        assertThat(quorum.until(Set.of(1, 2, 3))).isEqualTo(OptionalLong.of(56));
        // When
        quorum.answered(3, 90);
        // Then
        assertThat(quorum.until(Set.of(1, 2, 3))).isEqualTo(OptionalLong.of(96));
    }

    @Test
    void anAnswerThatComesLateDoesNotShortenTheLease() {
        quorum.answered(1, 100);
        quorum.answered(1, 40);
        assertThat(quorum.until(Set.of(1))).isEqualTo(OptionalLong.of(106));
    }

    @Test
    void whoIsNoVoterAnyMoreCountsForNothing() {
        quorum.answered(1, 100);
        quorum.answered(2, 100);
        assertThat(quorum.until(Set.of(2, 3, 4))).isEmpty();
    }

    @Test
    void theClockMayPassItsEnd() {
        quorum.answered(1, Long.MAX_VALUE - 2);
        quorum.answered(2, Long.MIN_VALUE + 2); // 5 later
        assertThat(quorum.until(Set.of(1, 2))).isEqualTo(OptionalLong.of(Long.MIN_VALUE + 3));
    }
}
