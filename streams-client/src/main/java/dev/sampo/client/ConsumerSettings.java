package dev.sampo.client;

import com.typesafe.config.Config;
import dev.sampo.client.internal.ClientSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.jspecify.annotations.Nullable;
import scala.concurrent.duration.FiniteDuration;
import scala.jdk.javaapi.CollectionConverters;

/**
 * How consumer stages read: Kafka's properties by their names, deserializers, and what {@code sampo.client.consumer}
 * documents. Immutable.
 */
public final class ConsumerSettings<K, V> {
    /** Section of the configuration that {@link #create(ActorSystem, Deserializer, Deserializer)} reads. */
    public static final String CONFIG_PATH = "sampo.client.consumer";

    private record Times(
            Duration stopTimeout,
            Duration closeTimeout,
            Duration commitTimeout,
            Duration positionTimeout,
            Duration offsetForTimesTimeout,
            Duration metadataRequestTimeout,
            Duration partitionHandlerWarning) {}

    private final Map<String, String> properties;
    private final Optional<Deserializer<K>> keyDeserializer;
    private final Optional<Deserializer<V>> valueDeserializer;
    private final Times times;
    private final long maxBufferSizeBytes;
    private final @Nullable Function<ConsumerSettings<K, V>, CompletionStage<ConsumerSettings<K, V>>> enrich;

    private ConsumerSettings(
            Map<String, String> properties,
            Optional<Deserializer<K>> keyDeserializer,
            Optional<Deserializer<V>> valueDeserializer,
            Times times,
            long maxBufferSizeBytes,
            @Nullable Function<ConsumerSettings<K, V>, CompletionStage<ConsumerSettings<K, V>>> enrich) {
        this.properties = Map.copyOf(properties);
        this.keyDeserializer = keyDeserializer;
        this.valueDeserializer = valueDeserializer;
        this.times = times;
        this.maxBufferSizeBytes = maxBufferSizeBytes;
        this.enrich = enrich;
    }

    /** Path of the section in the configuration. */
    public static String configPath() {
        return CONFIG_PATH;
    }

    /**
     * From a section with the layout of {@code sampo.client.consumer}.
     *
     * @throws ConfigException a deserializer is neither given nor named by key.deserializer and value.deserializer
     */
    public static <K, V> ConsumerSettings<K, V> create(
            Config config, Optional<Deserializer<K>> keyDeserializer, Optional<Deserializer<V>> valueDeserializer) {
        var properties = new HashMap<String, String>();
        config.getConfig("kafka-clients").entrySet().forEach(entry -> properties.put(
                entry.getKey().replace("\"", ""), String.valueOf(entry.getValue().unwrapped())));
        ClientSettings.transport(config).ifPresent(transport -> properties.put(ClientSettings.TRANSPORT, transport));
        if (keyDeserializer.isEmpty() && !properties.containsKey("key.deserializer")) {
            throw new ConfigException("key.deserializer", null, "give a deserializer to create, or name its class");
        }
        if (valueDeserializer.isEmpty() && !properties.containsKey("value.deserializer")) {
            throw new ConfigException("value.deserializer", null, "give a deserializer to create, or name its class");
        }
        var times = new Times(
                config.getDuration("stop-timeout"),
                config.getDuration("close-timeout"),
                config.getDuration("commit-timeout"),
                config.getDuration("position-timeout"),
                config.getDuration("offset-for-times-timeout"),
                config.getDuration("metadata-request-timeout"),
                config.getDuration("partition-handler-warning"));
        return new ConsumerSettings<>(
                properties, keyDeserializer, valueDeserializer, times, config.getBytes("max-buffer-size"), null);
    }

    /** From the system's configuration; an absent deserializer is named by Kafka's property. */
    public static <K, V> ConsumerSettings<K, V> create(
            ActorSystem system, Optional<Deserializer<K>> keyDeserializer, Optional<Deserializer<V>> valueDeserializer) {
        return create(system.settings().config().getConfig(CONFIG_PATH), keyDeserializer, valueDeserializer);
    }

