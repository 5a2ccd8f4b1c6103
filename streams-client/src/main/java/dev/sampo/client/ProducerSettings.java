package dev.sampo.client;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigUtil;
import dev.sampo.client.internal.ClientSettings;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.util.Helpers;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.concurrent.Future;
import scala.concurrent.duration.FiniteDuration;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.DurationConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.jdk.javaapi.OptionConverters;

/**
 * How a producing stage connects and sends: Kafka's own producer properties, two serializers, and the settings of the
 * stage. Immutable; each {@code with…} gives a changed copy. Defaults are in {@code sampo.client.producer} of
 * {@code reference.conf}, where every key is documented.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public final class ProducerSettings<K, V> {
    private static final String CONFIG_PATH = "sampo.client.producer";

    private final Map<String, String> properties;
    private final @Nullable Serializer<K> keySerializer;
    private final @Nullable Serializer<V> valueSerializer;
    private final Duration closeTimeout;
    private final int parallelism;
    private final String dispatcher;
    private final @Nullable Function<ProducerSettings<K, V>, CompletionStage<ProducerSettings<K, V>>> enrich;

    private ProducerSettings(
            Map<String, String> properties,
            @Nullable Serializer<K> keySerializer,
            @Nullable Serializer<V> valueSerializer,
            Duration closeTimeout,
            int parallelism,
            String dispatcher,
            @Nullable Function<ProducerSettings<K, V>, CompletionStage<ProducerSettings<K, V>>> enrich) {
        if (parallelism < 1) {
            throw new IllegalArgumentException(CONFIG_PATH + ".parallelism is " + parallelism + ", it must be at least 1");
        }
        this.properties = properties;
        this.keySerializer = keySerializer;
        this.valueSerializer = valueSerializer;
        this.closeTimeout = closeTimeout;
        this.parallelism = parallelism;
        this.dispatcher = dispatcher;
        this.enrich = enrich;
    }

    /** The section of the configuration that {@link #create(ActorSystem, Serializer, Serializer)} reads. */
    public static String configPath() {
        return CONFIG_PATH;
    }

    /**
     * Settings of a configuration section laid out as {@code sampo.client.producer}.
     *
     * @throws IllegalArgumentException a serializer is given neither here nor as {@code key.serializer} and
     *     {@code value.serializer}
     */
    public static <K, V> ProducerSettings<K, V> create(
            Config config, Optional<Serializer<K>> keySerializer, Optional<Serializer<V>> valueSerializer) {
        Map<String, String> properties = properties(config.getConfig("kafka-clients"));
        ClientSettings.transport(config).ifPresent(transport -> properties.put(ClientSettings.TRANSPORT, transport));
        require(keySerializer.isPresent(), properties, ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG);
        require(valueSerializer.isPresent(), properties, ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
        return new ProducerSettings<>(
                properties,
                keySerializer.orElse(null),
                valueSerializer.orElse(null),
                config.getDuration("close-timeout"),
                config.getInt("parallelism"),
                config.getString("use-dispatcher"),
                null);
    }

    /** As {@link #create(Config, Optional, Optional)}; a null serializer is taken from the properties. */
    public static <K, V> ProducerSettings<K, V> create(
            Config config, @Nullable Serializer<K> keySerializer, @Nullable Serializer<V> valueSerializer) {
        return create(config, Optional.ofNullable(keySerializer), Optional.ofNullable(valueSerializer));
    }

    /** Settings of the system's section {@code sampo.client.producer}. */
    public static <K, V> ProducerSettings<K, V> create(
            ActorSystem system, @Nullable Serializer<K> keySerializer, @Nullable Serializer<V> valueSerializer) {
        return create(system.settings().config().getConfig(CONFIG_PATH), keySerializer, valueSerializer);
    }

    /** Settings of the system's section {@code sampo.client.producer}. */
    public static <K, V> ProducerSettings<K, V> create(
            ClassicActorSystemProvider system,
            @Nullable Serializer<K> keySerializer,
            @Nullable Serializer<V> valueSerializer) {
        return create(system.classicSystem(), keySerializer, valueSerializer);
    }

    /** Settings of the system's section {@code sampo.client.producer}. */
    public static <K, V> ProducerSettings<K, V> create(
            ActorSystem system, Optional<Serializer<K>> keySerializer, Optional<Serializer<V>> valueSerializer) {
        return create(system.settings().config().getConfig(CONFIG_PATH), keySerializer, valueSerializer);
    }

    /** Settings of the system's section {@code sampo.client.producer}. */
    public static <K, V> ProducerSettings<K, V> create(
            ClassicActorSystemProvider system,
            Optional<Serializer<K>> keySerializer,
            Optional<Serializer<V>> valueSerializer) {
        return create(system.classicSystem(), keySerializer, valueSerializer);
    }

    /** Scala's name of {@link #create(Config, Serializer, Serializer)}. */
    public static <K, V> ProducerSettings<K, V> apply(
            Config config, @Nullable Serializer<K> keySerializer, @Nullable Serializer<V> valueSerializer) {
        return create(config, keySerializer, valueSerializer);
    }

    /** Scala's name of {@link #create(ActorSystem, Serializer, Serializer)}. */
    public static <K, V> ProducerSettings<K, V> apply(
            ActorSystem system, @Nullable Serializer<K> keySerializer, @Nullable Serializer<V> valueSerializer) {
        return create(system, keySerializer, valueSerializer);
    }

    /** Scala's name of {@link #create(ClassicActorSystemProvider, Serializer, Serializer)}. */
    public static <K, V> ProducerSettings<K, V> apply(
            ClassicActorSystemProvider system,
            @Nullable Serializer<K> keySerializer,
            @Nullable Serializer<V> valueSerializer) {
        return create(system, keySerializer, valueSerializer);
    }

    /** Scala's name of {@link #create(Config, Optional, Optional)}. */
    public static <K, V> ProducerSettings<K, V> apply(
            Config config, Option<Serializer<K>> keySerializer, Option<Serializer<V>> valueSerializer) {
        return create(config, OptionConverters.toJava(keySerializer), OptionConverters.toJava(valueSerializer));
    }

    /** Scala's name of {@link #create(ActorSystem, Optional, Optional)}. */
    public static <K, V> ProducerSettings<K, V> apply(
            ActorSystem system, Option<Serializer<K>> keySerializer, Option<Serializer<V>> valueSerializer) {
        return create(system, OptionConverters.toJava(keySerializer), OptionConverters.toJava(valueSerializer));
    }

    /** Scala's name of {@link #create(ClassicActorSystemProvider, Optional, Optional)}. */
    public static <K, V> ProducerSettings<K, V> apply(
            ClassicActorSystemProvider system,
            Option<Serializer<K>> keySerializer,
            Option<Serializer<V>> valueSerializer) {
        return create(system, OptionConverters.toJava(keySerializer), OptionConverters.toJava(valueSerializer));
    }

    /** Kafka's producer properties by their names. */
    public scala.collection.immutable.Map<String, String> properties() {
        return scala.collection.immutable.Map$.MODULE$.from(CollectionConverters.asScala(properties));
    }

    /** Kafka's producer properties by their names; unmodifiable. */
    public Map<String, Object> getProperties() {
        return Collections.unmodifiableMap(properties);
    }

    /** One property, null when it is not set here. */
    public @Nullable String getProperty(String key) {
        return properties.get(key);
    }

    /** The key serializer given as an object; empty when {@code key.serializer} names its class. */
    public Option<Serializer<K>> keySerializerOpt() {
        return Option.apply(keySerializer);
    }

    /** The value serializer given as an object; empty when {@code value.serializer} names its class. */
    public Option<Serializer<V>> valueSerializerOpt() {
        return Option.apply(valueSerializer);
    }

    /** Longest wait for open requests when a stream is cancelled or fails. */
    public FiniteDuration closeTimeout() {
        return DurationConverters.toScala(closeTimeout);
    }

    /** Most elements that may be under way in one stage. */
    public int parallelism() {
        return parallelism;
    }

    /** The stage's dispatcher; empty for the stream's own. */
    public String dispatcher() {
        return dispatcher;
    }

    /** Sets {@code client.id}. */
    public ProducerSettings<K, V> withClientId(String clientId) {
        return withProperty(ProducerConfig.CLIENT_ID_CONFIG, clientId);
    }

    /**
     * Messages to the brokers' gates in the place of sockets, for a stream on a node of their cluster: its actor system is a
     * broker's own or that of a {@link dev.sampo.gate.StreamNode}. No bootstrap servers are needed. The HOCON key is
     * {@code transport = cluster}; needs {@code sampo-cluster-gate} on the class path.
     */
    public ProducerSettings<K, V> withClusterTransport() {
        return withProperty(ClientSettings.TRANSPORT, "cluster");
    }

    /** Sets {@code bootstrap.servers}: host:port pairs, comma separated. */
    public ProducerSettings<K, V> withBootstrapServers(String bootstrapServers) {
        return withProperty(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    }

    /** Sets Kafka producer properties; others stay. */
    public ProducerSettings<K, V> withProperties(Map<String, String> more) {
        var changed = new LinkedHashMap<>(properties);
        changed.putAll(more);
        return new ProducerSettings<>(
                changed, keySerializer, valueSerializer, closeTimeout, parallelism, dispatcher, enrich);
    }

    /** Sets Kafka producer properties; others stay. */
    public ProducerSettings<K, V> withProperties(scala.collection.immutable.Map<String, String> more) {
        return withProperties(CollectionConverters.asJava(more));
    }

    /** Sets one Kafka producer property. */
    public ProducerSettings<K, V> withProperty(String key, String value) {
        return withProperties(Map.of(key, value));
    }

    /** Longest wait for open requests when a stream is cancelled or fails. */
    public ProducerSettings<K, V> withCloseTimeout(Duration timeout) {
        return new ProducerSettings<>(
                properties, keySerializer, valueSerializer, timeout, parallelism, dispatcher, enrich);
    }

    /** Longest wait for open requests when a stream is cancelled or fails. */
    public ProducerSettings<K, V> withCloseTimeout(FiniteDuration timeout) {
        return withCloseTimeout(DurationConverters.toJava(timeout));
    }

    /** Most elements that may be under way in one stage, at least 1. */
    public ProducerSettings<K, V> withParallelism(int most) {
        return new ProducerSettings<>(
                properties, keySerializer, valueSerializer, closeTimeout, most, dispatcher, enrich);
    }

    /** The stage's dispatcher; empty for the stream's own, which is right for a stage that never blocks. */
    public ProducerSettings<K, V> withDispatcher(String name) {
        return new ProducerSettings<>(
                properties, keySerializer, valueSerializer, closeTimeout, parallelism, name, enrich);
    }

    /** Completes the settings each time a stage starts, for example with addresses or secrets from elsewhere. */
    public ProducerSettings<K, V> withEnrichCompletionStage(
            Function<ProducerSettings<K, V>, CompletionStage<ProducerSettings<K, V>>> completion) {
        return new ProducerSettings<>(
                properties, keySerializer, valueSerializer, closeTimeout, parallelism, dispatcher, completion);
    }

    /** Completes the settings each time a stage starts, for example with addresses or secrets from elsewhere. */
    public ProducerSettings<K, V> withEnrichAsync(
            scala.Function1<ProducerSettings<K, V>, Future<ProducerSettings<K, V>>> completion) {
        return withEnrichCompletionStage(settings -> FutureConverters.asJava(completion.apply(settings)));
    }

    /** These settings after {@link #withEnrichCompletionStage}; null when there is nothing to wait for. */
    public @Nullable CompletionStage<ProducerSettings<K, V>> enrichedOrNull() {
        return enrich == null ? null : enrich.apply(this);
    }

    /** These settings after {@link #withEnrichAsync}. */
    public Future<ProducerSettings<K, V>> enriched() {
        CompletionStage<ProducerSettings<K, V>> completed = enrichedOrNull();
        return completed == null ? Future.successful(this) : FutureConverters.asScala(completed);
    }

    /** Names the properties without the values that may be secret. */
    @Override
    public String toString() {
        String shown = properties.entrySet().stream()
                .map(e -> e.getKey() + "=" + (secret(e.getKey()) ? "****" : e.getValue()))
                .collect(Collectors.joining(","));
        return "ProducerSettings(properties=" + shown + ",closeTimeout=" + closeTimeout + ",parallelism=" + parallelism
                + ",dispatcher=" + dispatcher + ")";
    }

    private static boolean secret(String key) {
        String lower = Helpers.toRootLowerCase(key);
        return lower.contains("password") || lower.contains("jaas") || lower.contains("secret") || lower.contains("key");
    }

    private static void require(boolean given, Map<String, String> properties, String key) {
        if (!given && !properties.containsKey(key)) {
            throw new IllegalArgumentException(
                    key + " is not set: give a serializer, or its class name in " + CONFIG_PATH + ".kafka-clients");
        }
    }

    private static Map<String, String> properties(Config config) {
        var properties = new LinkedHashMap<String, String>();
        config.entrySet().forEach(entry -> properties.put(
                String.join(".", ConfigUtil.splitPath(entry.getKey())), String.valueOf(entry.getValue().unwrapped())));
        return properties;
    }
}
