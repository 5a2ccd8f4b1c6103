package dev.sampo.kafka.producer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ProducerIdsTest {
    private final ArrayDeque<CompletableFuture<ProducerIds.Block>> asked = new ArrayDeque<>();
    private final ProducerIds ids = new ProducerIds(() -> {
        var block = new CompletableFuture<ProducerIds.Block>();
        asked.add(block);
        return block;
    });

    @Test
    void everyIdIsGivenOnceAndOnlyOneBlockIsAskedForAtATime() {
        // Given
        List<CompletionStage<Long>> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            waiting.add(ids.next());
        }
        assertThat(asked).hasSize(1);

        // When
        asked.poll().complete(new ProducerIds.Block(1000, 3));
        asked.poll().complete(new ProducerIds.Block(2000, 3));

        // Then
        assertThat(waiting).extracting(stage -> stage.toCompletableFuture().join())
                .containsExactly(1000L, 1001L, 1002L, 2000L, 2001L);
    }

    @Test
    void theNextBlockIsThereBeforeTheLastIdIsGone() {
        // Given
        CompletionStage<Long> first = ids.next();
        asked.poll().complete(new ProducerIds.Block(0, 100));
        assertThat(first.toCompletableFuture().join()).isZero();

        // When
        for (long id = 1; id <= 90; id++) {
            assertThat(ids.next().toCompletableFuture().join()).isEqualTo(id);
        }

        // Then
        assertThat(asked).hasSize(1);
        asked.poll().complete(new ProducerIds.Block(500, 100));
        for (long id = 91; id < 100; id++) {
            assertThat(ids.next().toCompletableFuture().join()).isEqualTo(id);
        }
        assertThat(ids.next().toCompletableFuture().join()).isEqualTo(500);
        assertThat(asked).isEmpty();
    }

    @Test
    void aFailureReachesThoseWhoWaitAndTheNextOneAsksAgain() {
        // Given
        CompletionStage<Long> first = ids.next();

        // When
        asked.poll().completeExceptionally(new IllegalStateException("no controller"));
        CompletionStage<Long> second = ids.next();
        asked.poll().complete(new ProducerIds.Block(7, 1));

        // Then
        assertThat(first.toCompletableFuture()).isCompletedExceptionally();
        assertThat(second.toCompletableFuture().join()).isEqualTo(7);
    }
}
