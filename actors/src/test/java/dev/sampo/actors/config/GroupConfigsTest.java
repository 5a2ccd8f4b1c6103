package dev.sampo.actors.config;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

final class GroupConfigsTest {
    /** So that a heartbeat interval may be as long as a session. */
    private static final Map<String, String> FILE = Map.of(
            "group.consumer.min.session.timeout.ms", "8000", "group.consumer.max.heartbeat.interval.ms", "20000");
    private static final GroupConfigs.Limits LIMITS = GroupConfigs.Limits.of(BrokerDefaults.of(FILE));

    private static Map<String, String> values(String text) {
        return Arrays.stream(text.split(" ")).map(each -> each.split("=", -1))
                .collect(Collectors.toMap(each -> each[0], each -> each[1]));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "consumer.session.timeout.ms=50000", "consumer.session.timeout.ms=60001", "consumer.session.timeout.ms=7999",
        "consumer.session.timeout.ms=0", "consumer.session.timeout.ms=x", "consumer.session.timeout.ms=",
        "consumer.heartbeat.interval.ms=4999", "consumer.heartbeat.interval.ms=20000", "consumer.heartbeat.interval.ms=20001",
        "consumer.assignment.interval.ms=0", "consumer.assignment.interval.ms=-1", "consumer.assignment.interval.ms=15001",
        "consumer.session.timeout.ms=8000 consumer.heartbeat.interval.ms=8000",
        "consumer.session.timeout.ms=8001 consumer.heartbeat.interval.ms=8000",
        "consumer.session.timeout.ms=1 consumer.heartbeat.interval.ms=1", "no.such.config=1", "share.session.timeout.ms=45000",
        "consumer.session.timeout.ms=1 no.such.config=1"
    })
    void valuesAreJudgedInKafkasWords(String text) {
        // Given
        Map<String, String> values = values(text);

        // When
        String problem = GroupConfigs.problem(values, LIMITS);

        // Then
        Throwable kafkas = catchThrowable(() -> GroupConfig.validate(
                values, GroupCoordinatorConfig.fromProps(FILE), ShareGroupConfig.fromProps(Map.of())));
        assertThat(problem).isEqualTo(kafkas == null ? null : kafkas.getMessage());
    }

    @Test
    void whatDoesNotActIsRefused() {
        assertThat(GroupConfigs.problem(Map.of("share.session.timeout.ms", "50000"), LIMITS)).isEqualTo(
                "Group config share.session.timeout.ms has no effect in this version of Sampo, so it can only be set to its default, '45000'");
        assertThat(GroupConfigs.problem(Map.of("streams.assignor.name", "sticky"), LIMITS)).isEqualTo(
                "Group config streams.assignor.name has no effect in this version of Sampo, so it cannot be set");
        assertThat(GroupConfigs.problem(Map.of("consumer.assignor.offload.enable", "false"), LIMITS)).contains("has no effect");
    }

    @Test
    void aStoredValueIsMovedIntoTheBoundsOfToday() {
        assertThat(LIMITS.inForce(GroupConfigs.SESSION_TIMEOUT, Map.of())).isEqualTo(45_000);
        assertThat(LIMITS.inForce(GroupConfigs.SESSION_TIMEOUT, Map.of(GroupConfigs.SESSION_TIMEOUT, "7000"))).isEqualTo(8000);
        assertThat(LIMITS.inForce(GroupConfigs.HEARTBEAT_INTERVAL, Map.of(GroupConfigs.HEARTBEAT_INTERVAL, " 6000 "))).isEqualTo(6000);
        assertThat(LIMITS.inForce(GroupConfigs.ASSIGNMENT_INTERVAL, Map.of(GroupConfigs.ASSIGNMENT_INTERVAL, "99999"))).isEqualTo(15_000);
    }
}