    /** From the system's configuration; an absent deserializer is named by Kafka's property. */
    public static <K, V> ConsumerSettings<K, V> create(
            ClassicActorSystemProvider system, Optional<Deserializer<K>> keyDeserializer, Optional<Deserializer<V>> valueDeserializer) {
        return create(system.classicSystem().settings().config().getConfig(CONFIG_PATH), keyDeserializer, valueDeserializer);
    }

    /** From the configuration. */
    public static <K, V> ConsumerSettings<K, V> create(
            Config config, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        return create(config, Optional.of(keyDeserializer), Optional.of(valueDeserializer));
    }

    /** {@code create} for Scala. */
    public static <K, V> ConsumerSettings<K, V> apply(
            Config config, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        return create(config, Optional.of(keyDeserializer), Optional.of(valueDeserializer));
    }

    /** From the configuration. */
    public static <K, V> ConsumerSettings<K, V> create(
            ActorSystem system, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        return create(system, Optional.of(keyDeserializer), Optional.of(valueDeserializer));
    }

    /** {@code create} for Scala. */
    public static <K, V> ConsumerSettings<K, V> apply(
            ActorSystem system, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        return create(system, Optional.of(keyDeserializer), Optional.of(valueDeserializer));
    }

    /** From the configuration. */
    public static <K, V> ConsumerSettings<K, V> create(
            ClassicActorSystemProvider system, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        return create(system, Optional.of(keyDeserializer), Optional.of(valueDeserializer));
    }

    /** {@code create} for Scala. */
    public static <K, V> ConsumerSettings<K, V> apply(
            ClassicActorSystemProvider system, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        return create(system, Optional.of(keyDeserializer), Optional.of(valueDeserializer));
    }

    private ConsumerSettings<K, V> with(Map<String, String> changed) {
        return new ConsumerSettings<>(changed, keyDeserializer, valueDeserializer, times, maxBufferSizeBytes, enrich);
    }

    private ConsumerSettings<K, V> with(Times changed) {
        return new ConsumerSettings<>(
                properties, keyDeserializer, valueDeserializer, changed, maxBufferSizeBytes, enrich);
    }

    /** The brokers to begin with: host:port, separated by commas. */
    public ConsumerSettings<K, V> withBootstrapServers(String bootstrapServers) {
        return withProperty("bootstrap.servers", bootstrapServers);
    }

    /**
     * Messages to the brokers' gates in the place of sockets, for a stream on a node of their cluster: its actor system is a
     * broker's own or that of a {@link dev.sampo.gate.StreamNode}. No bootstrap servers are needed. When the node leaves
     * or dies, its members leave their groups at once. The HOCON key is
     * {@code transport = cluster}; needs {@code sampo-cluster-gate} on the class path.
     */
    public ConsumerSettings<K, V> withClusterTransport() {
        return withProperty(ClientSettings.TRANSPORT, "cluster");
    }

    /** Name of this client in the brokers' logs and metrics. */
    public ConsumerSettings<K, V> withClientId(String clientId) {
        return withProperty("client.id", clientId);
    }

    /** The consumer group. */
    public ConsumerSettings<K, V> withGroupId(String groupId) {
        return withProperty("group.id", groupId);
    }

    /** Makes this consumer a static member (KIP-345). */
    public ConsumerSettings<K, V> withGroupInstanceId(String groupInstanceId) {
        return withProperty("group.instance.id", groupInstanceId);
    }

    /** Sets one of Kafka's consumer properties. */
    public ConsumerSettings<K, V> withProperty(String key, String value) {
        return withProperties(Map.of(key, value));
    }

    /** Sets several of Kafka's consumer properties. */
    public ConsumerSettings<K, V> withProperties(Map<String, String> more) {
        var changed = new HashMap<>(properties);
        changed.putAll(more);
        return with(changed);
    }

    /** Sets several of Kafka's consumer properties, for Scala. */
    public ConsumerSettings<K, V> withProperties(scala.collection.immutable.Map<String, String> more) {
        return withProperties(CollectionConverters.asJava(more));
    }

