package dev.sampo.gate;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WindowsTest {
    @Test
    void noMoreIsUnderWayThanTheWindowHolds() {
        // Given
        var window = new SendWindow();
        long sent = 0;

        // When
        for (int next = window.next(Long.MAX_VALUE); next > 0; next = window.next(Long.MAX_VALUE)) {
            assertThat(next).isLessThanOrEqualTo(Gate.CHUNK_BYTES);
            assertThat(window.sent(next)).isEqualTo(sent / Gate.CHUNK_BYTES);
            sent += next;
        }

        // Then
        assertThat(sent).isEqualTo(Gate.WINDOW_BYTES);
        window.taken(100);
        assertThat(window.next(1_000)).isEqualTo(100);
    }

    @Test
    void theSenderIsToldBeforeItsWindowIsFull() {
        // Given
        var sender = new SendWindow();
        var receiver = new ReceiveWindow();

        // When: everything is taken as soon as it arrives
        for (int i = 0; i < 1_000; i++) {
            int next = sender.next(10_000);
            assertThat(next).isEqualTo(10_000);
            assertThat(receiver.arrived(sender.sent(next))).isTrue();
            sender.taken(receiver.taken(next));
        }
    }

    @Test
    void aGapIsFound() {
        var receiver = new ReceiveWindow();
        assertThat(receiver.arrived(0)).isTrue();
        assertThat(receiver.arrived(2)).isFalse();
    }

    @Test
    void aNodeIsAnOrphanWhenNoBrokerHasBeenInItsClusterForThePatience() {
        var orphan = new Orphan(10);
        assertThat(orphan.isOver(false, 100)).as("it has not met one yet").isFalse();
        assertThat(orphan.isOver(true, 101)).isFalse();
        assertThat(orphan.isOver(false, 110)).isFalse();
        assertThat(orphan.isOver(false, 120)).isFalse();
        assertThat(orphan.isOver(true, 121)).isFalse();
        assertThat(orphan.isOver(false, 130)).isFalse();
        assertThat(orphan.isOver(false, 141)).isTrue();
    }
}
