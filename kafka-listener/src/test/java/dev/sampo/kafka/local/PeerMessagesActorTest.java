package dev.sampo.kafka.local;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.kafka.codec.MessageBytes;
import java.util.List;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What crosses nodes comes back as it was. */
final class PeerMessagesActorTest {
    private static ActorTestKit kit;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void aRequestAndItsAnswerComeBackEqual() {
        // Given
        var request = new DescribeLogDirsRequestData();
        request.topics().add(new DescribableLogDirTopic().setTopic("t").setPartitions(List.of(1, 2)));
        TestProbe<PeerRequests.Message> probe = kit.createTestProbe(PeerRequests.Message.class);
        var ask = new PeerRequests.Ask(
                ApiKeys.DESCRIBE_LOG_DIRS.id, 4, MessageBytes.of(request, (short) 4), probe.getRef());
        var answer = new PeerRequests.Answer(KafkaError.REQUEST_TIMED_OUT, "late", new byte[] {1, 2});

        // When
        PeerRequests.Ask askBack = kit.serializationTestKit().verifySerialization(ask, false);
        PeerRequests.Answer answerBack = kit.serializationTestKit().verifySerialization(answer, false);

        // Then
        assertThat(askBack).usingRecursiveComparison().ignoringFields("replyTo").isEqualTo(ask);
        assertThat(askBack.replyTo()).isEqualTo(probe.getRef());
        assertThat(answerBack).usingRecursiveComparison().isEqualTo(answer);
        assertThat(MessageBytes.request(ApiKeys.DESCRIBE_LOG_DIRS, (short) 4, askBack.request())).isEqualTo(request);
    }
}
