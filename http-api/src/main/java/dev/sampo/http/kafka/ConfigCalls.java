package dev.sampo.http.kafka;

import dev.sampo.http.body.TopicBodies.ChangedConfigs;
import dev.sampo.http.body.TopicBodies.ConfigChange;
import dev.sampo.http.body.TopicBodies.ConfigChanges;
import dev.sampo.http.body.TopicBodies.ConfigEntry;
import dev.sampo.http.body.TopicBodies.Configs;
import dev.sampo.http.route.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.jspecify.annotations.Nullable;

/** Settings of topics and brokers. */
public final class ConfigCalls {
    private static final byte SET = 0;
    private static final byte DELETE = 1;

    /** What has settings. */
    public enum Resource {
        TOPIC(ConfigResource.Type.TOPIC, ConfigSource.TOPIC_CONFIG),
        BROKER(ConfigResource.Type.BROKER, ConfigSource.DYNAMIC_BROKER_CONFIG);

        private final ConfigResource.Type type;
        private final ConfigSource own;

        Resource(ConfigResource.Type type, ConfigSource own) {
            this.type = type;
            this.own = own;
        }

        byte id() {
            return type.id();
        }

        private String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final BrokerCalls broker;

    /** Asks {@code broker}. */
    public ConfigCalls(BrokerCalls broker) {
        this.broker = broker;
    }

    /** All settings, by name. {@code documentation}: with Kafka's texts. */
    public CompletionStage<Configs> describe(Resource resource, String name, boolean documentation) {
        var request = new DescribeConfigsRequestData()
                .setIncludeSynonyms(true)
                .setIncludeDocumentation(documentation)
                .setResources(List.of(new DescribeConfigsResource()
                        .setResourceType(resource.type.id())
                        .setResourceName(name)
                        .setConfigurationKeys(null)));
        return broker.call(ApiKeys.DESCRIBE_CONFIGS, 4, request, DescribeConfigsResponseData.class)
                .thenApply(response -> {
                    var result = response.results().getFirst();
                    KafkaProblems.check(result.errorCode(), result.errorMessage());
                    return result;
                })
                .thenCompose(result -> {
                    boolean ownValues = result.configs().stream()
                            .anyMatch(config -> config.configSource() == resource.own.id());
                    CompletionStage<Map<String, @Nullable String>> defaults = resource == Resource.TOPIC && ownValues
                            ? topicDefaults()
                            : CompletableFuture.completedFuture(Map.of());
                    return defaults.thenApply(values -> {
                        var entries = new TreeMap<String, ConfigEntry>();
                        result.configs().forEach(config -> entries.put(config.name(), entry(resource, config, values)));
                        return new Configs(resource.text(), name, List.copyOf(entries.values()));
                    });
                });
    }

    /**
     * What a topic without settings has. Synonyms do not tell: a broker may have retention in hours, a topic has it in
     * milliseconds. So a topic is made that nobody makes.
     */
    private CompletionStage<Map<String, @Nullable String>> topicDefaults() {
        var request = new CreateTopicsRequestData().setTimeoutMs(broker.timeoutMs()).setValidateOnly(true);
        request.topics().add(new CreatableTopic()
                .setName("defaults-" + Uuid.randomUuid())
                .setNumPartitions(1)
                .setReplicationFactor((short) 1));
        return broker.call(ApiKeys.CREATE_TOPICS, 7, request, CreateTopicsResponseData.class).thenApply(response -> {
            Map<String, @Nullable String> values = new TreeMap<>();
            var result = response.topics().iterator().next();
            if (result.errorCode() == Errors.NONE.code()) {
                result.configs().forEach(config -> values.put(config.name(), config.value()));
            }
            return values;
        });
    }

    private static ConfigEntry entry(
            Resource resource, DescribeConfigsResourceResult config, Map<String, @Nullable String> defaults) {
        ConfigSource source = ConfigSource.forId(config.configSource());
        String otherwise = source == resource.own ? defaults.get(config.name()) : config.value();
        for (DescribeConfigsSynonym synonym : config.synonyms()) {
            if (otherwise == null && synonym.source() != resource.own.id()) {
                otherwise = synonym.value(); // the first that is not its own is the one that would hold
            }
        }
        return new ConfigEntry(
                config.name(), config.value(), source.name(), source != resource.own, otherwise, config.readOnly(),
                config.isSensitive(), ConfigType.forId(config.configType()).name(), config.documentation());
    }

    /** Changes settings, or says what would be changed. */
    public CompletionStage<ChangedConfigs> alter(Resource resource, String name, ConfigChanges changes, boolean dryRun) {
        Map<String, @Nullable String> wanted = new LinkedHashMap<>(); // null: back to the default
        if (changes.set() != null) {
            changes.set().forEach((key, value) -> {
                if (value == null) {
                    throw Problem.invalid("set." + key, "A value is a string; name it in reset to go back to the default.");
                }
                wanted.put(key, value);
            });
        }
        if (changes.reset() != null) {
            for (String key : changes.reset()) {
                if (key == null || wanted.containsKey(key)) {
                    throw Problem.invalid("reset", "Names are expected, each once and not in set as well.");
                }
                wanted.put(key, null);
            }
        }
        if (wanted.isEmpty()) {
            throw Problem.invalid("set", "Nothing is to be changed: name settings in set or reset.");
        }
        var altered = new AlterConfigsResource().setResourceType(resource.type.id()).setResourceName(name);
        wanted.forEach((key, value) -> altered.configs()
                .add(new AlterableConfig()
                        .setName(key)
                        .setConfigOperation(value == null ? DELETE : SET)
                        .setValue(value)));
        return describe(resource, name, false).thenCompose(before -> {
            var request = new IncrementalAlterConfigsRequestData().setValidateOnly(dryRun);
            request.resources().add(altered);
            return broker.call(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 1, request, IncrementalAlterConfigsResponseData.class)
                    .thenApply(response -> {
                        var result = response.responses().getFirst();
                        if (result.errorCode() != Errors.NONE.code()) {
                            throw KafkaProblems.of(Errors.forCode(result.errorCode()), result.errorMessage())
                                    .at("set")
                                    .exception();
                        }
                        return new ChangedConfigs(resource.text(), name, compare(before, wanted), dryRun);
                    });
        });
    }

    private static List<ConfigChange> compare(Configs before, Map<String, @Nullable String> wanted) {
        Map<String, ConfigEntry> entries = new LinkedHashMap<>();
        before.configs().forEach(entry -> entries.put(entry.name(), entry));
        var done = new ArrayList<ConfigChange>();
        wanted.forEach((key, value) -> {
            ConfigEntry entry = entries.get(key);
            boolean secret = entry != null && entry.sensitive();
            String after = value == null ? (entry == null ? null : entry.defaultValue()) : value;
            done.add(new ConfigChange(key, entry == null ? null : entry.value(), secret ? null : after, value == null));
        });
        return done;
    }
}
