package dev.sampo.tests.broker;

import java.nio.file.Path;
import java.util.Map;

/**
 * One broker process on loopback. Which one the tests judge is chosen with {@code -Dbroker.under.test=sampo|kafka};
 * Kafka is there to judge the tests: what fails against Kafka is wrong in the test.
 */
public interface BrokerUnderTest extends AutoCloseable {
    /** Name of the system property that chooses the broker. */
    String PROPERTY = "broker.under.test";

    /** {@code 127.0.0.1:port}; the same after {@link #restart()}. */
    String bootstrap();

    /** Ends the process with SIGKILL; returns when it is gone. */
    void kill9();

    /** Starts the process again on the same folder and port; returns when it answers. */
    void restart();

    /** Ends the process with SIGTERM and waits; after a bounded wait with SIGKILL, which is an error. */
    void stop();

    /** The folder named by {@code log.dirs}: one folder for each partition below it. */
    Path dataFolder();

    /** Process id of the running child. */
    long pid();

    /** What the process printed: a file that grows. */
    Path output();

    @Override
    void close();

    /** True when the tests run against a real Kafka. */
    static boolean isKafka() {
        return "kafka".equals(System.getProperty(PROPERTY, "sampo"));
    }

    /**
     * Starts the chosen broker with node id 1 and an own empty folder.
     *
     * @param settings server properties added to the launcher's own, in Kafka's names
     */
    static BrokerUnderTest start(Path folder, Map<String, String> settings) {
        String which = System.getProperty(PROPERTY, "sampo");
        return switch (which) {
            case "sampo" -> SampoUnderTest.start(folder, settings);
            case "kafka" -> KafkaUnderTest.start(folder, settings);
            default -> throw new IllegalArgumentException(PROPERTY + "=" + which + ": use sampo or kafka");
        };
    }
}
