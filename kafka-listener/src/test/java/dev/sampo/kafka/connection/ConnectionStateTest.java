package dev.sampo.kafka.connection;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ConnectionStateTest {
    private static final String NOTHING = "nothing";
    private final ConnectionState<String, String> state =
            new ConnectionState<>(new ConnectionLimits(16, 1000, 400), NOTHING);

    @Test
    void answersLeaveInTheOrderOfRequestsWhateverTheOrderOfAnswering() {
        // Given
        for (int i = 0; i < 4; i++) {
            request("r" + i, true);
            state.pollStart(0);
        }

        // When
        state.answered(3, "a3", 1, 1);
        state.answered(1, NOTHING, 1, 0);
        assertThat(answers()).isEmpty();
        state.answered(0, "a0", 1, 1);

        // Then
        assertThat(answers()).containsExactly("a0");
        state.answered(2, "a2", 1, 1);
        assertThat(answers()).containsExactly("a2", "a3");
        assertThat(state.inFlight()).isZero();
    }

    @Test
    void barrierStartsAfterAllEarlierAreAnsweredAndNothingStartsBesideIt() {
        // Given
        request("overlaps0", true);
        request("overlaps1", true);
        request("barrier2", false);
        request("overlaps3", true);

        // When, Then
        assertThat(starts()).containsExactly("overlaps0", "overlaps1");
        state.answered(1, "a", 1, 1);
        assertThat(starts()).isEmpty();
        state.answered(0, "a", 1, 1);
        assertThat(starts()).containsExactly("barrier2");
        state.answered(2, "a", 1, 1);
        assertThat(starts()).containsExactly("overlaps3");
    }

    @Test
    void readingStopsAtSixteenRequestsAndResumesBelowHalf() {
        // Given
        for (int i = 0; i < 16; i++) {
            assertThat(state.mayRead(0)).isTrue();
            request("r", true);
            state.pollStart(0);
        }

        // When, Then
        assertThat(state.mayRead(0)).isFalse();
        for (int i = 0; i < 16; i++) {
            state.answered(i, "a", 1, 0);
            answers();
            assertThat(state.mayRead(0)).as("after %s answers", i + 1).isEqualTo(16 - (i + 1) < 8);
        }
    }

    @Test
    void readingStopsForBytesInFlightAndForUnsentBytes() {
        // Given
        state.open(1000);
        state.enqueue("r", true);
        state.pollStart(0);

        // When, Then
        assertThat(state.mayRead(0)).isFalse();
        state.answered(0, "a", 1000, 500);
        assertThat(state.mayRead(0)).as("the answer is unsent").isFalse();
        answers();
        state.handedOver(500);
        assertThat(state.mayRead(200)).isFalse();
        assertThat(state.mayRead(199)).isTrue();
    }

    @Test
    void nothingStartsWhileThePeerTakesNoAnswers() {
        // Given
        request("r", true);

        // When, Then
        assertThat(state.pollStart(400)).isNull();
        assertThat(state.pollStart(399)).isEqualTo("r");
    }

    @Test
    void requestCannotBeAnsweredTwice() {
        // Given
        request("r", true);
        state.pollStart(0);
        state.answered(0, "a", 1, 1);

        // When, Then
        assertThatThrownBy(() -> state.answered(0, "b", 1, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void addressMayNotHoldMoreConnectionsOrOpenThemFasterThanItsQuota() throws Exception {
        // Given
        var quotas = new ConnectionQuotas(5, 3, 2, 4);
        InetAddress one = InetAddress.getByName("192.0.2.1");
        InetAddress other = InetAddress.getByName("192.0.2.2");

        // When, Then
        assertThat(quotas.accept(one, 0)).isNull();
        assertThat(quotas.accept(one, 0)).isNull();
        assertThat(quotas.accept(one, 0)).isNull();
        assertThat(quotas.accept(one, 0)).isEqualTo("max-connections-per-address");
        quotas.closed(one);
        assertThat(quotas.accept(one, 0)).isNull();
        quotas.closed(one);
        assertThat(quotas.accept(one, 0)).isEqualTo("new-connections-per-second");
        assertThat(quotas.accept(one, 500)).isNull();
        assertThat(quotas.accept(other, 500)).isNull();
        assertThat(quotas.accept(other, 500)).isNull();
        assertThat(quotas.accept(other, 500)).isEqualTo("max-connections");
    }

    private void request(String name, boolean overlaps) {
        state.open(1);
        state.enqueue(name, overlaps);
    }

    private List<String> starts() {
        List<String> all = new ArrayList<>();
        for (String next = state.pollStart(0); next != null; next = state.pollStart(0)) {
            all.add(next);
        }
        return all;
    }

    private List<String> answers() {
        List<String> all = new ArrayList<>();
        for (String next = state.pollAnswer(); next != null; next = state.pollAnswer()) {
            all.add(next);
        }
        return all;
    }
}
