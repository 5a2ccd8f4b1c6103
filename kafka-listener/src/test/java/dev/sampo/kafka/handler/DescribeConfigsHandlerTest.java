package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerConfigs;
import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import kafka.server.ConfigHelper;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.metadata.ConfigRepository;
import org.apache.kafka.metadata.MetadataCache;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import scala.jdk.javaapi.CollectionConverters;

import static org.assertj.core.api.Assertions.assertThat;

/** Judged by Kafka's own ConfigHelper. */
class DescribeConfigsHandlerTest {
    private static final Map<String, String> NEEDED_BY_KAFKA = Map.of(
            "process.roles", "broker,controller", "node.id", "1", "listeners",
            "PLAINTEXT://:9092,CONTROLLER://:9093", "controller.listener.names", "CONTROLLER",
            "controller.quorum.voters", "1@localhost:9093", "listener.security.protocol.map",
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");

    private final AdminFixture broker = new AdminFixture();

    @AfterEach
    void stop() {
        broker.close();
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                Arguments.of(Map.of(), Map.of(), Map.of()),
                Arguments.of(Map.of("log.retention.hours", "5", "min.insync.replicas", "2"), Map.of(), Map.of()),
                Arguments.of(
                        Map.of("log.retention.minutes", "5", "log.roll.jitter.hours", "3"),
                        Map.of("log.retention.ms", "99", "min.insync.replicas", "3", "log.cleanup.policy", "compact"),
                        Map.of("internal.segment.bytes", "2000000")),
                Arguments.of(
                        Map.of("log.retention.ms", "7", "log.flush.scheduler.interval.ms", "8"), Map.of(),
                        Map.of("retention.ms", " 55", "cleanup.policy", "compact, delete", "preallocate", "TRUE")));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void topicConfigsAreDescribedAsByKafka(
            Map<String, String> file, Map<String, String> dynamic, Map<String, String> own) throws Exception {
        assertAsKafka(file, dynamic, own, (byte) 2, "t");
    }

    @ParameterizedTest
    @MethodSource("layers")
    void brokerConfigsAreDescribedAsByKafka(
            Map<String, String> file, Map<String, String> dynamic, Map<String, String> own) throws Exception {
        var withNeeded = new HashMap<>(NEEDED_BY_KAFKA);
        withNeeded.put("broker.id", "1");
        withNeeded.put("foo.bar", "1");
        withNeeded.put("ssl.keystore.password", "planted-secret");
        withNeeded.putAll(file);
        assertAsKafka(withNeeded, dynamic, own, (byte) 4, "1");
        assertAsKafka(withNeeded, dynamic, own, (byte) 4, "");
    }

    @Test
    void wrongResourcesAreRefusedAsByKafka() throws Exception {
        for (var wrong : List.of(
                Map.entry(2, "x"), Map.entry(2, "a/b"), Map.entry(2, ""), Map.entry(4, "2"), Map.entry(4, "x"),
                Map.entry(8, ""), Map.entry(8, "2"), Map.entry(16, ""), Map.entry(32, ""), Map.entry(7, "q"))) {
            assertAsKafka(Map.of(), Map.of(), Map.of(), wrong.getKey().byteValue(), wrong.getValue());
        }
    }

    @Test
    void everyVersionCarriesWhatItCan() throws Exception {
        broker.topic(1);
        var handler = new DescribeConfigsHandler(1, broker.images, broker.file, broker.loggers);
        for (int version = 1; version <= 4; version++) {
            DescribeConfigsResponseData response = broker.send(
                    handler, version,
                    request((byte) 2, "t", null)
                            .setIncludeSynonyms(true)
                            .setIncludeDocumentation(version >= 3));
            List<DescribeConfigsResourceResult> configs = response.results().getFirst().configs();
            assertThat(configs).hasSize(TopicConfigs.definitions().size() - 1);
            for (DescribeConfigsResourceResult config : configs) {
                assertThat(config.documentation()).isEqualTo(
                        version >= 3 ? TopicConfigs.definitions().get(config.name()).documentation() : "");
            }
        }
    }

    @Test
    void severalResourcesAreDescribedAsEachAlone() throws Exception {
        broker.topic(1);
        broker.configs(new ConfigResource(ConfigResourceType.TOPIC, "t"), Map.of("retention.ms", "55"));
        var handler = new DescribeConfigsHandler(1, broker.images, broker.file, broker.loggers);
        var resources = List.of(resource(2, "t", null), resource(2, "x", null), resource(2, "t", List.of("retention.ms")),
                resource(2, "t", List.of("segment.ms")), resource(4, "1", null), resource(32, "g", null));

        DescribeConfigsResponseData together = broker.send(
                handler, 4, new DescribeConfigsRequestData().setResources(resources).setIncludeSynonyms(true));

        for (int i = 0; i < resources.size(); i++) {
            DescribeConfigsResponseData alone = broker.send(
                    handler, 4,
                    new DescribeConfigsRequestData().setResources(List.of(resources.get(i))).setIncludeSynonyms(true));
            assertThat(together.results().get(i)).isEqualTo(alone.results().getFirst());
        }
        assertThat(together.results().get(2).configs()).singleElement().matches(config -> config.value().equals("55"));
    }

    @Test
    void loggersAreListed() throws Exception {
        DescribeConfigsResponseData response = broker.send(
                new DescribeConfigsHandler(1, broker.images, broker.file, broker.loggers), 4,
                request((byte) 8, "1", List.of("root")));

        assertThat(response.results().getFirst().configs())
                .singleElement()
                .matches(c -> c.value().equals("INFO") && c.configSource() == 6 && !c.readOnly());
    }

    private static DescribeConfigsRequestData request(byte type, String name, List<String> keys) {
        return new DescribeConfigsRequestData().setResources(List.of(resource(type, name, keys)));
    }

    private static DescribeConfigsResource resource(int type, String name, List<String> keys) {
        return new DescribeConfigsResource()
                .setResourceType((byte) type)
                .setResourceName(name)
                .setConfigurationKeys(keys);
    }

    private void assertAsKafka(
            Map<String, String> file, Map<String, String> dynamic, Map<String, String> own, byte type, String name)
            throws Exception {
        // Given
        broker.topic(1);
        broker.configs(new ConfigResource(ConfigResourceType.TOPIC, "t"), own);
        broker.configs(new ConfigResource(ConfigResourceType.BROKER, ""), dynamic);
        var handler = new DescribeConfigsHandler(1, broker.images, BrokerDefaults.of(file), broker.loggers);

        // When
        DescribeConfigsResponseData response =
                broker.send(handler, 4, request(type, name, List.of()).setIncludeSynonyms(true).setIncludeDocumentation(true));

        // Then
        DescribeConfigsResult result = response.results().getFirst();
        DescribeConfigsResult kafkas = kafkas(file, dynamic, own, type, name);
        assertThat(result.errorCode()).isEqualTo(kafkas.errorCode());
        assertThat(result.errorMessage()).isEqualTo(kafkas.errorMessage());
        Map<String, DescribeConfigsResourceResult> byName = new HashMap<>();
        result.configs().forEach(config -> byName.put(config.name(), config));
        for (DescribeConfigsResourceResult expected : kafkas.configs()) {
            DescribeConfigsResourceResult actual = byName.get(expected.name());
            if (type == 4 && actual != null && !BrokerConfigs.dynamic(expected.name())) {
                expected.setReadOnly(true); // more is read only here than in Kafka
            }
            if (type == 4 && expected.value() == null && isOverriddenBySynonym(expected.name(), dynamic)) {
                // Kafka shows no value where a dynamic synonym overrides the file; here it is the file's.
                expected.setValue(file.get(expected.name()));
            }
            assertThat(actual).as(expected.name()).isEqualTo(expected);
        }
        assertThat(byName).hasSize(kafkas.configs().size());
    }

    private static boolean isOverriddenBySynonym(String name, Map<String, String> dynamic) {
        return BrokerConfigs.synonyms(name).stream().anyMatch(s -> !s.equals(name) && dynamic.containsKey(s));
    }

    private static DescribeConfigsResult kafkas(
            Map<String, String> file, Map<String, String> dynamic, Map<String, String> own, byte type, String name) {
        var properties = new Properties();
        properties.putAll(NEEDED_BY_KAFKA);
        properties.putAll(file);
        KafkaConfig config = KafkaConfig.apply(properties, false);
        config.dynamicConfig().initialize(scala.Option.empty());
        if (!dynamic.isEmpty()) {
            var changed = new Properties();
            changed.putAll(dynamic);
            config.dynamicConfig().updateDefaultConfig(changed, true);
        }
        var topic = new Properties();
        topic.putAll(own);
        var repository = proxy(ConfigRepository.class, Map.of("topicConfig", topic, "groupConfig", topic, "config", topic));
        var cache = (MetadataCache) Proxy.newProxyInstance(
                MetadataCache.class.getClassLoader(), new Class<?>[] {MetadataCache.class},
                (p, method, args) -> method.getName().equals("contains") ? "t".equals(args[0]) : null);
        var resource = new DescribeConfigsResource().setResourceType(type).setResourceName(name);
        return CollectionConverters.asJava(new ConfigHelper(cache, config, repository)
                        .describeConfigs(
                                CollectionConverters.asScala(List.of(resource)).toList(), true, true))
                .getFirst();
    }

    private static <T> T proxy(Class<T> type, Map<String, Object> results) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type},
                (p, method, args) -> method.isDefault() && !results.containsKey(method.getName())
                        ? InvocationHandler.invokeDefault(p, method, args)
                        : results.get(method.getName())));
    }
}
