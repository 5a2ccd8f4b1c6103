package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;

/** Kafka's rules for topic names. */
final class TopicNames {
    private TopicNames() {}

    /** 1 to 249 of letters, digits, {@code . _ -}; not {@code .} or {@code ..}. */
    static boolean valid(String name) {
        try {
            Topic.validate(name);
            return true;
        } catch (InvalidTopicException notAName) {
            return false;
        }
    }

    /** True for the topics of coordinators. */
    static boolean internal(String name) {
        return Topic.isInternal(name);
    }

    /** What a client hears of a topic that is not there. */
    static KafkaError unknown(String name) {
        return valid(name) ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION : KafkaError.INVALID_TOPIC_EXCEPTION;
    }
}
