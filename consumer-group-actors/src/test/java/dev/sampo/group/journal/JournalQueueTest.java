package dev.sampo.group.journal;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.group.journal.JournalQueue.Effect;
import dev.sampo.group.journal.JournalQueue.Effect.Append;
import dev.sampo.group.journal.JournalQueue.Effect.Failed;
import dev.sampo.group.journal.JournalQueue.Effect.Pause;
import dev.sampo.group.journal.JournalQueue.Effect.Read;
import dev.sampo.group.journal.JournalQueue.Effect.Stored;
import dev.sampo.group.journal.OffsetsPartitions.Loaded;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

final class JournalQueueTest {
    private final JournalQueue<String, String> queue = new JournalQueue<>();
    private final Loaded loaded = loaded(1);

    private static Loaded loaded(int leaderEpoch) {
        return new Loaded(0, leaderEpoch, () -> null, new OffsetsFold(), 100);
    }

    private List<Effect<String, String>> write(String write) {
        return queue.onWrite(write, loaded, 40);
    }

    @Test
    void whatComesDuringAnAppendGoesOutTogetherUpToTheBatchSize() {
        assertThat(write("a")).containsExactly(new Append<>(1, loaded, List.of("a")));
        assertThat(write("b")).isEmpty();
        assertThat(write("c")).isEmpty();
        assertThat(write("d")).isEmpty();
        assertThat(queue.onAppended(1, KafkaError.NONE)).containsExactly(
                new Stored<>("a"), new Append<>(2, loaded, List.of("b", "c")));
        assertThat(queue.onAppended(2, KafkaError.NONE)).containsExactly(
                new Stored<>("b"), new Stored<>("c"), new Append<>(3, loaded, List.of("d")));
    }

    @Test
    void readsWaitForTheWritesBeforeThem() {
        write("a");
        assertThat(queue.onRead("read", loaded)).isEmpty();
        assertThat(write("b")).isEmpty();
        assertThat(queue.onAppended(1, KafkaError.NONE)).containsExactly(
                new Stored<>("a"), new Read<>("read"), new Append<>(2, loaded, List.of("b")));
    }

    @Test
    void writeThatWasRefusedFails() {
        write("a");
        assertThat(queue.onAppended(1, KafkaError.NOT_ENOUGH_REPLICAS)).containsExactly(
                new Failed<>("a", KafkaError.NOT_ENOUGH_REPLICAS));
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_ENOUGH_REPLICAS_AFTER_APPEND", "NOT_LEADER_OR_FOLLOWER", "KAFKA_STORAGE_ERROR"})
    void writeThatMayBeInTheLogIsMadeAgainUntilItIsThere(KafkaError inDoubt) {
        // Given
        write("a");
        queue.onRead("read", loaded);

        // When it may be in the log, whatever the next answers are
        assertThat(queue.onAppended(1, inDoubt)).containsExactly(new Pause<>(1));
        assertThat(queue.onPauseOver(1)).containsExactly(new Append<>(2, loaded, List.of("a")));
        assertThat(queue.onAppended(2, KafkaError.NOT_ENOUGH_REPLICAS)).containsExactly(new Pause<>(2));
        assertThat(queue.onPauseOver(1)).isEmpty();
        assertThat(queue.onPauseOver(2)).containsExactly(new Append<>(3, loaded, List.of("a")));

        // Then nobody reads before it is
        assertThat(queue.onAppended(3, KafkaError.NONE)).containsExactly(new Stored<>("a"), new Read<>("read"));
        write("b");
        assertThat(queue.onAppended(4, KafkaError.NOT_ENOUGH_REPLICAS)).containsExactly(
                new Failed<>("b", KafkaError.NOT_ENOUGH_REPLICAS));
    }

    @Test
    void writeInDoubtEndsWithTheCoordinator() {
        write("a");
        queue.onAppended(1, KafkaError.NOT_LEADER_OR_FOLLOWER);
        queue.onPauseOver(1);
        assertThat(queue.onAppended(2, KafkaError.NOT_COORDINATOR)).containsExactly(
                new Failed<>("a", KafkaError.NOT_COORDINATOR));
    }

    @Test
    void newLeaderEpochAbandonsWhatIsInFlight() {
        write("a");
        Loaded next = loaded(2);
        assertThat(queue.onRead("read", next)).containsExactly(
                new Failed<>("a", KafkaError.NOT_COORDINATOR), new Read<>("read"));
        assertThat(queue.onAppended(1, KafkaError.NONE)).isEmpty();
        assertThat(queue.onWrite("b", next, 40)).containsExactly(new Append<>(2, next, List.of("b")));
    }
}
