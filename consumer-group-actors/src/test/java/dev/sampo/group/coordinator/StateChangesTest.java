package dev.sampo.group.coordinator;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StateChangesTest {
    private final StateChanges changes = new StateChanges();

    @Test
    void whoWaitsForAGroupHearsOfItsNextChangeOnly() {
        // Given
        CompletableFuture<Boolean> one = changes.next("a");
        CompletableFuture<Boolean> two = changes.next("a");
        CompletableFuture<Boolean> other = changes.next("b");

        // When
        changes.changed("a");
        CompletableFuture<Boolean> later = changes.next("a");

        // Then
        assertThat(one).isCompletedWithValue(true);
        assertThat(two).isCompletedWithValue(true);
        assertThat(other).isNotDone();
        assertThat(later).isNotDone();
    }

    @Test
    void whoDoesNotWaitAnyMoreIsForgotten() {
        // Given
        CompletableFuture<Boolean> one = changes.next("a");
        CompletableFuture<Boolean> two = changes.next("a");

        // When
        one.complete(false);
        int left = changes.size();
        two.complete(false);

        // Then
        assertThat(left).isEqualTo(1);
        assertThat(changes.size()).isZero();
        changes.changed("a");
    }
}
