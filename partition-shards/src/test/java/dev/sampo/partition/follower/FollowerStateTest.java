package dev.sampo.partition.follower;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.follower.Follower.Answer;
import dev.sampo.partition.follower.FollowerEffect.Append;
import dev.sampo.partition.follower.FollowerEffect.AskLeaderOffsets;
import dev.sampo.partition.follower.FollowerEffect.LearnHighWatermark;
import dev.sampo.partition.follower.FollowerEffect.MoveLogStart;
import dev.sampo.partition.follower.FollowerEffect.Pause;
import dev.sampo.partition.follower.FollowerEffect.StartAnew;
import dev.sampo.partition.follower.FollowerEffect.Truncate;
import dev.sampo.persistence.epoch.LeaderEpochFile.EndOffset;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class FollowerStateTest {
    private static final TopicIdPartition ID = new TopicIdPartition(new Uuid(1, 2), 0);
    private static final IntFunction<EndOffset> NO_EPOCHS = epoch -> EndOffset.UNKNOWN;

    /** In epoch 7: a log of offsets 10 to 99, last written in epoch 6, of which 90 are committed. */
    private final FollowerState state = new FollowerState(7, 10, 100, 6, 90);

    private static Answer answer(long fetchOffset, int bytes, long highWatermark, long logStartOffset) {
        return new Answer(ID, 7, fetchOffset, KafkaError.NONE, highWatermark, logStartOffset, -1, -1,
                ByteBuffer.allocate(bytes));
    }

    private static Answer refusal(KafkaError error, long logStartOffset) {
        return new Answer(ID, 7, 100, error, -1, logStartOffset, -1, -1, ByteBuffer.allocate(0));
    }

    private static Answer diverging(int epoch, long endOffset) {
        return new Answer(ID, 7, 100, KafkaError.NONE, 50, 0, epoch, endOffset, ByteBuffer.allocate(0));
    }

    @Test
    void recordsAreAppendedAndTheHighWatermarkIsTheLeadersWithinTheLog() {
        assertThat(state.onAnswer(answer(100, 5, 200, 10), NO_EPOCHS)).containsExactly(Append.INSTANCE);
        assertThat(state.fetching()).isFalse();

        assertThat(state.onAppended(120, 7)).containsExactly(new LearnHighWatermark(120));

        assertThat(state.fetching()).isTrue();
        assertThat(state.logEndOffset()).isEqualTo(120);
        assertThat(state.lastEpoch()).isEqualTo(7);
    }

    @Test
    void theHighWatermarkNeverFallsWithoutATruncation() {
        assertThat(state.onAnswer(answer(100, 0, 40, 10), NO_EPOCHS)).isEmpty();

        assertThat(state.highWatermark()).isEqualTo(90);
    }

    @Test
    void anAnswerToAnotherOffsetOrEpochSaysNothing() {
        assertThat(state.onAnswer(answer(99, 5, 200, 10), NO_EPOCHS)).isEmpty();
        assertThat(state.onAnswer(
                        new Answer(ID, 6, 100, KafkaError.OFFSET_OUT_OF_RANGE, -1, -1, -1, -1, ByteBuffer.allocate(0)),
                        NO_EPOCHS))
                .isEmpty();

        assertThat(state.fetching()).isTrue();
    }

    @Test
    void theLogStartFollowsTheLeadersAsFarAsTheLogGoes() {
        assertThat(state.onAnswer(answer(100, 0, 90, 60), NO_EPOCHS)).containsExactly(new MoveLogStart(60));
        assertThat(state.onCut(60, 100, 6)).isEmpty();
        assertThat(state.onAnswer(answer(100, 0, 300, 250), NO_EPOCHS)).containsExactly(new LearnHighWatermark(100));
    }

    @Test
    void kip101ATailThatTheNewLeaderDoesNotHaveIsCutAtTheEndOfItsEpochNotAtTheHighWatermark() {
        // Given an own epoch 6 from 70 to 100, and a leader whose epoch 6 ends at 95
        assertThat(state.onAnswer(diverging(6, 95), epoch -> new EndOffset(6, 100)))
                .containsExactly(new Truncate(95, false));

        assertThat(state.onCut(10, 95, 6)).isEmpty();
        assertThat(state.fetching()).isTrue();
        assertThat(state.logEndOffset()).isEqualTo(95);
        assertThat(state.highWatermark()).isEqualTo(90);
    }

    @Test
    void kip279AnEpochThatTheFollowerDoesNotKnowCutsItAtTheEndOfTheLargestSmallerOne() {
        // Given the leader's largest epoch at or below 6 is 5, which this log has not: its 4 ended at 80
        assertThat(state.onAnswer(diverging(5, 93), epoch -> new EndOffset(4, 80)))
                .containsExactly(new Truncate(80, true));

        // Then the next fetch names epoch 4, and the high watermark is within the log
        assertThat(state.onCut(10, 80, 4)).containsExactly(new LearnHighWatermark(80));
        assertThat(state.lastEpoch()).isEqualTo(4);
    }

    @Test
    void kafka10706AnEpochWithoutRecordsOfItsOwnIsForgottenAndDoesNotLoop() {
        // Given a log that ends at 100, with an own epoch 6 that begins there
        assertThat(state.onAnswer(diverging(5, 120), epoch -> new EndOffset(5, 100)))
                .containsExactly(new Truncate(100, false));

        // When the epoch was forgotten, then it fetches on
        assertThat(state.onCut(10, 100, 5)).isEmpty();
        assertThat(state.fetching()).isTrue();
        assertThat(state.lastEpoch()).isEqualTo(5);
    }

    @Test
    void aTruncationThatChangesNothingPausesInsteadOfLooping() {
        assertThat(state.onAnswer(diverging(6, 100), epoch -> new EndOffset(6, 100)))
                .containsExactly(new Truncate(100, false));
        assertThat(state.onCut(10, 100, 6)).containsExactly(new Pause(FollowerState.FIRST_PAUSE_MS));
    }

    @Test
    void kafka15510AnEmptyAnswerKeepsTheLastFetchedEpoch() {
        assertThat(state.onAnswer(answer(100, 0, 90, 10), NO_EPOCHS)).isEmpty();

        assertThat(state.lastEpoch()).isEqualTo(6);
    }

    @Test
    void kafka7164TheEpochOfTheLogCountsHoweverManyEpochsWereMissed() {
        var late = new FollowerState(31, 0, 100, 2, 100);
        var answer = new Answer(ID, 31, 100, KafkaError.NONE, 50, 0, 2, 60, ByteBuffer.allocate(0));

        assertThat(late.onAnswer(answer, epoch -> new EndOffset(2, 100))).containsExactly(new Truncate(60, true));
    }

    @Test
    void aLogThatEndsBeforeTheLeadersBeginsAnewAtTheLeadersStart() {
        assertThat(state.onAnswer(refusal(KafkaError.OFFSET_OUT_OF_RANGE, 500), NO_EPOCHS))
                .containsExactly(new StartAnew(500));
        assertThat(state.onCut(500, 500, -1)).containsExactly(new LearnHighWatermark(500));
        assertThat(state.fetching()).isTrue();
    }

    @Test
    void outOfRangeAsksWhereTheLeadersLogIsAndFindsThePlace() {
        assertThat(state.onAnswer(refusal(KafkaError.OFFSET_OUT_OF_RANGE, -1), NO_EPOCHS))
                .containsExactly(AskLeaderOffsets.INSTANCE);
        assertThat(state.fetching()).isFalse();
        assertThat(state.onLeaderOffsets(KafkaError.NONE, 300, 400)).containsExactly(new StartAnew(300));

        var second = new FollowerState(7, 10, 100, 6, 90);
        second.onAnswer(refusal(KafkaError.OFFSET_OUT_OF_RANGE, -1), NO_EPOCHS);
        assertThat(second.onLeaderOffsets(KafkaError.NONE, 0, 70)).containsExactly(new Truncate(70, true));

        var third = new FollowerState(7, 10, 100, 6, 90);
        third.onAnswer(refusal(KafkaError.OFFSET_OUT_OF_RANGE, -1), NO_EPOCHS);
        assertThat(third.onLeaderOffsets(KafkaError.FENCED_LEADER_EPOCH, -1, -1))
                .containsExactly(new Pause(FollowerState.FIRST_PAUSE_MS));
    }

    @Test
    void refusalsPauseLongerEachTimeUntilAnAnswerIsGood() {
        KafkaError[] errors = {
            KafkaError.FENCED_LEADER_EPOCH, KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.NOT_LEADER_OR_FOLLOWER,
            KafkaError.UNKNOWN_TOPIC_ID, KafkaError.CORRUPT_MESSAGE, KafkaError.KAFKA_STORAGE_ERROR,
            KafkaError.UNKNOWN_TOPIC_OR_PARTITION, KafkaError.UNKNOWN_SERVER_ERROR
        };
        long expectedMs = FollowerState.FIRST_PAUSE_MS;
        for (KafkaError error : errors) {
            assertThat(state.onAnswer(refusal(error, -1), NO_EPOCHS)).containsExactly(new Pause(expectedMs));
            assertThat(state.fetching()).isFalse();
            state.onPauseOver();
            assertThat(state.fetching()).isTrue();
            expectedMs = Math.min(FollowerState.LAST_PAUSE_MS, expectedMs * 2);
        }
        state.onAnswer(answer(100, 0, 90, 10), NO_EPOCHS);
        assertThat(state.onAnswer(refusal(KafkaError.NOT_LEADER_OR_FOLLOWER, -1), NO_EPOCHS))
                .containsExactly(new Pause(FollowerState.FIRST_PAUSE_MS));
    }

    @Test
    void recordsThatDoNotFitPauseAndLeaveTheLogAsItWas() {
        state.onAnswer(answer(100, 5, 200, 10), NO_EPOCHS);

        assertThat(state.onUnfit()).containsExactly(new Pause(FollowerState.FIRST_PAUSE_MS));
        assertThat(state.logEndOffset()).isEqualTo(100);
    }
}
