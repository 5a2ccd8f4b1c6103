package dev.sampo.actors.config;

import dev.sampo.actors.config.ConfigDefinition.Synonym;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.ConfigException;

/**
 * A broker's configuration under Kafka's names: what the file said, what was set dynamically for all brokers and for
 * this one, and Kafka's defaults below. Immutable; each change of the metadata image makes a new one.
 *
 * @see "KIP-226: dynamic for this broker over dynamic for all over the file over the default"
 */
public final class BrokerDefaults {
    /** Nothing set. */
    public static final BrokerDefaults KAFKAS = new BrokerDefaults(Map.of(), Map.of(), Map.of());

    private final Map<String, String> fileValues;
    private final Map<String, String> clusterValues;
    private final Map<String, String> brokerValues;
    private final Map<String, String> values;

    private BrokerDefaults(
            Map<String, String> fileValues, Map<String, String> clusterValues, Map<String, String> brokerValues) {
        this.fileValues = fileValues;
        this.clusterValues = clusterValues;
        this.brokerValues = brokerValues;
        this.values = BrokerConfigs.merged(BrokerConfigs.merged(fileValues, clusterValues), brokerValues);
    }

    /**
     * From a configuration file. Unknown names are kept out of {@link #value} but do no harm.
     *
     * @throws ConfigException a value that its type or validator refuses, with name and value
     */
    public static BrokerDefaults of(Map<String, String> fileValues) {
        String problem = BrokerConfigs.problem(fileValues);
        if (problem != null) {
            throw new ConfigException(problem);
        }
        return new BrokerDefaults(Map.copyOf(fileValues), Map.of(), Map.of());
    }

    /** The same file with these dynamic values: those of the resource "all brokers" and of this broker. */
    public BrokerDefaults withDynamic(Map<String, String> clusterValues, Map<String, String> brokerValues) {
        return new BrokerDefaults(fileValues, Map.copyOf(clusterValues), Map.copyOf(brokerValues));
    }

    /** As the file gave them. */
    public Map<String, String> fileValues() {
        return fileValues;
    }

    /** Set dynamically for all brokers. */
    public Map<String, String> clusterValues() {
        return clusterValues;
    }

    /** Set dynamically for this broker. */
    public Map<String, String> brokerValues() {
        return brokerValues;
    }

    /** The text in force for one of the 379 names, empty when it has none. Synonyms are not followed. */
    public String value(String name) {
        String set = values.get(name);
        String inForce = set != null ? set : definition(name).defaultValue();
        return inForce == null ? "" : inForce;
    }

    private Object typed(String name) {
        return BrokerConfigs.parse(definition(name), value(name));
    }

    private static ConfigDefinition definition(String name) {
        return Objects.requireNonNull(
                BrokerConfigs.definitions().get(name), () -> "not a broker config of Kafka 4.4: " + name);
    }

    /** True when the file or a dynamic change gave a value. */
    public boolean isSet(String name) {
        return values.containsKey(name);
    }

    /** The value in force of an INT or SHORT config. */
    public int intValue(String name) {
        return ((Number) typed(name)).intValue();
    }

    /** The value in force of an INT, SHORT or LONG config. */
    public long longValue(String name) {
        return ((Number) typed(name)).longValue();
    }

    /** The value in force of a DOUBLE config. */
    public double doubleValue(String name) {
        return ((Number) typed(name)).doubleValue();
    }

    /** The value in force of a BOOLEAN config. */
    public boolean booleanValue(String name) {
        return (Boolean) typed(name);
    }

    /** The value in force of a LIST config. */
    public List<String> listValue(String name) {
        return ((List<?>) typed(name)).stream().map(Object::toString).toList();
    }

    /**
     * The default that a topic config has on this broker, in the topic config's unit: the strongest of the broker's
     * names that is set (milliseconds over minutes over hours), else Kafka's default.
     */
    public String topicDefault(String topicConfig) {
        ConfigDefinition definition = Objects.requireNonNull(
                TopicConfigs.definitions().get(topicConfig), () -> "not a topic config of Kafka 4.4: " + topicConfig);
        List<Map.Entry<Synonym, String>> present = BrokerConfigs.present(definition, values);
        if (present.isEmpty()) {
            return definition.defaultValue() == null ? "" : definition.defaultValue();
        }
        Synonym synonym = present.getFirst().getKey();
        String value = present.getFirst().getValue().trim();
        if (synonym.factor() == 1) {
            return value;
        }
        long inUnit = Long.parseLong(value);
        return String.valueOf(inUnit < 0 ? inUnit : inUnit * synonym.factor());
    }

