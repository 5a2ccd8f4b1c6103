package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.ConfigAlteration;
import dev.sampo.actors.protocol.Controller.ConfigChange;
import dev.sampo.actors.protocol.Controller.ConfigOperation;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.ItemResult;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.sampo.partition.controller.Fixture.topic;
import static org.assertj.core.api.Assertions.assertThat;

final class ConfigAlterationsTest {
    private static final ConfigResource ORDERS = new ConfigResource(ConfigResourceType.TOPIC, "orders");

    private final Fixture fixture = new Fixture(1);

    @BeforeEach
    void aTopic() {
        fixture.create(topic("orders", 1));
    }

    @Test
    void setAndDeleteChangeOneNameAndKeepTheOthers() {
        assertThat(alter(set("retention.ms", "5"), set("cleanup.policy", "compact")).error()).isEqualTo(KafkaError.NONE);
        assertThat(alter(change("retention.ms", ConfigOperation.DELETE, null)).error()).isEqualTo(KafkaError.NONE);
        assertThat(fixture.configs("orders")).containsExactly(Map.entry("cleanup.policy", "compact"));
    }

    @Test
    void appendAndSubtractStartFromTheDefaultAndWorkOnListsOnly() {
        alter(change("cleanup.policy", ConfigOperation.APPEND, "compact"));
        assertThat(fixture.configs("orders")).containsEntry("cleanup.policy", "delete,compact");
        alter(change("cleanup.policy", ConfigOperation.APPEND, "compact"));
        assertThat(fixture.configs("orders")).containsEntry("cleanup.policy", "delete,compact");
        alter(change("cleanup.policy", ConfigOperation.SUBTRACT, "delete"));
        assertThat(fixture.configs("orders")).containsEntry("cleanup.policy", "compact");
        assertThat(alter(change("retention.ms", ConfigOperation.APPEND, "5"))).isEqualTo(new ItemResult(
                KafkaError.INVALID_CONFIG, "Can't APPEND to key retention.ms because its type is not LIST."));
    }

    @Test
    void aListThatIsEmptyByDefaultIsNotSetOnceNothingIsLeftInIt() {
        String list = "follower.replication.throttled.replicas";
        alter(change(list, ConfigOperation.APPEND, "0:1"));
        alter(change(list, ConfigOperation.APPEND, "1:1,0:1"));
        assertThat(fixture.configs("orders")).containsEntry(list, "0:1,1:1");
        alter(change(list, ConfigOperation.SUBTRACT, "0:1"));
        assertThat(fixture.configs("orders")).containsEntry(list, "1:1");
        alter(change(list, ConfigOperation.SUBTRACT, "1:1,7:7"));
        assertThat(fixture.configs("orders")).isEmpty();
    }

    @Test
    void aBadValueChangesNothingOfItsResource() {
        MetadataImage before = fixture.image();
        assertThat(alter(set("cleanup.policy", "compact"), set("retention.ms", "x")).error())
                .isEqualTo(KafkaError.INVALID_CONFIG);
        assertThat(fixture.image()).isSameAs(before);
    }

    @Test
    void duplicateNamesNullValuesAndDuplicateResourcesAreInvalidRequests() {
        assertThat(alter(set("retention.ms", "1"), set("retention.ms", "2"))).isEqualTo(new ItemResult(
                KafkaError.INVALID_REQUEST, "Error due to duplicate config keys"));
        assertThat(alter(set("retention.ms", null))).isEqualTo(new ItemResult(
                KafkaError.INVALID_REQUEST, "Null value not supported for : retention.ms"));
        var twice = new ConfigAlteration(ORDERS, List.of(set("retention.ms", "1")), false);
        assertThat(alterAll(List.of(twice, twice), false)).containsOnly(new ItemResult(
                KafkaError.INVALID_REQUEST, "Each resource must appear at most once."));
        assertThat(fixture.configs("orders")).isEmpty();
    }

    @Test
    void legacyAlterationReplacesAllValues() {
        alter(set("retention.ms", "5"));
        alterAll(List.of(new ConfigAlteration(ORDERS, List.of(set("cleanup.policy", "compact")), true)), false);
        assertThat(fixture.configs("orders")).containsExactly(Map.entry("cleanup.policy", "compact"));
        alterAll(List.of(new ConfigAlteration(ORDERS, List.of(), true)), false);
        assertThat(fixture.image().configs()).isEmpty();
    }

    @Test
    void validateOnlyWritesNothing() {
        MetadataImage before = fixture.image();
        assertThat(alterAll(List.of(new ConfigAlteration(ORDERS, List.of(set("retention.ms", "5")), false)), true))
                .containsExactly(new ItemResult(KafkaError.NONE, null));
        assertThat(fixture.image()).isSameAs(before);
    }

    @Test
    void aResourceThatDoesNotExistIsRefused() {
        assertThat(alter(ConfigResourceType.TOPIC, "nope")).isEqualTo(new ItemResult(
                KafkaError.UNKNOWN_TOPIC_OR_PARTITION, "The topic 'nope' does not exist."));
        assertThat(alter(ConfigResourceType.BROKER, "7")).isEqualTo(new ItemResult(
                KafkaError.BROKER_ID_NOT_REGISTERED, "No node with id 7 found."));
        assertThat(alter(ConfigResourceType.BROKER, "x").error()).isEqualTo(KafkaError.INVALID_REQUEST);
        assertThat(alter(ConfigResourceType.BROKER, "").error()).isEqualTo(KafkaError.NONE);
        assertThat(alter(ConfigResourceType.GROUP, "").error()).isEqualTo(KafkaError.INVALID_REQUEST);
        assertThat(alter(ConfigResourceType.GROUP, "g").error()).isEqualTo(KafkaError.NONE);
    }

    private ItemResult alter(ConfigResourceType type, String name) {
        return alterAll(List.of(new ConfigAlteration(
                new ConfigResource(type, name), List.of(set("retention.ms", "1")), false)), false).getFirst();
    }

    private ItemResult alter(ConfigChange... changes) {
        return alterAll(List.of(new ConfigAlteration(ORDERS, List.of(changes), false)), false).getFirst();
    }

    private List<ItemResult> alterAll(List<ConfigAlteration> alterations, boolean validateOnly) {
        return fixture.decide(fixture.rules.decide(
                fixture.image(), new AlterConfigs(alterations, validateOnly, fixture.replyTo()))).results();
    }

    private static ConfigChange set(String name, String value) {
        return change(name, ConfigOperation.SET, value);
    }

    private static ConfigChange change(String name, ConfigOperation operation, String value) {
        return new ConfigChange(name, operation, value);
    }
}
