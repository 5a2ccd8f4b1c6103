package dev.sampo.partition.session;

import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LeaseQuorumTest {
    private final LeaseQuorum quorum = new LeaseQuorum(6);

    @Test
    void thereIsNoLeaseBeforeAMajorityAnswered() {
        quorum.answered(1, 100, true, 0);
        assertThat(quorum.until(Set.of(1, 2, 3), 0)).isEmpty();
        assertThat(quorum.until(Set.of(1), 0)).isEqualTo(OptionalLong.of(106));
    }

    @Test
    void theLeaseCountsFromTheHeartbeatThatAMajorityHasAnswered() {
        // Given
        quorum.answered(1, 100, true, 0);
        quorum.answered(2, 50, false, 0);
        assertThat(quorum.until(Set.of(1, 2, 3), 0)).isEqualTo(OptionalLong.of(56));
        // When
        quorum.answered(3, 90, false, 0);
        // Then
        assertThat(quorum.until(Set.of(1, 2, 3), 0)).isEqualTo(OptionalLong.of(96));
    }

    @Test
    void whoHearsVotersThatDoNotLeadGetsNoLongerLease() {
        // Given
        quorum.answered(2, 50, false, 0);
        quorum.answered(3, 50, false, 0);
        assertThat(quorum.until(Set.of(1, 2, 3), 0)).isEmpty();
        quorum.answered(1, 40, true, 0);
        assertThat(quorum.until(Set.of(1, 2, 3), 0)).isEqualTo(OptionalLong.of(46));
        // When
        quorum.answered(2, 90, false, 0);
        quorum.answered(3, 90, false, 0);
        // Then
        assertThat(quorum.until(Set.of(1, 2, 3), 0)).isEqualTo(OptionalLong.of(46));
        quorum.answered(2, 91, true, 0); // it leads now
        assertThat(quorum.until(Set.of(1, 2, 3), 0)).isEqualTo(OptionalLong.of(96));
    }

    @Test
    void anAnswerCountsWhenTheMetadataThatItsVoterKnewAreRead() {
        // Given
        quorum.answered(1, 100, true, 7);
        assertThat(quorum.until(Set.of(1), 6)).isEmpty();
        assertThat(quorum.waitsForImage()).isTrue();
        // When
        assertThat(quorum.until(Set.of(1), 7)).isEqualTo(OptionalLong.of(106));
        // Then
        assertThat(quorum.waitsForImage()).isFalse();
    }

    @Test
    void anAnswerThatGivesNoLeaseAnyMoreIsNotKept() {
        quorum.answered(1, 100, true, 7);
        quorum.answered(2, 107, true, 6);
        assertThat(quorum.until(Set.of(1, 2), 6)).isEmpty();
        assertThat(quorum.waitsForImage()).isFalse();
    }

    @Test
    void anAnswerThatComesLateDoesNotShortenTheLease() {
        quorum.answered(1, 100, true, 0);
        quorum.answered(1, 40, true, 0);
        assertThat(quorum.until(Set.of(1), 0)).isEqualTo(OptionalLong.of(106));
    }

    @Test
    void whoIsNoVoterAnyMoreCountsForNothing() {
        quorum.answered(1, 100, true, 0);
        quorum.answered(2, 100, false, 0);
        assertThat(quorum.until(Set.of(2, 3, 4), 0)).isEmpty();
    }

    @Test
    void theClockMayPassItsEnd() {
        quorum.answered(1, Long.MAX_VALUE - 2, true, 0);
        quorum.answered(2, Long.MIN_VALUE + 2, false, 0); // 5 later
        assertThat(quorum.until(Set.of(1, 2), 0)).isEqualTo(OptionalLong.of(Long.MIN_VALUE + 3));
    }
}
