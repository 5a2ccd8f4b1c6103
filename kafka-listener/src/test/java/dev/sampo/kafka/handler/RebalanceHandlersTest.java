package dev.sampo.kafka.handler;

import dev.sampo.actors.protocol.Group;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RebalanceHandlersTest {
    private static final int TEN_MINUTES_MS = 600_000;

    private final WaitingGroups groups = new WaitingGroups();

    /** A coordinator in the middle of a rebalance: remembers how long it is given and does not answer. */
    private static final class WaitingGroups extends UnaskedGroups {
        private Duration timeout = Duration.ZERO;

        @Override
        public <R extends Group.Reply> CompletionStage<R> ask(Group.Request<R> request, Duration wait) {
            timeout = wait;
            return new CompletableFuture<>();
        }
    }

    @Test
    void joinWaitsLongerThanItsRebalanceTimeout() {
        // Given
        var request = new JoinGroupRequestData()
                .setGroupId("g").setSessionTimeoutMs(10_000).setRebalanceTimeoutMs(TEN_MINUTES_MS).setProtocolType("consumer");

        // When
        handle(new JoinGroupHandler(groups), ApiKeys.JOIN_GROUP, 9, request);

        // Then
        assertThat(groups.timeout).isGreaterThan(Duration.ofMillis(TEN_MINUTES_MS));
    }

    @Test
    void syncWaitsLongerThanAnyRebalanceTimeout() {
        // Given
        var request = new SyncGroupRequestData().setGroupId("g").setMemberId("follower").setGenerationId(1);

        // When
        handle(new SyncGroupHandler(groups), ApiKeys.SYNC_GROUP, 5, request);

        // Then
        assertThat(groups.timeout).isGreaterThan(Duration.ofMillis(Integer.MAX_VALUE));
    }

    private static void handle(ApiHandler handler, ApiKeys key, int version, ApiMessage request) {
        var exchange = new FakeExchange(key, version, request);
        handler.handle(exchange);
        assertThat(exchange.ended()).as("answered before the coordinator").isFalse();
    }
}
