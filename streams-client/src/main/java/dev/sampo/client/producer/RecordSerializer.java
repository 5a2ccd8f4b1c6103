package dev.sampo.client.producer;

import dev.sampo.client.ProducerSettings;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Utils;

/** Turns records into bytes with the serializers of the settings. */
final class RecordSerializer<K, V> {
    private static final Header[] NO_HEADERS = new Header[0];

    private final Serializer<K> keys;
    private final Serializer<V> values;
    private final boolean ownsKeys;
    private final boolean ownsValues;

    /**
     * Takes the serializers given as objects; makes and configures those named as classes.
     *
     * @throws ConfigException a class cannot be used as a serializer
     */
    RecordSerializer(ProducerSettings<K, V> settings) {
        ownsKeys = settings.keySerializerOpt().isEmpty();
        ownsValues = settings.valueSerializerOpt().isEmpty();
        keys = ownsKeys
                ? make(settings, ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, true)
                : settings.keySerializerOpt().get();
        values = ownsValues
                ? make(settings, ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, false)
                : settings.valueSerializerOpt().get();
    }

    @SuppressWarnings("unchecked") // a class name says nothing of the type it serializes; as in Kafka, the first record does
    private static <T> Serializer<T> make(ProducerSettings<?, ?> settings, String key, boolean isKey) {
        Map<String, Object> properties = settings.getProperties();
        String className = String.valueOf(properties.get(key));
        try {
            Serializer<T> made = (Serializer<T>) Utils.newInstance(className, Serializer.class);
            made.configure(properties, isKey);
            return made;
        } catch (ClassNotFoundException e) {
            throw new ConfigException(key, className, "the class is not on the class path");
        }
    }

    /**
     * The record as bytes, time stamped now when it carries no time.
     *
     * @throws org.apache.kafka.common.errors.SerializationException a serializer refused; serializers may throw others
     */
    SerializedRecord serialize(ProducerRecord<K, V> record) {
        Headers headers = record.headers();
        byte[] key = keys.serialize(record.topic(), headers, record.key());
        byte[] value = values.serialize(record.topic(), headers, record.value());
        Header[] array = headers.toArray();
        Long timestampMs = record.timestamp();
        return new SerializedRecord(
                record.topic(),
                record.partition(),
                timestampMs == null ? System.currentTimeMillis() : timestampMs,
                key,
                value,
                array.length == 0 ? NO_HEADERS : array);
    }

    /** Closes the serializers that were made here; those given as objects belong to their owner. */
    void close() {
        if (ownsKeys) {
            keys.close();
        }
        if (ownsValues) {
            values.close();
        }
    }
}
