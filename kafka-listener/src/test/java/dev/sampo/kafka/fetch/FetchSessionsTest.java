package dev.sampo.kafka.fetch;

import dev.sampo.actors.model.KafkaError;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class FetchSessionsTest {
    private static final long AGE = FetchSessions.EVICTION_MS;
    private final FetchSessions sessions = new FetchSessions(2, new Random(1)::nextInt);

    @Test
    void withoutAPlaceTheRequestIsServedWithoutASession() {
        int first = create(3, false, 0);
        int second = create(3, false, 0);

        int third = create(9, false, AGE);

        assertThat(first).isPositive();
        assertThat(second).isPositive().isNotEqualTo(first);
        assertThat(third).isZero();
        assertThat(sessions.count()).isEqualTo(2);
    }

    @Test
    void aSessionThatNobodyUsedForTwoMinutesGivesUpItsPlace() {
        int first = create(9, false, 0);
        create(9, false, 0);
        use(first, 1, AGE);

        int third = create(1, false, AGE + 1);

        assertThat(third).isPositive();
        assertThat(use(first, 2, AGE + 1)).isEqualTo(KafkaError.NONE);
    }

    @Test
    void anOldSmallSessionGivesUpItsPlaceToALargerOneOnly() {
        int first = create(3, false, 0);
        int second = create(5, false, 0);
        use(first, 1, AGE);
        use(second, 1, AGE);

        assertThat(create(2, false, AGE + 1)).isZero();
        assertThat(create(4, false, AGE + 1)).isPositive();
        assertThat(use(first, 2, AGE + 1)).isEqualTo(KafkaError.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(use(second, 2, AGE + 1)).isEqualTo(KafkaError.NONE);
    }

    @Test
    void aPrivilegedSessionPushesOutAYoungOrdinaryOneButNotTheOtherWayRound() {
        int first = create(9, false, 0);
        create(9, true, 0);

        assertThat(create(1, true, 1)).isPositive();
        assertThat(use(first, 1, 1)).isEqualTo(KafkaError.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(create(99, false, 1)).isZero();
    }

    @Test
    void theEpochWrapsToOne() {
        assertThat(FetchSession.nextEpoch(0)).isEqualTo(1);
        assertThat(FetchSession.nextEpoch(Integer.MAX_VALUE)).isEqualTo(1);
        assertThat(FetchSession.nextEpoch(-1)).isEqualTo(-1);
    }

    @Test
    void aFinalEpochClosesTheSession() {
        int id = create(1, false, 0);

        FetchContext last = sessions.begin(true, id, -1, "User:a", false, List.of(), List.of(), 1);

        assertThat(last).isInstanceOf(FetchContext.Sessionless.class);
        assertThat(sessions.count()).isZero();
    }

    @Test
    void aSessionFromWhichEverythingWasForgottenEnds() {
        int id = create(1, false, 0);

        FetchContext last = sessions.begin(
                true, id, 1, "User:a", false, List.of(), List.of(FetchSessionsProperties.key(0)), 1);

        assertThat(last.finish(List.of(), 1).sessionId()).isZero();
        assertThat(sessions.count()).isZero();
    }

    @Test
    void aRequestThatAnotherOneOvertookIsAnsweredWithAnError() {
        int id = create(1, false, 0);
        FetchContext slow = sessions.begin(true, id, 1, "User:a", false, List.of(), List.of(), 1);
        use(id, 2, 1);

        FetchContext.Answer answer = slow.finish(outcomes(1), 2);

        assertThat(answer.error()).isEqualTo(KafkaError.INVALID_FETCH_SESSION_EPOCH);
        assertThat(answer.included().isEmpty()).isTrue();
    }

    private int create(int size, boolean privileged, long nowMs) {
        var wanted = new ArrayList<FetchPartition>();
        for (int i = 0; i < size; i++) {
            wanted.add(new FetchPartition(FetchSessionsProperties.key(i), 0, 1, -1, -1));
        }
        return sessions.begin(true, 0, 0, "User:a", privileged, wanted, List.of(), nowMs)
                .finish(outcomes(size), nowMs)
                .sessionId();
    }

    private KafkaError use(int id, int epoch, long nowMs) {
        FetchContext context = sessions.begin(true, id, epoch, "User:a", false, List.of(), List.of(), nowMs);
        return context.finish(outcomes(context.partitions().size()), nowMs).error();
    }

    private static List<PartitionOutcome> outcomes(int size) {
        var outcomes = new ArrayList<PartitionOutcome>();
        for (int i = 0; i < size; i++) {
            outcomes.add(new FetchSessionsProperties.Outcome(0, 0, 0, false));
        }
        return outcomes;
    }
}
