package dev.sampo.client.internal.consumer;

import dev.sampo.client.ChangelogMessage;
import dev.sampo.client.ChangelogMessage.Change;
import dev.sampo.client.ChangelogMessage.Entry;
import dev.sampo.client.ChangelogMessage.SnapshotEnd;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

class ChangelogStateTest {
    private final ChangelogState<String, String> changelog = new ChangelogState<>();

    private static <K> Optional<ConsumerRecord<K, String>> record(int partition, long offset, K key, @Nullable String value) {
        return Optional.of(new ConsumerRecord<>("t", partition, offset, key, value));
    }

    @Test
    void theSnapshotHasTheLastValueOfEachKeyAndNoneThatWasRemoved() {
        // Given
        assertThat(changelog.next(record(0, 0, "a", "1"))).isEmpty();
        assertThat(changelog.next(record(0, 1, "b", "1"))).isEmpty();
        assertThat(changelog.next(record(0, 5, "a", "2"))).isEmpty();
        assertThat(changelog.next(record(1, 0, "c", "1"))).isEmpty();
        assertThat(changelog.next(record(0, 6, "b", null))).isEmpty();

        // When
        List<ChangelogMessage<String, String>> snapshot = changelog.next(Optional.empty());

        // Then
        assertThat(snapshot).hasSize(3);
        assertThat(snapshot.subList(0, 2)).map(entry -> ((Entry<String, String>) entry).record().value()).containsExactly("2", "1");
        assertThat(snapshot.get(2)).isEqualTo(new SnapshotEnd<>(
                Map.of(new TopicPartition("t", 0), 7L, new TopicPartition("t", 1), 1L)));
    }

    @Test
    void whatComesAfterTheMarkAreChanges() {
        // Given
        assertThat(changelog.next(Optional.empty())).containsExactly(new SnapshotEnd<>(Map.of()));

        // When
        var set = (Change<String, String>) changelog.next(record(0, 0, "a", "1")).get(0);
        var removed = (Change<String, String>) changelog.next(record(0, 1, "a", null)).get(0);

        // Then
        assertThat(set.isRemoval()).isFalse();
        assertThat(removed.isRemoval()).isTrue();
    }

    @Test
    void byteArraysAreOneKeyWhenTheirContentIs() {
        // Given
        var bytes = new ChangelogState<byte[], String>();
        assertThat(bytes.next(record(0, 0, "a".getBytes(UTF_8), "1"))).isEmpty();
        assertThat(bytes.next(record(0, 1, "a".getBytes(UTF_8), "2"))).isEmpty();

        // When, Then
        assertThat(bytes.next(Optional.empty())).hasSize(2);
    }
}
