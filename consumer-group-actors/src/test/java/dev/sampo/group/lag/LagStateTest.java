package dev.sampo.group.lag;

import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.OffsetRemoved;
import dev.sampo.group.lag.LagLook.Answer;
import dev.sampo.group.lag.LagLook.Location;
import dev.sampo.group.lag.LagLook.Question;
import dev.sampo.group.offsets.CommittedOffsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

final class LagStateTest {
    private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAACQ");
    private static final long STEP_MS = 10_000;
    private static final long DAY_MS = 86_400_000;
    private static final Function<OffsetCommitted, @Nullable Location> HERE = committed -> new Location(TOPIC, 1);

    private final LagState state = new LagState(new LagSettings(STEP_MS, DAY_MS, 1 << 20));
    private final CommittedOffsets offsets = new CommittedOffsets();
    private final List<WatchedGroup> groups = List.of(new WatchedGroup("g", offsets, new RebalanceHistory()));

    private void commit(int partition, long offset, long nowMs) {
        offsets.apply(new OffsetCommitted(new OffsetKey("t", partition), TOPIC, offset, 1, "", nowMs, -1));
    }

    /** The leader answers every question by {@code answer}. */
    private static void answer(LagLook look, Function<Question, Answer> answer, long nowMs) {
        look.byBroker().values().stream().flatMap(Collection::stream)
                .forEach(number -> look.answered(number, answer.apply(look.question(number)), nowMs));
    }

    private List<Question> questions(LagLook look) {
        var questions = new ArrayList<Question>();
        look.byBroker().values().forEach(numbers -> numbers.forEach(number -> questions.add(look.question(number))));
        return questions;
    }

    private PartitionReport sample(long step, Answer answer) {
        LagLook look = state.look(groups, HERE);
        answer(look, question -> answer, step * STEP_MS);
        return state.sample(look, step, step * STEP_MS).getFirst().partitions().getFirst();
    }

    @Test
    void lagInSecondsIsTheAgeOfTheFirstRecordThatIsNotRead() {
        // Given
        commit(0, 40, 990_000);

        // When
        PartitionReport report = sample(100, new Answer(0, 50, 970_500));

        // Then
        assertThat(report).isEqualTo(new PartitionReport("t", 0, 40, 990_000, 50, 29_500, LagStatus.OK));
        assertThat(report.lagRecords()).isEqualTo(10);
    }

    @Test
    void theRecordOfAnOffsetThatStaysIsNotReadAgain() {
        // Given
        commit(0, 40, 990_000);
        sample(100, new Answer(0, 50, 970_500));

        // When
        LagLook look = state.look(groups, HERE);
        PartitionReport report = sample(101, new Answer(0, 60, -1));

        // Then
        assertThat(questions(look)).containsExactly(new Question(TOPIC, 0, -1));
        assertThat(report.lagMs()).isEqualTo(39_500);
        commit(0, 41, 1_010_000);
        assertThat(questions(state.look(groups, HERE))).containsExactly(new Question(TOPIC, 0, 41));
    }

    @Test
    void theFirstRecordBehindAnOffsetThatWasTheEndIsLookedFor() {
        // Given
        commit(0, 50, 990_000);
        sample(100, new Answer(0, 50, -1));

        // When
        LagLook look = state.look(groups, HERE);

        // Then
        assertThat(questions(look)).containsExactly(new Question(TOPIC, 0, 50));
    }

    @Test
    void whereTheNextRecordWasDeletedTheFirstOneThatIsLeftIsLookedForEachTime() {
        // Given
        commit(0, 40, 990_000);
        sample(100, new Answer(0, 80, 970_000));
        PartitionReport unknown = sample(101, new Answer(60, 80, -1));

        // When
        LagLook look = state.look(groups, HERE);
        PartitionReport known = sample(102, new Answer(60, 80, 1_000_000));

        // Then
        assertThat(unknown.lagMs()).isEqualTo(-1);
        assertThat(questions(look)).containsExactly(new Question(TOPIC, 0, 40));
        assertThat(known.lagMs()).isEqualTo(20_000);
        assertThat(questions(state.look(groups, HERE))).containsExactly(new Question(TOPIC, 0, 40));
    }

    @Test
    void whatWasSampledBeforeTheCoordinatorWasElsewhereSaysNothingOfNow() {
        // Given
        commit(0, 40, 0);
        sample(100, new Answer(0, 80, 970_000));
        commit(0, 20, 0);

        // When
        PartitionReport report = sample(200, new Answer(0, 80, 1_995_000));

        // Then
        assertThat(report.status()).isEqualTo(LagStatus.OK);
    }

    @Test
    void twoGroupsAtOneOffsetAskOnce() {
        // Given
        commit(0, 40, 990_000);
        var both = List.of(groups.getFirst(), new WatchedGroup("h", offsets, new RebalanceHistory()));

        // When
        LagLook look = state.look(both, HERE);
        answer(look, question -> new Answer(0, 42, 1_000_000), 1_002_000);

        // Then
        assertThat(questions(look)).hasSize(1);
        assertThat(state.show(look, 1_002_000)).extracting(GroupReport::groupId, GroupReport::lagRecords, GroupReport::lagMs)
                .containsExactly(tuple("g", 2L, 2000L), tuple("h", 2L, 2000L));
    }

