package dev.sampo.actors.config;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

class BrokerConfigsTest {
    @ParameterizedTest
    @CsvSource({
        "broker.id,1", "advertised.listeners,x", "log.retention.hours,3", "num.partitions,3", "log.retention.ms,x",
        "log.retention.ms,5", "min.insync.replicas,0", "message.max.bytes,-1", "compression.type,foo"
    })
    void aDynamicChangeIsJudgedInKafkasWords(String name, String value) {
        // Given
        var properties = new Properties();
        properties.put(name, value);

        // When
        String problem = BrokerConfigs.validateDynamic(Map.of(name, value), Map.of(name, value).keySet());

        // Then
        Throwable kafkas =
                catchThrowable(() -> DynamicBrokerConfig.validateConfigs(properties, properties, false));
        assertThat(problem).isEqualTo(kafkas == null ? null : kafkas.getMessage());
    }

    @Test
    void aDynamicNameThatDoesNotActIsRefused() {
        assertThat(BrokerConfigs.validateDynamic(Map.of("background.threads", "3"), Map.of("background.threads", "3").keySet()))
                .contains("background.threads").contains("no effect");
        assertThat(BrokerConfigs.validateDynamic(Map.of("foo", "3"), Map.of("foo", "3").keySet()))
                .contains("Unknown broker config names: [foo]");
    }

    @Test
    void aBrokerIsCordonedAsAWholeOrNotAtAll() {
        assertThat(BrokerConfigs.validateDynamic("cordoned.log.dirs", "/data")).contains("one log folder");
        assertThat(BrokerConfigs.validateDynamic("cordoned.log.dirs", "*")).isNull();
        assertThat(BrokerConfigs.validateDynamic("cordoned.log.dirs", "")).isNull();
    }

    @Test
    void honouredNamesAreKafkas() {
        assertThat(BrokerConfigs.definitions().keySet()).containsAll(BrokerConfigs.HONOURED);
    }

    @Test
    void synonymsAreKafkas() {
        for (String name : BrokerConfigs.definitions().keySet()) {
            assertThat(BrokerConfigs.synonyms(name)).isEqualTo(DynamicBrokerConfig.brokerConfigSynonyms(name, true));
        }
    }

    @Test
    void everyTypedAccessorHasAValue() throws ReflectiveOperationException {
        for (var method : BrokerDefaults.class.getMethods()) {
            if (method.getParameterCount() == 0 && method.getDeclaringClass() == BrokerDefaults.class) {
                assertThat(method.invoke(BrokerDefaults.KAFKAS)).isNotNull();
            }
        }
        assertThat(BrokerDefaults.KAFKAS.socketRequestMaxBytes()).isEqualTo(104_857_600);
        assertThat(BrokerDefaults.KAFKAS.offsetsRetentionMs()).isEqualTo(604_800_000L);
    }

    @Test
    void dynamicForThisBrokerWinsOverDynamicForAllOverTheFile() {
        // Given
        var file = BrokerDefaults.of(Map.of("message.max.bytes", "1"));

        // When / Then
        assertThat(file.topicDefault("max.message.bytes")).isEqualTo("1");
        assertThat(file.withDynamic(Map.of("message.max.bytes", "2"), Map.of()).topicDefault("max.message.bytes"))
                .isEqualTo("2");
        assertThat(file.withDynamic(Map.of("message.max.bytes", "2"), Map.of("message.max.bytes", "3"))
                        .topicDefault("max.message.bytes"))
                .isEqualTo("3");
    }

    @Test
    void aBadValueInTheFileIsNamed() {
        assertThatThrownBy(() -> BrokerDefaults.of(Map.of("num.partitions", "0")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("Invalid value 0 for configuration num.partitions: Value must be at least 1");
        assertThat(BrokerDefaults.of(Map.of("log.dirs", "/a, /b")).listValue("log.dirs")).isEqualTo(List.of("/a", "/b"));
    }
}
