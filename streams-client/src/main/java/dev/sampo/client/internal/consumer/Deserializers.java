package dev.sampo.client.internal.consumer;

import dev.sampo.client.ConsumerSettings;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Utils;

/**
 * What turns a source's bytes into keys and values.
 *
 * @param checkCrcs Kafka's check.crcs
 */
record Deserializers<K, V>(Deserializer<K> keys, Deserializer<V> values, boolean checkCrcs) {
    static <K, V> Deserializers<K, V> of(ConsumerSettings<K, V> settings) {
        Map<String, Object> properties = settings.getProperties();
        return new Deserializers<>(
                deserializer(settings.keyDeserializerOpt(), properties, "key.deserializer", true),
                deserializer(settings.valueDeserializerOpt(), properties, "value.deserializer", false),
                !"false".equals(properties.get("check.crcs")));
    }

    @SuppressWarnings("unchecked") // the application says by the type of its settings what the class gives
    private static <T> Deserializer<T> deserializer(
            Optional<Deserializer<T>> given, Map<String, Object> properties, String name, boolean isKey) {
        if (given.isPresent()) {
            return given.get();
        }
        try {
            Deserializer<T> made = Utils.newInstance(String.valueOf(properties.get(name)), Deserializer.class);
            made.configure(properties, isKey);
            return made;
        } catch (ClassNotFoundException e) {
            throw new KafkaException("cannot make " + name, e);
        } catch (ConfigException e) {
            throw new KafkaException("cannot configure " + name, e);
        }
    }
}
