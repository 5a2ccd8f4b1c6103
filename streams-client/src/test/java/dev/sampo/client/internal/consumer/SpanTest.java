package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.consumer.Span.Found;
import dev.sampo.client.internal.consumer.Span.Range;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SpanTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);
    private static final TopicPartition P1 = new TopicPartition("t", 1);
    private static final Found FOUND = new Found(10, 100, 40, 60);

    @Test
    void aTailBeginsBeforeTheEndButNotBeforeTheFirstRecordAndHasNoEnd() {
        assertThat(new Span.Tail(Set.of("t"), 0).range(P0, FOUND)).isEqualTo(new Range(100, Range.NO_MARK));
        assertThat(new Span.Tail(Set.of("t"), 5).range(P0, FOUND)).isEqualTo(new Range(95, Range.NO_MARK));
        assertThat(new Span.Tail(Set.of("t"), 500).range(P0, FOUND)).isEqualTo(new Range(10, Range.NO_MARK));
        assertThatThrownBy(() -> new Span.Tail(Set.of("t"), -1)).hasMessageContaining("-1");
    }

    @Test
    void offsetsAreKeptWithinWhatIsThereNow() {
        // Given
        var inside = new Span.Offsets(Map.of(P0, 20L), Map.of(P0, 30L));
        var outside = new Span.Offsets(Map.of(P0, 0L), Map.of(P0, 1_000L));
        var open = new Span.Offsets(Map.of(P0, 20L), Map.of(P1, 30L));

        // When, Then
        assertThat(inside.range(P0, FOUND)).isEqualTo(new Range(20, 30));
        assertThat(outside.range(P0, FOUND)).isEqualTo(new Range(10, 100));
        assertThat(open.range(P0, FOUND)).isEqualTo(new Range(20, 100));
        assertThat(open.range(P1, FOUND)).isEqualTo(new Range(10, 30));
        assertThat(open.topics()).containsExactly("t");
        assertThat(open.reads(new TopicPartition("t", 2))).isFalse();
    }

    @Test
    void timesAreTheOffsetsFoundForThem() {
        assertThat(new Span.Times(Set.of("t"), 1, 2).range(P0, FOUND)).isEqualTo(new Range(40, 60));
    }

    @Test
    void aWholeTopicIsMarkedAtItsEndAndReadOn() {
        // Given
        var whole = new Span.Whole(Set.of("t"));

        // When, Then
        assertThat(whole.range(P0, FOUND)).isEqualTo(new Range(10, 100));
        assertThat(whole.endsAtMark()).isFalse();
        assertThat(whole.grows()).isTrue();
    }
}
