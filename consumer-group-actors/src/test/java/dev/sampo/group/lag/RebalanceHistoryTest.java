package dev.sampo.group.lag;

import dev.sampo.group.lag.Rebalance.Cause;
import dev.sampo.group.lag.Rebalance.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class RebalanceHistoryTest {
    private final RebalanceHistory history = new RebalanceHistory();

    private static Cause joined(String memberId) {
        return new Cause(Reason.MEMBER_JOINED, memberId, null);
    }

    @Test
    void whoJoinsWhileOthersJoinIsACauseOfTheSameRebalance() {
        // Given
        history.cause(Reason.MEMBER_JOINED, "a", null);
        history.begin(0, 1, 100);

        // When
        history.cause(Reason.MEMBER_JOINED, "b", null);
        history.joined();
        history.complete(1, 2, 150);

        // Then
        assertThat(history.all()).containsExactly(
                new Rebalance(100, 150, true, 1, 2, List.of(joined("a"), joined("b")), 0));
    }

    @Test
    void whoComesAfterTheMembersAreKnownIsTheCauseOfTheNext() {
        // Given
        history.cause(Reason.MEMBER_JOINED, "a", null);
        history.begin(0, 1, 100);
        history.joined();

        // When
        history.cause(Reason.MEMBER_JOINED, "b", "instance");
        history.begin(1, 2, 120);

        // Then
        assertThat(history.all()).containsExactly(
                new Rebalance(100, 120, false, 1, 2, List.of(joined("a")), 0),
                new Rebalance(120, -1, false, 1, 2, List.of(new Cause(Reason.MEMBER_JOINED, "b", "instance")), 0));
    }

    @Test
    void causesAndRebalancesAreKeptUpToABound() {
        // When
        for (int i = 0; i < RebalanceHistory.MOST + 5; i++) {
            for (int member = 0; member < RebalanceHistory.MOST_CAUSES + 3; member++) {
                history.cause(Reason.MEMBER_LEFT, "m" + member, null);
            }
            history.begin(i, 1, i);
            history.joined();
            history.complete(i + 1, 1, i);
        }

        // Then
        assertThat(history.all()).hasSize(RebalanceHistory.MOST).allSatisfy(rebalance -> {
            assertThat(rebalance.causes()).hasSize(RebalanceHistory.MOST_CAUSES);
            assertThat(rebalance.furtherCauses()).isEqualTo(3);
        });
        assertThat(history.all().getFirst().startMs()).isEqualTo(5);
        assertThat(history.count()).isEqualTo(RebalanceHistory.MOST + 5);
    }

    @Test
    void theEndOfNothingIsNothing() {
        // When
        history.complete(1, 0, 100);

        // Then
        assertThat(history.all()).isEmpty();
    }
}