    @Test
    void aPartitionThatNobodyAnswersForIsUnknownAndLeavesAGap() {
        // Given
        commit(0, 40, 990_000);
        sample(100, new Answer(0, 50, 970_000));

        // When
        LagLook look = state.look(groups, committed -> null);
        PartitionReport report = state.sample(look, 101, 1_010_000).getFirst().partitions().getFirst();

        // Then
        assertThat(report).isEqualTo(new PartitionReport("t", 0, 40, 990_000, -1, -1, LagStatus.UNKNOWN));
        assertThat(report.lagRecords()).isEqualTo(-1);
        sample(102, new Answer(0, 51, 970_000));
        assertThat(state.history("g", null, -1, 0, 2_000_000, STEP_MS)).containsExactly(
                new LagPoint(1_000_000, 10, 30_000), new LagPoint(1_020_000, 11, 50_000));
    }

    @Test
    void theHistoryOfAGroupIsTheSumOfItsPartitionsAndTheLargestOfASpan() {
        // Given
        commit(0, 10, 0);
        commit(1, 10, 0);
        for (int step = 100; step < 106; step++) {
            LagLook look = state.look(groups, HERE);
            long end = 10 + step;
            answer(look, question -> new Answer(0, end + question.partition(), 500_000), step * STEP_MS);
            state.sample(look, step, step * STEP_MS);
        }

        // When
        var all = state.history("g", null, -1, 1_000_000, 1_060_000, 30_000);
        var one = state.history("g", "t", 1, 1_040_000, 1_060_000, STEP_MS);

        // Then
        assertThat(all).containsExactly(
                new LagPoint(990_000, 203, 510_000), new LagPoint(1_020_000, 209, 540_000),
                new LagPoint(1_050_000, 211, 550_000));
        assertThat(one).containsExactly(new LagPoint(1_040_000, 105, 540_000), new LagPoint(1_050_000, 106, 550_000));
        assertThat(state.history("none", null, -1, 0, 1, 1)).isEmpty();
        assertThat(state.history("g", "other", -1, 0, 2_000_000, STEP_MS)).isEmpty();
    }

    @Test
    void historyIsKeptForItsTimeAndWithinItsMemory() {
        // Given
        for (int partition = 0; partition < 100; partition++) {
            commit(partition, 0, 0);
        }
        var small = new LagState(new LagSettings(STEP_MS, DAY_MS, 300_000));

        // When
        for (int step = 0; step < 9_000; step++) {
            for (LagState each : List.of(state, small)) {
                LagLook look = each.look(groups, HERE);
                long nowMs = step * STEP_MS;
                long end = step * 1_000L + step % 7;
                answer(look, question -> new Answer(0, end, 0), nowMs);
                each.sample(look, step, nowMs);
                assertThat(each.bytes()).isLessThanOrEqualTo(each == state ? 1 << 20 : 300_000);
            }
        }

        // Then
        var kept = small.history("g", null, -1, 0, Long.MAX_VALUE / 2, STEP_MS);
        assertThat(kept).isNotEmpty();
        assertThat(kept.getFirst().timeMs() % (LagSeries.BLOCK_STEPS * STEP_MS)).isZero();
        assertThat(kept.getLast().timeMs()).isEqualTo(89_990_000);
    }

    @Test
    void aDayOfAPartitionThatIsAlwaysInMotionTakesAFewBytesAStep() {
        // Given
        commit(0, 0, 0);
        var random = new Random(7);

        // When
        for (int step = 0; step < 8_640; step++) {
            long records = 200 + random.nextInt(400);
            long ageMs = 1_000 + random.nextInt(4_000);
            long nowMs = step * STEP_MS;
            commit(0, step * 1_000L, nowMs);
            LagLook look = state.look(groups, HERE);
            answer(look, question -> new Answer(0, question.offset() + records, nowMs - ageMs), nowMs);
            state.sample(look, step, nowMs);
        }

        // Then
        assertThat(state.history("g", null, -1, 0, DAY_MS, STEP_MS)).hasSize(8_640);
        assertThat(state.bytes()).isLessThan(40_000); // 2.9 to 4.2 bytes a step
    }

    @Test
    void aDayOfAPartitionThatStandsStillTakesNearlyNothing() {
        // Given
        commit(0, 500, 0);

        // When
        for (int step = 0; step < 8_640; step++) {
            sample(step, new Answer(0, 500, -1));
        }

        // Then
        assertThat(state.history("g", null, -1, 0, DAY_MS, STEP_MS)).hasSize(8_640);
        assertThat(state.bytes()).isLessThan(3_000);
    }

    @Test
    void whatIsNotSeenAnyMoreIsKeptAsLongAsItsHistoryLasts() {
        // Given
        commit(0, 10, 0);
        sample(100, new Answer(0, 20, 0));
        offsets.apply(new OffsetRemoved(new OffsetKey("t", 0)));

        // When
        state.sample(state.look(groups, HERE), 8_700, 87_000_000);
        var within = state.history("g", null, -1, 0, 90_000_000, STEP_MS);
        state.sample(state.look(groups, HERE), 9_001, 90_010_000);

        // Then
        assertThat(within).hasSize(1);
        assertThat(state.history("g", null, -1, 0, 100_000_000, STEP_MS)).isEmpty();
        assertThat(state.bytes()).isZero();
    }

    @Test
    void groupsThatComeAndGoFillNoMoreThanTheirMemory() {
        // Given
        var small = new LagState(new LagSettings(STEP_MS, DAY_MS, 100_000));

        // When
        for (int step = 0; step < 3_000; step++) {
            commit(0, step, 0);
            LagLook look = small.look(List.of(new WatchedGroup("g" + step, offsets, new RebalanceHistory())), HERE);
            answer(look, question -> new Answer(0, 1_000_000, 0), step * STEP_MS);
            small.sample(look, step, step * STEP_MS);

            // Then
            assertThat(small.bytes()).isBetween(1L, 100_000L);
        }
        assertThat(small.history("g0", null, -1, 0, DAY_MS, STEP_MS)).isEmpty();
    }
}
