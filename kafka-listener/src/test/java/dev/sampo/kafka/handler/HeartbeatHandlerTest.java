package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class HeartbeatHandlerTest {
    private static final String JAVA = "apache-kafka-java";
    private static final int WAIT_MS = 2400;

    private final Groups groups = new Groups();
    private final HeartbeatHandler handler = new HeartbeatHandler(groups, WAIT_MS);

    /** A coordinator that answers at once. */
    private static final class Groups extends UnaskedGroups {
        private final List<CompletableFuture<Boolean>> changes = new ArrayList<>();
        private KafkaError answer = KafkaError.NONE;
        private int asked;

        @Override
        public <R extends Group.Reply> CompletionStage<R> ask(Group.Request<R> request, Duration timeout) {
            asked++;
            return CompletableFuture.completedStage(request.refused(answer));
        }

        @Override
        public CompletableFuture<Boolean> nextChange(String groupId) {
            var change = new CompletableFuture<Boolean>();
            changes.add(change);
            return change;
        }
    }

    private FakeExchange heartbeat(String software, String instanceId) {
        var request = new HeartbeatRequestData()
                .setGroupId("g").setGenerationId(3).setMemberId("m").setGroupInstanceId(instanceId);
        var exchange = new FakeExchange(ApiKeys.HEARTBEAT, 4, request);
        exchange.client().software(software, "4.4.0");
        handler.handle(exchange);
        return exchange;
    }

    private static short error(FakeExchange exchange) {
        return exchange.response(HeartbeatResponseData.class).errorCode();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "kafkajs", "sarama"})
    void clientsWhoseWorkMayWaitForTheAnswerHaveItAtOnce(String software) {
        assertThat(error(heartbeat(software, null))).isEqualTo(KafkaError.NONE.code());
        assertThat(groups.changes).isEmpty();
    }

    @Test
    void staticMembersHaveTheirAnswerAtOnce() {
        assertThat(error(heartbeat(JAVA, "instance"))).isEqualTo(KafkaError.NONE.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {JAVA, "librdkafka", "confluent-kafka-python"})
    void membersLearnOfARebalanceWhenItBegins(String software) {
        // Given
        FakeExchange exchange = heartbeat(software, null);
        assertThat(exchange.ended()).as("all is well, so there is nothing to tell").isFalse();

        // When
        groups.answer = KafkaError.REBALANCE_IN_PROGRESS;
        groups.changes.getFirst().complete(true);

        // Then
        assertThat(error(exchange)).isEqualTo(KafkaError.REBALANCE_IN_PROGRESS.code());
        assertThat(groups.asked).isEqualTo(2);
    }

    @Test
    void theAnswerWaitsNoLongerThanConfigured() {
        // Given
        FakeExchange exchange = heartbeat(JAVA, null);

        // When
        exchange.advance(WAIT_MS - 1);
        boolean early = exchange.ended();
        exchange.advance(1);

        // Then
        assertThat(early).isFalse();
        assertThat(error(exchange)).isEqualTo(KafkaError.NONE.code());
        assertThat(groups.asked).as("the answer is the one that it had").isEqualTo(1);
    }

    @Test
    void theAnswerDoesNotHoldUpARequestBehindIt() {
        // Given
        FakeExchange exchange = heartbeat(JAVA, null);

        // When
        exchange.hurry();

        // Then
        assertThat(error(exchange)).isEqualTo(KafkaError.NONE.code());
    }

    @Test
    void anErrorIsToldAtOnceAndNobodyWaitsAnyMore() {
        // When
        groups.answer = KafkaError.UNKNOWN_MEMBER_ID;
        FakeExchange exchange = heartbeat(JAVA, null);

        // Then
        assertThat(error(exchange)).isEqualTo(KafkaError.UNKNOWN_MEMBER_ID.code());
        assertThat(groups.changes.getFirst()).isCompletedWithValue(false);
    }
}
