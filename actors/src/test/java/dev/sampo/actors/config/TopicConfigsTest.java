package dev.sampo.actors.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import kafka.server.KafkaConfig;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

class TopicConfigsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "NULL",
            value = {
                "foo|1", "retention.ms|x", "retention.ms|''", "retention.ms|-2", "retention.ms|-1", "retention.ms|' 5 '",
                "retention.ms|9223372036854775808", "cleanup.policy|foo", "cleanup.policy|''",
                "cleanup.policy|compact,compact", "cleanup.policy|'compact, delete'", "cleanup.policy|'compact,,delete'",
                "max.compaction.lag.ms|0", "compression.gzip.level|0", "compression.gzip.level|-1",
                "compression.gzip.level|10", "compression.lz4.level|18", "compression.zstd.level|23",
                "compression.type|foo", "compression.type|GZIP", "compression.type|zstd",
                "leader.replication.throttled.replicas|x", "leader.replication.throttled.replicas|''",
                "follower.replication.throttled.replicas|1:2,x:3", "preallocate|x", "preallocate|TRUE",
                "segment.bytes|100", "segment.bytes|1048576", "segment.index.bytes|3", "internal.segment.bytes|100",
                "min.cleanable.dirty.ratio|1.5", "min.cleanable.dirty.ratio|-0.1", "min.cleanable.dirty.ratio|x",
                "message.timestamp.type|foo", "message.timestamp.type|LogAppendTime", "retention.bytes|-5",
                "max.message.bytes|99999999999", "max.message.bytes|-1", "min.insync.replicas|0",
                "unclean.leader.election.enable|maybe", "flush.messages|0", "flush.ms|-1", "segment.ms|0",
                "segment.jitter.ms|-1", "file.delete.delay.ms|-1", "delete.retention.ms|-1",
                "index.interval.bytes|-1", "min.compaction.lag.ms|-1", "max.decompressed.message.bytes|0",
                "max.decompressed.message.bytes|2147483647", "message.timestamp.before.max.ms|-1",
                "message.timestamp.after.max.ms|-1", "local.retention.ms|-3", "remote.storage.enable|1",
                "remote.copy.lag.ms|-2", "errors.deadletterqueue.group.enable|no"
            })
    void eachValueIsJudgedInKafkasWords(String name, String value) {
        // Given
        Map<String, String> overrides = Map.of(name, value);

        // When
        String problem = TopicConfigs.validate(overrides);

        // Then
        Throwable kafkas = catchThrowable(() -> LogConfig.validate(new HashMap<>(overrides)));
        assertThat(problem).isEqualTo(kafkas == null ? null : kafkas.getMessage());
    }

    @Test
    void anUnknownNameIsNamed() {
        assertThat(TopicConfigs.validate(Map.of("foo", "1"))).isEqualTo("Unknown topic config name: foo");
    }

    @Test
    void nullValuesAreRefusedByName() {
        // Given
        var overrides = new HashMap<String, String>();
        overrides.put("retention.ms", null);

        // When / Then
        assertThat(TopicConfigs.validate(overrides)).isEqualTo("Null value not supported for topic configs: retention.ms");
    }

    @Test
    void compactionLagsAreComparedWithEachOtherAndWithTheBrokersDefaults() {
        assertThat(TopicConfigs.validate(Map.of("min.compaction.lag.ms", "10", "max.compaction.lag.ms", "5")))
                .isEqualTo("conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)");
        assertThat(TopicConfigs.validate(
                        Map.of("max.compaction.lag.ms", "5"),
                        BrokerDefaults.of(Map.of("log.cleaner.min.compaction.lag.ms", "7"))))
                .isEqualTo("conflict topic config setting min.compaction.lag.ms (7) > max.compaction.lag.ms (5)");
    }

    @ParameterizedTest
    @CsvSource({
        "remote.storage.enable,true", "local.retention.ms,5", "remote.copy.lag.ms,5",
        "errors.deadletterqueue.group.enable,true", "remote.log.copy.disable,true"
    })
    void aNameThatDoesNotActIsRefusedUnlessItKeepsItsDefault(String name, String value) {
        // When
        String problem = TopicConfigs.validate(Map.of(name, value));
        String atDefault =
                TopicConfigs.validate(Map.of(name, TopicConfigs.definitions().get(name).defaultValue()));

        // Then
        assertThat(problem).contains(name).contains("has no effect").contains("default");
        assertThat(atDefault).isNull();
    }

    @Test
    void aValueThatIsTooLongForTheWireIsRefused() {
        assertThat(TopicConfigs.validate(Map.of("cleanup.policy", "x".repeat(40_000)))).contains("32767 bytes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "log.retention.ms=5", "log.retention.minutes=5", "log.retention.hours=5",
                "log.retention.hours=5,log.retention.minutes=7", "log.retention.hours=5,log.retention.ms=-1",
                "log.roll.hours=3", "log.roll.hours=3,log.roll.ms=9", "log.roll.jitter.hours=1",
                "log.flush.scheduler.interval.ms=77", "log.flush.interval.ms=9,log.flush.scheduler.interval.ms=77",
                "message.max.bytes=500", "min.insync.replicas=2", "compression.type=zstd", "log.cleanup.policy=compact",
                "log.segment.bytes=2097152", "log.index.size.max.bytes=1000", "log.preallocate=true",
                "unclean.leader.election.enable=true", "log.cleaner.min.cleanable.ratio=0.25",
                "log.message.timestamp.type=LogAppendTime"
            })
    void defaultsOfTopicsFollowTheBrokersNamesAsInKafka(String file) {
        // Given
        var values = new HashMap<String, String>();
        for (String pair : file.isEmpty() ? new String[0] : file.split(",")) {
            values.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        var properties = new Properties();
        properties.putAll(values);
        properties.putAll(Map.of(
                "process.roles", "broker,controller", "node.id", "1", "listeners",
                "PLAINTEXT://:9092,CONTROLLER://:9093", "controller.listener.names", "CONTROLLER",
                "controller.quorum.voters", "1@localhost:9093", "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"));

        // When
        Map<String, String> defaults = BrokerDefaults.of(values).topicDefaults();

        // Then
        Map<String, Object> kafkas = KafkaConfig.apply(properties, false).extractLogConfigMap();
        for (var entry : kafkas.entrySet()) {
            String kafkasText = org.apache.kafka.common.config.ConfigDef.convertToString(
                    entry.getValue(), LogConfig.configType(entry.getKey()).orElseThrow());
            if (kafkasText != null) {
                assertThat(defaults.get(entry.getKey())).as(entry.getKey()).isEqualTo(kafkasText);
            }
        }
        assertThat(new TreeSet<>(kafkas.keySet())).isSubsetOf(TopicConfigs.definitions().keySet());
    }

    @Test
    void settingsAreTheTopicsOwnValuesOverTheBrokersDefaults() {
        // Given
        var defaults = BrokerDefaults.of(Map.of("log.retention.hours", "1", "min.insync.replicas", "2"))
                .withDynamic(Map.of("message.max.bytes", "9"), Map.of());

        // When
        TopicSettings settings = TopicConfigs.settings(
                Map.of("cleanup.policy", "compact, delete", "retention.ms", "5", "compression.type", "gzip"), defaults);

        // Then
        assertThat(settings.cleanupCompact()).isTrue();
        assertThat(settings.cleanupDelete()).isTrue();
        assertThat(settings.retentionMs()).isEqualTo(5);
        assertThat(settings.minInSyncReplicas()).isEqualTo(2);
        assertThat(settings.maxMessageBytes()).isEqualTo(9);
        assertThat(settings.compressionLevel()).isEqualTo(-1);
        assertThat(settings.segmentBytes()).isEqualTo(1 << 30);
        assertThat(settings.uncleanLeaderElection()).isFalse();
    }

    @Test
    void listsAreKnown() {
        assertThat(TopicConfigs.definitions().keySet().stream().filter(TopicConfigs::isList).toList())
                .isEqualTo(List.of(
                        "cleanup.policy", "leader.replication.throttled.replicas",
                        "follower.replication.throttled.replicas"));
    }
}
