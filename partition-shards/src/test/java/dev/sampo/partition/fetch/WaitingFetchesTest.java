package dev.sampo.partition.fetch;

import dev.sampo.partition.fetch.WaitingFetches.Watch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WaitingFetchesTest {
    private final WaitingFetches<String> waiting = new WaitingFetches<>();
    private final List<String> told = new ArrayList<>();

    @Test
    void readerIsToldOnceWhenItsOffsetCanBeRead() {
        // Given
        waiting.watch("a", new Watch(1, 0, 10, 0));
        waiting.watch("b", new Watch(2, 0, 12, 0));

        // When
        waiting.onReadable(11, (reader, watch) -> told.add(reader + watch.requestId()));
        waiting.onReadable(11, (reader, watch) -> told.add(reader + watch.requestId()));

        // Then
        assertThat(told).containsExactly("a1");
    }

    @Test
    void nextWatchOfAReaderReplacesItsFormer() {
        // Given
        waiting.watch("a", new Watch(1, 0, 10, 0));
        waiting.watch("a", new Watch(2, 3, 10, 0));

        // When
        waiting.onReadable(11, (reader, watch) -> told.add(reader + watch.requestId() + watch.index()));

        // Then
        assertThat(told).containsExactly("a23");
    }

    @Test
    void everyReaderReadsAgainAfterAChangeThatIsNotData() {
        // Given
        waiting.watch("a", new Watch(1, 0, 10, 0));
        waiting.watch("b", new Watch(2, 0, 99, 0));

        // When
        waiting.onChanged((reader, watch) -> told.add(reader));

        // Then
        assertThat(told).containsExactly("a", "b");
        assertThat(waiting.size()).isZero();
    }

    @Test
    void watchOfAReaderThatWentAwayExpires() {
        // Given
        waiting.watch("gone", new Watch(1, 0, 10, 1_000));
        waiting.watch("here", new Watch(1, 0, 10, 9_000));

        // When
        waiting.expire(5_000);

        // Then
        assertThat(waiting.size()).isEqualTo(1);
    }
}