    /** One of Kafka's consumer properties, or null. */
    public @Nullable String getProperty(String key) {
        return properties.get(key);
    }

    /** Kafka's consumer properties. */
    public Map<String, Object> getProperties() {
        return Map.copyOf(properties);
    }

    /** Settings that are completed when a stream starts, for instance with brokers looked up somewhere. */
    public ConsumerSettings<K, V> withEnrichCompletionStage(
            Function<ConsumerSettings<K, V>, CompletionStage<ConsumerSettings<K, V>>> value) {
        return new ConsumerSettings<>(properties, keyDeserializer, valueDeserializer, times, maxBufferSizeBytes, value);
    }

    /** The settings after {@link #withEnrichCompletionStage}. */
    public CompletionStage<ConsumerSettings<K, V>> enriched() {
        return enrich == null
                ? CompletableFuture.completedFuture(this)
                : enrich.apply(new ConsumerSettings<>(
                        properties, keyDeserializer, valueDeserializer, times, maxBufferSizeBytes, null));
    }

    /** True when {@link #enriched()} has something to do. */
    public boolean needsEnrichment() {
        return enrich != null;
    }

    /** The deserializer given, if any. */
    public Optional<Deserializer<K>> keyDeserializerOpt() {
        return keyDeserializer;
    }

    /** The deserializer given, if any. */
    public Optional<Deserializer<V>> valueDeserializerOpt() {
        return valueDeserializer;
    }

    /** Most bytes of records held ready, see {@code max-buffer-size}. */
    public long maxBufferSizeBytes() {
        return maxBufferSizeBytes;
    }

    /** Most bytes of records held ready, see {@code max-buffer-size}. */
    public ConsumerSettings<K, V> withMaxBufferSizeBytes(long value) {
        if (value <= 0) {
            throw new ConfigException(CONFIG_PATH + ".max-buffer-size", value, "give a size above 0");
        }
        return new ConsumerSettings<>(properties, keyDeserializer, valueDeserializer, times, value, enrich);
    }

