package dev.sampo.partition.controller;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class MetadataFollowerTest {
    private final FakeMetadataLog log = new FakeMetadataLog();

    @Test
    void everyListenerSeesEveryChangeInOrderBeginningWithTheCurrentImage() {
        // Given
        log.append(List.of(broker(1)));
        try (var follower = MetadataFollower.start(log, log::decode, log::decodeSnapshot)) {
            var seen = new ArrayList<String>();
            Runnable cancel = follower.subscribe((before, now) -> seen.add(before.offset() + ">" + now.offset()));

            // When
            log.append(List.of(broker(2), broker(3)));
            cancel.run();
            log.append(List.of(broker(4)));

            // Then
            assertThat(seen).containsExactly("-1>0", "0>1", "1>2");
            assertThat(follower.current().brokers()).containsOnlyKeys(1, 2, 3, 4);
        }
    }

    @Test
    void whoWaitsForAnOffsetIsToldWhenTheImageHasIt() {
        try (var follower = MetadataFollower.start(log, log::decode, log::decodeSnapshot)) {
            var second = follower.reached(1).toCompletableFuture();
            log.append(List.of(broker(1)));
            assertThat(second).isNotDone();
            log.append(List.of(broker(2)));
            assertThat(second).isCompletedWithValueMatching(image -> image.offset() == 1);
            assertThat(follower.reached(0).toCompletableFuture()).isCompleted();
        }
    }

    @Test
    void whoWaitsAtTheEndGetsAnError() {
        var follower = MetadataFollower.start(log, log::decode, log::decodeSnapshot);
        var never = follower.reached(5).toCompletableFuture();
        follower.close();
        assertThat(never).isCompletedExceptionally();
    }

    @Test
    void aFollowerStartsFromTheSnapshot() {
        log.append(List.of(broker(1), broker(2), broker(3)));
        MetadataImage two = MetadataImage.EMPTY.apply(broker(1)).apply(broker(2));
        log.snapshot(MetadataSnapshot.of(two));
        try (var follower = MetadataFollower.start(log, log::decode, log::decodeSnapshot)) {
            assertThat(follower.current()).isEqualTo(two.apply(broker(3)));
        }
    }

    private static ControllerEvent broker(int id) {
        return new ControllerEvent.BrokerRegistered(
                id, new Uuid(1, id), new Uuid(2, id), id, List.of(), null);
    }
}
