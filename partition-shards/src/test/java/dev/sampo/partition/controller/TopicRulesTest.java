package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.CreatePartitions;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.MorePartitions;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.actors.protocol.Controller.TopicResult;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static dev.sampo.partition.controller.Fixture.topic;
import static org.assertj.core.api.Assertions.assertThat;

final class TopicRulesTest {
    private final Fixture fixture = new Fixture(3);

    @Test
    void aTopicIsCreatedWithItsPartitionsReplicasAndConfigs() {
        // When
        TopicResult result = fixture.create(new NewTopic("orders", 6, (short) 3, Map.of(),
                Map.of("retention.ms", "1000")));

        // Then
        assertThat(result.error()).isEqualTo(KafkaError.NONE);
        assertThat(result.partitions()).isEqualTo(6);
        assertThat(result.replicationFactor()).isEqualTo((short) 3);
        MetadataImage.Topic topic = fixture.image().topic("orders");
        assertThat(topic).isEqualTo(fixture.image().topic(result.topicId()));
        assertThat(fixture.image().groupOf(topic, 5).replicas()).hasSize(3);
        assertThat(fixture.configs("orders")).containsExactly(Map.entry("retention.ms", "1000"));
        assertThat(fixture.lastReplyOffset).isEqualTo(fixture.image().offset());
    }