    /** Longest time that a stopped source keeps its membership, see {@code stop-timeout}. */
    public FiniteDuration stopTimeout() {
        return FiniteDuration.apply(times.stopTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Longest time that a stopped source keeps its membership, see {@code stop-timeout}. */
    public ConsumerSettings<K, V> withStopTimeout(Duration value) {
        return with(new Times(
                value,
                times.closeTimeout(),
                times.commitTimeout(),
                times.positionTimeout(),
                times.offsetForTimesTimeout(),
                times.metadataRequestTimeout(),
                times.partitionHandlerWarning()));
    }

    /** Longest time that a stopped source keeps its membership, see {@code stop-timeout}. */
    public ConsumerSettings<K, V> withStopTimeout(FiniteDuration value) {
        return withStopTimeout(Duration.ofNanos(value.toNanos()));
    }

    /** Longest time for the last requests, see {@code close-timeout}. */
    public FiniteDuration closeTimeout() {
        return FiniteDuration.apply(times.closeTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Longest time for the last requests, see {@code close-timeout}. */
    public ConsumerSettings<K, V> withCloseTimeout(Duration value) {
        return with(new Times(
                times.stopTimeout(),
                value,
                times.commitTimeout(),
                times.positionTimeout(),
                times.offsetForTimesTimeout(),
                times.metadataRequestTimeout(),
                times.partitionHandlerWarning()));
    }

    /** Longest time for the last requests, see {@code close-timeout}. */
    public ConsumerSettings<K, V> withCloseTimeout(FiniteDuration value) {
        return withCloseTimeout(Duration.ofNanos(value.toNanos()));
    }

    /** Longest time for one commit, see {@code commit-timeout}. */
    public FiniteDuration commitTimeout() {
        return FiniteDuration.apply(times.commitTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Longest time for one commit, see {@code commit-timeout}. */
    public ConsumerSettings<K, V> withCommitTimeout(Duration value) {
        return with(new Times(
                times.stopTimeout(),
                times.closeTimeout(),
                value,
                times.positionTimeout(),
                times.offsetForTimesTimeout(),
                times.metadataRequestTimeout(),
                times.partitionHandlerWarning()));
    }

    /** Longest time for one commit, see {@code commit-timeout}. */
    public ConsumerSettings<K, V> withCommitTimeout(FiniteDuration value) {
        return withCommitTimeout(Duration.ofNanos(value.toNanos()));
    }

    /** Longest time to find first offsets, see {@code position-timeout}. */
    public FiniteDuration positionTimeout() {
        return FiniteDuration.apply(times.positionTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Longest time to find first offsets, see {@code position-timeout}. */
    public ConsumerSettings<K, V> withPositionTimeout(Duration value) {
        return with(new Times(
                times.stopTimeout(),
                times.closeTimeout(),
                times.commitTimeout(),
                value,
                times.offsetForTimesTimeout(),
                times.metadataRequestTimeout(),
                times.partitionHandlerWarning()));
    }

    /** Longest time to find first offsets, see {@code position-timeout}. */
    public ConsumerSettings<K, V> withPositionTimeout(FiniteDuration value) {
        return withPositionTimeout(Duration.ofNanos(value.toNanos()));
    }

    /** Longest time to find offsets by time, see {@code offset-for-times-timeout}. */
    public FiniteDuration offsetForTimesTimeout() {
        return FiniteDuration.apply(times.offsetForTimesTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Longest time to find offsets by time, see {@code offset-for-times-timeout}. */
    public ConsumerSettings<K, V> withOffsetForTimesTimeout(Duration value) {
        return with(new Times(
                times.stopTimeout(),
                times.closeTimeout(),
                times.commitTimeout(),
                times.positionTimeout(),
                value,
                times.metadataRequestTimeout(),
                times.partitionHandlerWarning()));
    }

    /** Longest time to find offsets by time, see {@code offset-for-times-timeout}. */
    public ConsumerSettings<K, V> withOffsetForTimesTimeout(FiniteDuration value) {
        return withOffsetForTimesTimeout(Duration.ofNanos(value.toNanos()));
    }

    /** Longest time for the first metadata, see {@code metadata-request-timeout}. */
    public FiniteDuration metadataRequestTimeout() {
        return FiniteDuration.apply(times.metadataRequestTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Longest time for the first metadata, see {@code metadata-request-timeout}. */
    public ConsumerSettings<K, V> withMetadataRequestTimeout(Duration value) {
        return with(new Times(
                times.stopTimeout(),
                times.closeTimeout(),
                times.commitTimeout(),
                times.positionTimeout(),
                times.offsetForTimesTimeout(),
                value,
                times.partitionHandlerWarning()));
    }

    /** Longest time for the first metadata, see {@code metadata-request-timeout}. */
    public ConsumerSettings<K, V> withMetadataRequestTimeout(FiniteDuration value) {
        return withMetadataRequestTimeout(Duration.ofNanos(value.toNanos()));
    }

    /** Handler calls longer than this are logged, see {@code partition-handler-warning}. */
    public FiniteDuration partitionHandlerWarning() {
        return FiniteDuration.apply(times.partitionHandlerWarning().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Handler calls longer than this are logged, see {@code partition-handler-warning}. */
    public ConsumerSettings<K, V> withPartitionHandlerWarning(Duration value) {
        return with(new Times(
                times.stopTimeout(),
                times.closeTimeout(),
                times.commitTimeout(),
                times.positionTimeout(),
                times.offsetForTimesTimeout(),
                times.metadataRequestTimeout(),
                value));
    }

    /** Handler calls longer than this are logged, see {@code partition-handler-warning}. */
    public ConsumerSettings<K, V> withPartitionHandlerWarning(FiniteDuration value) {
        return withPartitionHandlerWarning(Duration.ofNanos(value.toNanos()));
    }

    @Override
    public String toString() {
        return "ConsumerSettings(group.id=" + properties.get("group.id") + ", bootstrap.servers="
                + properties.get("bootstrap.servers") + ")"; // other properties may be secrets
    }
}
