package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class ErrorMessagesTest {
    private static final int LONGEST_STRING_BYTES = Short.MAX_VALUE;

    /** Knows no group. */
    private static final class NoGroups extends UnaskedGroups {
        @Override
        public <R extends Group.Reply> CompletionStage<R> ask(Group.Request<R> request, Duration timeout) {
            return CompletableFuture.completedFuture(request.refused(KafkaError.GROUP_ID_NOT_FOUND));
        }

        @Override
        public Listing list() {
            return new Listing(false, List.of());
        }
    }

    @Test
    void refusalThatQuotesTheLongestNameCanBeSent() {
        // Given
        String longest = "g".repeat(LONGEST_STRING_BYTES);
        var exchange = new FakeExchange(
                ApiKeys.DESCRIBE_GROUPS, 6, new DescribeGroupsRequestData().setGroups(List.of(longest)));

        // When
        new DescribeGroupsHandler(new NoGroups()).handle(exchange);

        // Then
        var group = exchange.response(DescribeGroupsResponseData.class).groups().getFirst();
        assertThat(group.groupId()).isEqualTo(longest);
        assertThat(group.errorMessage()).startsWith("Group ggg").endsWith("...");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "\u20ac", "\ud83d\ude00", "a\ud83d\ude00"})
    void aLongTextIsCutBetweenCharactersToWhatAFieldHolds(String character) {
        String cut = ErrorMessages.fitting(character.repeat(LONGEST_STRING_BYTES));

        byte[] bytes = cut.getBytes(StandardCharsets.UTF_8);
        assertThat(bytes.length).isLessThanOrEqualTo(LONGEST_STRING_BYTES);
        assertThat(new String(bytes, StandardCharsets.UTF_8)).as("no half of a pair").isEqualTo(cut);
    }

    @Test
    void aShortTextAndNoTextStayAsTheyAre() {
        assertThat(ErrorMessages.fitting("short")).isEqualTo("short");
        assertThat(ErrorMessages.fitting(null)).isNull();
    }
}
