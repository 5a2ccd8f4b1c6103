package dev.sampo.tests.metrics;

import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import dev.sampo.tests.broker.Await;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** The list of beans that are served, held against the broker and against the beans that a real Kafka has. */
class BeanCatalogueIT {
    private static final Set<String> SUBSETS = Set.of("socket-server-metrics", "raft-metrics");
    private static final List<String> SERVED = new ArrayList<>();
    private static final Map<String, Pattern> ABSENT = new TreeMap<>();
    private static final Map<String, Set<String>> KAFKA = new TreeMap<>(); // name to attributes with types

    @TempDir
    static Path folder;

    private static SampoBroker broker;
    private static Beans beans;

    @BeforeAll
    static void start() throws Exception {
        for (String line : lines("/metrics/beans.txt")) {
            if (line.startsWith("served ")) {
                SERVED.add(line.substring(7));
            } else {
                String[] parts = line.substring("absent ".length()).split(" :: ", 2);
                assertThat(parts).as(line).hasSize(2);
                ABSENT.put(line, Pattern.compile(parts[0]));
            }
        }
        for (String line : lines("/metrics/kafka-4.4.0-beans.txt")) {
            String[] parts = line.split(" \\| ", 2);
            KAFKA.put(parts[0], new TreeSet<>(List.of(parts[1].split(" "))));
        }
        broker = SampoBroker.start(BrokerSettings.embedded(folder)
                .with(Map.of("offsets.topic.num.partitions", "1"))
                .with("sampo.remoting.port", 0)
                .with("sampo.raft.port", 0));
        beans = new Beans(Objects.requireNonNull(broker.beanServer()));
        var work = new ExactWork(broker.bootstrapServers());
        work.create("orders", 1);
        work.produce("orders", 0, 3);
        work.consumeInGroup("readers", "orders", 3);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static List<String> lines(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(BeanCatalogueIT.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    @Test
    void everyBeanOfTheListIsThereUnderItsVeryName() {
        // When
        Await.holds(Duration.ofSeconds(20), () -> beans.names().containsAll(SERVED));

        // Then
        assertThat(beans.names()).containsAll(SERVED);
    }

    @Test
    void attributesAndTheirTypesAreThoseOfKafka() {
        // Given
        Await.holds(Duration.ofSeconds(20), () -> beans.names().containsAll(SERVED));
        List<String> both = SERVED.stream().filter(KAFKA::containsKey).toList();
        assertThat(both).hasSizeGreaterThan(60);

        for (String name : both) {
            // When
            Set<String> attributes = beans.attributes(name);

            // Then
            if (SUBSETS.stream().anyMatch(name::contains)) {
                // by name alone: Kafka calls all of these double, also those that are texts
                assertThat(names(KAFKA.get(name))).as(name).containsAll(names(attributes));
            } else {
                assertThat(attributes).as(name).isEqualTo(KAFKA.get(name));
            }
        }
    }

    private static Set<String> names(Set<String> attributes) {
        return attributes.stream().map(attribute -> attribute.replaceAll(":.*", "")).collect(Collectors.toSet());
    }

    @Test
    void everyBeanOfKafkaIsServedOrAbsentForAReason() {
        // Given
        Await.holds(Duration.ofSeconds(20), () -> beans.names().containsAll(SERVED));
        Set<String> served = beans.names();

        // When
        List<String> unexplained = KAFKA.keySet().stream()
                .filter(name -> !served.contains(name))
                .filter(name -> !name.contains("request=Fetch,version") && !name.contains("request=FetchConsumer,version")
                        && !name.contains("request=Produce,version"))
                .filter(name -> ABSENT.values().stream().noneMatch(pattern -> pattern.matcher(name).matches()))
                .toList();
        List<String> servedAfterAll = served.stream()
                .filter(name -> !SERVED.contains(name))
                .filter(name -> ABSENT.values().stream().anyMatch(pattern -> pattern.matcher(name).matches()))
                .toList();

        // Then
        assertThat(unexplained).isEmpty();
        assertThat(servedAfterAll).isEmpty();
    }
}
