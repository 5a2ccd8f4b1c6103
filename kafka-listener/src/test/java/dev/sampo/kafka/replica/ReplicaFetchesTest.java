package dev.sampo.kafka.replica;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.follower.Follower.Answer;
import dev.sampo.partition.follower.LeaderLink.Position;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class ReplicaFetchesTest {
    private static final Uuid TOPIC = new Uuid(3, 4);
    private static final ReplicaSettings SETTINGS = new ReplicaSettings(500, 1000, 5000, 100, 1, 2);

    private final ReplicaFetches<String> fetches = new ReplicaFetches<>(2, 77, SETTINGS);

    private static Position position(int partition, long offset) {
        return new Position(new TopicIdPartition(TOPIC, partition), 6, offset, 5, 1, 3);
    }

    private static FetchResponseData response(int sessionId, int... partitions) {
        var topic = new FetchableTopicResponse().setTopicId(TOPIC);
        for (int partition : partitions) {
            topic.partitions().add(new PartitionData()
                    .setPartitionIndex(partition).setHighWatermark(9).setRecords(MemoryRecords.EMPTY));
        }
        return new FetchResponseData().setSessionId(sessionId).setResponses(List.of(topic));
    }

    private static List<Integer> named(FetchRequestData request) {
        return request.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(FetchRequestData.FetchPartition::partition)
                .sorted()
                .toList();
    }

    private static List<Integer> forgotten(FetchRequestData request) {
        return request.forgottenTopicsData().stream().flatMap(topic -> topic.partitions().stream()).sorted().toList();
    }

    @Test
    void theFirstRequestNamesEverythingAndLaterOnesWhatHasMoved() {
        // Given
        fetches.want("f", position(0, 10));
        fetches.want("f", position(1, 20));
        FetchRequestData first = fetches.request();
        assertThat(first.replicaState().replicaId()).isEqualTo(2);
        assertThat(first.replicaState().replicaEpoch()).isEqualTo(77);
        assertThat(first.sessionEpoch()).isEqualTo(0);
        assertThat(named(first)).containsExactly(0, 1);

        // When one of two is answered and goes on
        Map<String, List<Answer>> answers = fetches.onResponse(response(5, 1));
        assertThat(answers.get("f")).extracting(answer -> answer.id().partition()).containsExactly(1);
        assertThat(answers.get("f").get(0).fetchOffset()).isEqualTo(20);
        fetches.want("f", position(1, 25));

        // Then
        FetchRequestData second = fetches.request();
        assertThat(second.sessionId()).isEqualTo(5);
        assertThat(second.sessionEpoch()).isEqualTo(1);
        assertThat(named(second)).containsExactly(1);
        assertThat(forgotten(second)).isEmpty();
        fetches.onResponse(response(5));
        FetchRequestData third = fetches.request();
        assertThat(third.sessionEpoch()).isEqualTo(2);
        assertThat(named(third)).isEmpty();
    }

    @Test
    void aPartitionThatIsNotFetchedNowIsForgottenUntilItIsFetchedAgain() {
        fetches.want("f", position(0, 10));
        fetches.want("f", position(1, 20));
        fetches.request();
        fetches.onResponse(response(5, 0, 1));
        fetches.want("f", position(1, 20));

        FetchRequestData pausing = fetches.request();
        assertThat(forgotten(pausing)).containsExactly(0);
        assertThat(named(pausing)).isEmpty(); // 1 is known as it is
        fetches.onResponse(response(5));

        fetches.want("f", position(0, 10));
        assertThat(named(fetches.request())).containsExactly(0);
    }

    @Test
    void whoLeavesIsForgottenButNotWhatAnotherFollowerHasTakenOver() {
        fetches.want("old", position(0, 10));
        fetches.want("old", position(1, 20));
        fetches.request();
        fetches.onResponse(response(5));

        fetches.want("new", position(1, 21));
        fetches.leave("old");

        FetchRequestData next = fetches.request();
        assertThat(forgotten(next)).containsExactly(0);
        assertThat(named(next)).containsExactly(1);
        assertThat(fetches.onResponse(response(5, 0, 1)).keySet()).containsExactly("new");
    }

    @Test
    void anAnswerToAPositionThatIsNotWantedAnyMoreIsDropped() {
        fetches.want("f", position(0, 10));
        fetches.request();
        fetches.onResponse(response(5));
        fetches.request();

        fetches.want("f", position(0, 4));

        assertThat(fetches.isWorthOvertaking()).isTrue();
        assertThat(fetches.onResponse(response(5, 0))).isEmpty();
        assertThat(named(fetches.request())).containsExactly(0);
    }

    @Test
    void anAnswerIsNotTakenForThatOfALaterRequest() {
        // Given a request that waits, and one that overtakes it
        fetches.want("f", position(0, 10));
        fetches.request();
        fetches.onResponse(response(5));
        fetches.request();
        fetches.want("f", position(1, 20));
        fetches.request();

        // When the first brings records, and what follows them is asked for before the second is answered
        assertThat(fetches.onResponse(response(5, 0)).get("f").getFirst().fetchOffset()).isEqualTo(10);
        fetches.want("f", position(0, 13));
        assertThat(named(fetches.request())).containsExactly(0);

        // Then what the second says of offset 10 is not taken for an answer about 13
        assertThat(fetches.onResponse(response(5, 0))).isEmpty();
        assertThat(fetches.onResponse(response(5, 0)).get("f").getFirst().fetchOffset()).isEqualTo(13);
    }

    @Test
    void aLostOrRefusedSessionBeginsAnewWithEverything() {
        fetches.want("f", position(0, 10));
        fetches.want("f", position(1, 20));
        fetches.request();
        fetches.onResponse(response(5));
        fetches.request();

        fetches.onDisconnected();
        FetchRequestData anew = fetches.request();
        assertThat(anew.sessionEpoch()).isEqualTo(0);
        assertThat(anew.sessionId()).isEqualTo(0);
        assertThat(named(anew)).containsExactly(0, 1);

        assertThat(fetches.onResponse(new FetchResponseData().setErrorCode((short) 70))).isEmpty();
        assertThat(named(fetches.request())).containsExactly(0, 1);
    }

    @Test
    void nothingWantedIsNotWorthARequest() {
        assertThat(fetches.isWorthARequest()).isFalse();
        fetches.want("f", position(0, 10));
        assertThat(fetches.isWorthARequest()).isTrue();
        fetches.leave("f");
        assertThat(fetches.isWorthARequest()).isFalse();
    }
}
