package dev.sampo.client.producer;

import dev.sampo.client.internal.ClientSettings;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's producer properties, read once and checked by Kafka's own rules.
 *
 * @param acks -1 for all in-sync replicas, 1 for the leader, 0 for no answer
 * @param lingerMs longest time an unfilled batch waits, or {@link #ADAPTIVE} when {@code linger.ms} is not set
 * @param retries most attempts after the first
 */
record ProducerOptions(
        short acks,
        boolean idempotent,
        int maxInFlightPerBroker,
        long lingerMs,
        int batchSizeBytes,
        int maxRequestSizeBytes,
        long bufferMemoryBytes,
        Compression compression,
        long deliveryTimeoutMs,
        int requestTimeoutMs,
        long retryBackoffMs,
        long retryBackoffMaxMs,
        int retries,
        long maxBlockMs,
        long metadataMaxAgeMs,
        boolean ignoreKeys,
        boolean adaptivePartitioning) {
    /** A batch leaves as soon as no request is open to its broker and no record is at hand; else after {@link #ADAPTIVE_LINGER_MS}. */
    static final long ADAPTIVE = -1;

    /** Longest wait of an unfilled batch behind open requests; Kafka's default of {@code linger.ms}. */
    static final long ADAPTIVE_LINGER_MS = 5;

    /**
     * Reads the properties.
     *
     * @throws ConfigException a value is invalid, contradicts another, or asks for something a stream does otherwise;
     *     the message names the key and what to do instead
     */
    static ProducerOptions from(Map<String, Object> properties) {
        refuse(properties, ProducerConfig.PARTITIONER_CLASS_CONFIG, "set the partition of each ProducerRecord instead");
        refuse(properties, ProducerConfig.INTERCEPTOR_CLASSES_CONFIG, "map the records before the producing stage instead");
        refuse(properties, ProducerConfig.TRANSACTIONAL_ID_CONFIG, "this stage is idempotent but not transactional; remove the key");
        Map<String, Object> complete = new HashMap<>(properties);
        complete.putIfAbsent(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        complete.putIfAbsent(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        if ("cluster".equals(properties.get(ClientSettings.TRANSPORT))) { // Kafka's definition asks for one
            complete.putIfAbsent(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        }
        var config = new ProducerConfig(complete);
        boolean lingerSet = properties.containsKey(ProducerConfig.LINGER_MS_CONFIG);
        int requestTimeoutMs = config.getInt(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG);
        long deliveryTimeoutMs = deliveryTimeoutMs(properties, config, requestTimeoutMs);
        return new ProducerOptions(
                acks(config.getString(ProducerConfig.ACKS_CONFIG)),
                config.getBoolean(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG),
                config.getInt(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION),
                lingerSet ? config.getLong(ProducerConfig.LINGER_MS_CONFIG) : ADAPTIVE,
                Math.max(1, config.getInt(ProducerConfig.BATCH_SIZE_CONFIG)),
                config.getInt(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                config.getLong(ProducerConfig.BUFFER_MEMORY_CONFIG),
                compression(config),
                deliveryTimeoutMs,
                requestTimeoutMs,
                config.getLong(ProducerConfig.RETRY_BACKOFF_MS_CONFIG),
                config.getLong(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG),
                config.getInt(ProducerConfig.RETRIES_CONFIG),
                config.getLong(ProducerConfig.MAX_BLOCK_MS_CONFIG),
                config.getLong(ProducerConfig.METADATA_MAX_AGE_CONFIG),
                config.getBoolean(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG),
                config.getBoolean(ProducerConfig.PARTITIONER_ADAPTIVE_PARTITIONING_ENABLE_CONFIG));
    }

    /** Longest wait of an unfilled batch that nothing else sends earlier. */
    long longestLingerMs() {
        return lingerMs == ADAPTIVE ? ADAPTIVE_LINGER_MS : lingerMs;
    }

    /** Wait before attempt {@code attempt} (2 is the first repetition): doubles each time up to the maximum. */
    long backoffMs(int attempt) {
        int doublings = Math.min(Math.max(0, attempt - 2), 30);
        return Math.min(retryBackoffMs << doublings, Math.max(retryBackoffMs, retryBackoffMaxMs));
    }

    private static void refuse(Map<String, Object> properties, String key, String remedy) {
        Object value = properties.get(key);
        if (value != null && !value.toString().isEmpty()) {
            throw new ConfigException(key, value, "not supported here: " + remedy);
        }
    }

    private static long deliveryTimeoutMs(Map<String, Object> properties, ProducerConfig config, int requestTimeoutMs) {
        int given = config.getInt(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG);
        long lowest = config.getLong(ProducerConfig.LINGER_MS_CONFIG) + requestTimeoutMs;
        if (given >= lowest) {
            return given;
        }
        if (properties.containsKey(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG)) {
            throw new ConfigException(
                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                    given,
                    "must be at least linger.ms + request.timeout.ms, which is " + lowest);
        }
        return lowest;
    }

    private static short acks(String text) {
        return text.trim().toLowerCase(Locale.ROOT).equals("all") ? -1 : Short.parseShort(text.trim());
    }

    private static Compression compression(ProducerConfig config) {
        CompressionType type = CompressionType.forName(config.getString(ProducerConfig.COMPRESSION_TYPE_CONFIG));
        return switch (type) {
            case GZIP ->
                Compression.gzip().level(config.getInt(ProducerConfig.COMPRESSION_GZIP_LEVEL_CONFIG)).build();
            case LZ4 -> Compression.lz4().level(config.getInt(ProducerConfig.COMPRESSION_LZ4_LEVEL_CONFIG)).build();
            case ZSTD -> Compression.zstd().level(config.getInt(ProducerConfig.COMPRESSION_ZSTD_LEVEL_CONFIG)).build();
            case NONE, SNAPPY -> Compression.of(type).build();
        };
    }
}