    @Test
    void minusOneMeansTheDefaults() {
        TopicResult result = fixture.create(new NewTopic("orders", -1, (short) -1, Map.of(), Map.of()));
        assertThat(result.partitions()).isEqualTo(1);
        assertThat(result.replicationFactor()).isEqualTo((short) 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            taken    | 1  | 1  | TOPIC_ALREADY_EXISTS       | Topic 'taken' already exists.
            a.b      | 1  | 1  | INVALID_TOPIC_EXCEPTION    | Topic 'a.b' collides with existing topic: a_b
            sp ace   | 1  | 1  | INVALID_TOPIC_EXCEPTION    | Topic name is invalid: 'sp ace' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'
            ..       | 1  | 1  | INVALID_TOPIC_EXCEPTION    | Topic name is invalid: '..' is not allowed
            __cluster_metadata | 1 | 1 | INVALID_REQUEST   | Creation of internal topic __cluster_metadata is prohibited.
            x        | 0  | 1  | INVALID_PARTITIONS         | Number of partitions was set to an invalid non-positive value.
            x        | -2 | 1  | INVALID_PARTITIONS         | Number of partitions was set to an invalid non-positive value.
            x        | 1  | 0  | INVALID_REPLICATION_FACTOR | Replication factor must be larger than 0, or -1 to use the default value.
            x        | 1  | 4  | INVALID_REPLICATION_FACTOR | Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because only 3 broker(s) are registered.
            x        | 10001 | 1 | POLICY_VIOLATION         | Excessively large number of partitions per request.
            """)
    void aBadTopicIsRefusedAsKafkaDoes(
            String name, int partitions, short replicationFactor, KafkaError error, String message) {
        // Given
        fixture.create(topic("taken", 1));
        fixture.create(topic("a_b", 1));
        MetadataImage before = fixture.image();

        // When
        TopicResult result = fixture.create(new NewTopic(name, partitions, replicationFactor, Map.of(), Map.of()));

        // Then
        assertThat(result).isEqualTo(new TopicResult(name, error, result.errorMessage(), Uuid.ZERO_UUID, -1, (short) -1));
        assertThat(result.errorMessage()).isEqualTo(message.replace("''", "'"));
        assertThat(fixture.image()).isSameAs(before);
        assertThat(fixture.lastReplyOffset).isEqualTo(-1);
    }

    @Test
    void aNameThatIsTwiceInOneRequestIsRefusedAndTheOthersAreCreated() {
        var results = fixture.createAll(List.of(topic("a", 1), topic("b", 1), topic("a", 1)), false);
        assertThat(results).extracting(TopicResult::error).containsExactly(
                KafkaError.INVALID_REQUEST, KafkaError.NONE, KafkaError.INVALID_REQUEST);
        assertThat(results.getFirst().errorMessage()).isEqualTo("Duplicate topic name.");
        assertThat(fixture.image().topicIds()).containsOnlyKeys("b");
    }

    @Test
    void collidingNamesInOneRequestAreNotBothCreated() {
        var results = fixture.createAll(List.of(topic("a.b", 1), topic("a_b", 1)), false);
        assertThat(results).extracting(TopicResult::error)
                .containsExactly(KafkaError.NONE, KafkaError.INVALID_TOPIC_EXCEPTION);
    }

    @Test
    void validateOnlyAnswersTheSameAndWritesNothing() {
        MetadataImage before = fixture.image();
        var results = fixture.createAll(List.of(topic("a", 3), topic("b", 0)), true);
        assertThat(results).extracting(TopicResult::error)
                .containsExactly(KafkaError.NONE, KafkaError.INVALID_PARTITIONS);
        assertThat(fixture.image()).isSameAs(before);
        assertThat(fixture.lastReplyOffset).isEqualTo(-1);
    }

    @Test
    void unknownBadAndNullConfigsAreInvalidConfig() {
        var withNull = new HashMap<String, String>();
        withNull.put("retention.ms", null);
        assertThat(fixture.create(new NewTopic("a", 1, (short) 1, Map.of(), Map.of("nope", "1"))).errorMessage())
                .isEqualTo("Unknown topic config name: nope");
        assertThat(fixture.create(new NewTopic("a", 1, (short) 1, Map.of(), Map.of("retention.ms", "x"))).error())
                .isEqualTo(KafkaError.INVALID_CONFIG);
        TopicResult nulls = fixture.create(new NewTopic("a", 1, (short) 1, Map.of(), withNull));
        assertThat(nulls.error()).isEqualTo(KafkaError.INVALID_CONFIG);
        assertThat(nulls.errorMessage()).isEqualTo("Null value not supported for topic configs: retention.ms");
    }

    @Test
    void manualAssignmentsAreKeptExactly() {
        TopicResult result = fixture.create(new NewTopic("a", -1, (short) -1,
                Map.of(0, List.of(3, 1), 1, List.of(2, 3)), Map.of()));
        assertThat(result.replicationFactor()).isEqualTo((short) 2);
        MetadataImage.Topic topic = fixture.image().topic("a");
        assertThat(fixture.image().groupOf(topic, 0).replicas()).containsExactly(3, 1);
        assertThat(fixture.image().groupOf(topic, 1).replicas()).containsExactly(2, 3);
    }

    @Test
    void badManualAssignmentsAreRefusedAsKafkaDoes() {
        assertThat(manual(2, -1, Map.of(0, List.of(1)))).isEqualTo(new ItemResult(KafkaError.INVALID_REQUEST,
                "A manual partition assignment was specified, but numPartitions was not set to -1."));
        assertThat(manual(-1, 1, Map.of(0, List.of(1)))).isEqualTo(new ItemResult(KafkaError.INVALID_REQUEST,
                "A manual partition assignment was specified, but replication factor was not set to -1."));
        assertThat(manual(-1, -1, Map.of(0, List.of(9)))).isEqualTo(refused(
                "The manual partition assignment includes broker 9, but no such broker is registered."));
        assertThat(manual(-1, -1, Map.of(0, List.of(1, 1)))).isEqualTo(refused(
                "The manual partition assignment includes the broker 1 more than once."));
        assertThat(manual(-1, -1, Map.of(0, List.of()))).isEqualTo(refused(
                "The manual partition assignment includes an empty replica list."));
        assertThat(manual(-1, -1, Map.of(0, List.of(1), 2, List.of(1)))).isEqualTo(refused(
                "partitions should be a consecutive 0-based integer sequence"));
        assertThat(manual(-1, -1, Map.of(0, List.of(1), 1, List.of(1, 2)))).isEqualTo(refused(
                "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent"
                        + " with previous partitions, which have 1 replica(s)."));
        fixture.fence(2);
        assertThat(manual(-1, -1, Map.of(0, List.of(2)))).isEqualTo(refused(
                "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled"
                        + " shutdown."));
    }

    private ItemResult manual(int partitions, int replicationFactor, Map<Integer, List<Integer>> assignments) {
        TopicResult result = fixture.create(
                new NewTopic("m", partitions, (short) replicationFactor, assignments, Map.of()));
        return new ItemResult(result.error(), result.errorMessage());
    }

    private static ItemResult refused(String message) {
        return new ItemResult(KafkaError.INVALID_REPLICA_ASSIGNMENT, message);
    }

    @Test
    void aDeletedTopicIsGoneWithItsConfigsAndANewOneOfThatNameHasAnotherId() {
        // Given
        Uuid id = fixture.create(new NewTopic("a.b", 3, (short) 1, Map.of(), Map.of("retention.ms", "1"))).topicId();

        // When
        var reply = fixture.decide(fixture.rules.decide(fixture.image(), new DeleteTopics(
                List.of(id, Uuid.randomUuid(), id), fixture.replyTo())));

        // Then
        assertThat(reply.results()).extracting(ItemResult::error)
                .containsExactly(KafkaError.NONE, KafkaError.UNKNOWN_TOPIC_ID, KafkaError.UNKNOWN_TOPIC_ID);
        assertThat(fixture.image().topic("a.b")).isNull();
        assertThat(fixture.image().groupPartitions()).isEmpty();
        assertThat(fixture.image().configs()).isEmpty();
        assertThat(fixture.create(topic("a_b", 1)).error()).isEqualTo(KafkaError.NONE);
        fixture.decide(fixture.rules.decide(fixture.image(), new DeleteTopics(
                List.of(fixture.image().topicIds().get("a_b")), fixture.replyTo())));
        assertThat(fixture.create(topic("a.b", 1)).topicId()).isNotEqualTo(id);
    }

    @Test
    void partitionsAreAddedAutomaticallyOrAsAssigned() {
        fixture.create(topic("a", 2));
        assertThat(more(new MorePartitions("a", 4, List.of())).error()).isEqualTo(KafkaError.NONE);
        assertThat(more(new MorePartitions("a", 5, List.of(List.of(2)))).error()).isEqualTo(KafkaError.NONE);
        MetadataImage.Topic topic = fixture.image().topic("a");
        assertThat(topic.partitionGroups()).hasSize(5);
        assertThat(fixture.image().groupOf(topic, 4).replicas()).containsExactly(2);
    }

    @Test
    void badPartitionCountsAreRefusedAsKafkaDoes() {
        fixture.create(topic("a", 2));
        assertThat(more(new MorePartitions("a", 2, List.of()))).isEqualTo(new ItemResult(
                KafkaError.INVALID_PARTITIONS, "Topic already has 2 partition(s)."));
        assertThat(more(new MorePartitions("a", 1, List.of()))).isEqualTo(new ItemResult(KafkaError.INVALID_PARTITIONS,
                "The topic a currently has 2 partition(s); 1 would not be an increase."));
        assertThat(more(new MorePartitions("nope", 1, List.of())).error())
                .isEqualTo(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(more(new MorePartitions("a", 4, List.of(List.of(1))))).isEqualTo(refused(
                "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified."));
        assertThat(more(new MorePartitions("a", 3, List.of(List.of(1, 2)))).error())
                .isEqualTo(KafkaError.INVALID_REPLICA_ASSIGNMENT);
        assertThat(more(new MorePartitions("a", 20_000, List.of()))).isEqualTo(new ItemResult(
                KafkaError.POLICY_VIOLATION, "Excessively large number of additional partitions per request."));
    }

    private ItemResult more(MorePartitions wanted) {
        return fixture.decide(fixture.rules.decide(fixture.image(),
                new CreatePartitions(List.of(wanted), false, fixture.replyTo()))).results().getFirst();
    }

    @Test
    void coordinatorsTopicsAreMarkedInternal() {
        fixture.decide(fixture.rules.decide(fixture.image(), new CreateTopics(
                List.of(topic("__consumer_offsets", 50)), false, true, fixture.replyTo())));
        assertThat(fixture.image().topic("__consumer_offsets").internal()).isTrue();
    }
}