    /** Every topic config's default on this broker; names without one (internal) are left out. */
    public Map<String, String> topicDefaults() {
        var defaults = new HashMap<String, String>();
        for (ConfigDefinition definition : TopicConfigs.definitions().values()) {
            if (definition.defaultValue() != null) {
                defaults.put(definition.name(), topicDefault(definition.name()));
            }
        }
        return defaults;
    }

    // Topics.

    /** {@code num.partitions}. */
    public int numPartitions() {
        return intValue("num.partitions");
    }

    /** {@code default.replication.factor}. */
    public int defaultReplicationFactor() {
        return intValue("default.replication.factor");
    }

    /** {@code auto.create.topics.enable}. */
    public boolean autoCreateTopicsEnable() {
        return booleanValue("auto.create.topics.enable");
    }

    /** {@code delete.topic.enable}. */
    public boolean deleteTopicEnable() {
        return booleanValue("delete.topic.enable");
    }

    /** {@code log.retention.check.interval.ms}. */
    public long logRetentionCheckIntervalMs() {
        return longValue("log.retention.check.interval.ms");
    }

    /** {@code producer.id.expiration.ms}. */
    public int producerIdExpirationMs() {
        return intValue("producer.id.expiration.ms");
    }

    /** {@code replica.lag.time.max.ms}. */
    public long replicaLagTimeMaxMs() {
        return longValue("replica.lag.time.max.ms");
    }

    // Groups.

    /** {@code group.min.session.timeout.ms}. */
    public int groupMinSessionTimeoutMs() {
        return intValue("group.min.session.timeout.ms");
    }

    /** {@code group.max.session.timeout.ms}. */
    public int groupMaxSessionTimeoutMs() {
        return intValue("group.max.session.timeout.ms");
    }

    /** {@code group.initial.rebalance.delay.ms}. */
    public int groupInitialRebalanceDelayMs() {
        return intValue("group.initial.rebalance.delay.ms");
    }

    /** {@code group.max.size}. */
    public int groupMaxSize() {
        return intValue("group.max.size");
    }

    /** {@code offsets.topic.num.partitions}. */
    public int offsetsTopicNumPartitions() {
        return intValue("offsets.topic.num.partitions");
    }

    /** {@code offsets.topic.replication.factor}; the creator lowers it to the number of brokers. */
    public short offsetsTopicReplicationFactor() {
        return (short) intValue("offsets.topic.replication.factor");
    }

    /** {@code offsets.topic.segment.bytes}. */
    public int offsetsTopicSegmentBytes() {
        return intValue("offsets.topic.segment.bytes");
    }

    /** {@code offsets.retention.minutes} in milliseconds. */
    public long offsetsRetentionMs() {
        return 60_000L * intValue("offsets.retention.minutes");
    }

    /** {@code offsets.retention.check.interval.ms}. */
    public long offsetsRetentionCheckIntervalMs() {
        return longValue("offsets.retention.check.interval.ms");
    }

    /** {@code offset.metadata.max.bytes}. */
    public int offsetMetadataMaxBytes() {
        return intValue("offset.metadata.max.bytes");
    }

    // Connections and requests.

    /** {@code socket.request.max.bytes}. */
    public int socketRequestMaxBytes() {
        return intValue("socket.request.max.bytes");
    }

    /** {@code connections.max.idle.ms}; negative for never. */
    public long connectionsMaxIdleMs() {
        return longValue("connections.max.idle.ms");
    }

    /** {@code max.connections}. */
    public int maxConnections() {
        return intValue("max.connections");
    }

    /** {@code max.connections.per.ip}. */
    public int maxConnectionsPerIp() {
        return intValue("max.connections.per.ip");
    }

    /** {@code replica.selector.class}. */
    public ReplicaSelector replicaSelector() {
        return Objects.requireNonNull(
                ReplicaSelector.ofClass(value("replica.selector.class")), "was checked when the values were read");
    }

    /** {@code fetch.max.bytes}: the broker's limit for one fetch answer. */
    public int fetchMaxBytes() {
        return intValue("fetch.max.bytes");
    }

    /** {@code max.incremental.fetch.session.cache.slots}. */
    public int maxIncrementalFetchSessionCacheSlots() {
        return intValue("max.incremental.fetch.session.cache.slots");
    }
}
