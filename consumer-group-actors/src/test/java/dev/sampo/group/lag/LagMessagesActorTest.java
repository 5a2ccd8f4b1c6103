package dev.sampo.group.lag;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.group.lag.LagLook.Answer;
import dev.sampo.group.lag.LagLook.Question;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What crosses nodes comes back as it was. */
final class LagMessagesActorTest {
    private static ActorTestKit kit;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    private static <T> T through(T message) {
        return kit.serializationTestKit().verifySerialization(message, false);
    }

    @Test
    void questionsAndAnswersComeBackEqual() {
        // Given
        TestProbe<Lag.Answers> probe = kit.createTestProbe(Lag.Answers.class);
        var ask = new Lag.Ask(7, List.of(new Question(Uuid.randomUuid(), 3, 1L << 40), new Question(Uuid.randomUuid(), 0, -1)), probe.ref());
        var answers = new Lag.Answers(7, List.of(new Answer(0, 5, -1), Answer.UNKNOWN));

        // When
        Lag.Ask askBack = through(ask);

        // Then
        assertThat(askBack).isEqualTo(ask);
        assertThat(through(answers)).isEqualTo(answers);
    }

    @Test
    void reportsOfEveryStatusComeBackEqual() {
        // Given
        TestProbe<GroupLag.Shown> probe = kit.createTestProbe(GroupLag.Shown.class);
        var show = new Lag.Show("g", true, probe.ref());
        for (LagStatus status : LagStatus.values()) {
            var shown = new GroupLag.Shown(KafkaError.NONE, new GroupReport(
                    "g", 1_000, List.of(new PartitionReport("t", 1, 10, 900, 20, 300, status))));

            // When
            GroupLag.Shown back = through(shown);

            // Then
            assertThat(back).isEqualTo(shown);
        }
        assertThat(through(show)).isEqualTo(show);
        assertThat(through(new GroupLag.Shown(KafkaError.GROUP_ID_NOT_FOUND, null)).report()).isNull();
    }

    @Test
    void historyAndRebalancesComeBackEqual() {
        // Given
        TestProbe<Object> probe = kit.createTestProbe();
        var history = new Lag.Kept(List.of(new LagPoint(1_000, 5, -1), new LagPoint(2_000, 0, 0)));
        for (Rebalance.Reason reason : Rebalance.Reason.values()) {
            var rebalances = new GroupLag.Rebalances(KafkaError.NONE, List.of(new Rebalance(
                    1, -1, false, 3, 2, List.of(new Rebalance.Cause(reason, "m", null), new Rebalance.Cause(reason, "", "i")), 4)));

            // When
            GroupLag.Rebalances back = through(rebalances);

            // Then
            assertThat(back).isEqualTo(rebalances);
        }
        assertThat(through(history)).isEqualTo(history);
        var ask = new Lag.ShowHistory("g", null, -1, 1, 2, 3, probe.ref().narrow());
        assertThat(through(ask)).isEqualTo(ask);
        var why = new Lag.ShowRebalances("g", true, probe.ref().narrow());
        assertThat(through(why)).isEqualTo(why);
    }

    @Test
    void theLongestHistoryFitsAFrame() {
        // Given
        var history = new Lag.Kept(IntStream.range(0, 10_000)
                .mapToObj(i -> new LagPoint(1_790_000_000_000L + 10_000L * i, Long.MAX_VALUE - i, 86_400_000L + i)).toList());

        // When
        int bytes = SerializationExtension.get(kit.system()).serialize(history).get().length;

        // Then
        assertThat(bytes).isLessThan(400 * 1024);
    }

    @Test
    void theMostQuestionsOfOneMessageFitAFrame() {
        // Given
        TestProbe<Lag.Answers> probe = kit.createTestProbe(Lag.Answers.class);
        var ask = new Lag.Ask(
                Long.MAX_VALUE,
                IntStream.range(0, LagActor.MOST_QUESTIONS)
                        .mapToObj(i -> new Question(Uuid.randomUuid(), Integer.MAX_VALUE - i, Long.MAX_VALUE - i)).toList(),
                probe.ref());

        // When
        int bytes = SerializationExtension.get(kit.system()).serialize(ask).get().length;

        // Then
        assertThat(bytes).isLessThan(256 * 1024);
    }
}
