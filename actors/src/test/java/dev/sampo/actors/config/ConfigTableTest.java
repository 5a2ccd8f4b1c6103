package dev.sampo.actors.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** With {@code -Dsampo.config.write=true} this writes the tables anew (for a new Kafka release) instead of judging. */
class ConfigTableTest {
    private static final Path FOLDER = Path.of("src/main/resources/dev/sampo/actors/config");

    @Test
    void topicTableIsKafkas() throws IOException {
        assertTable("topic-configs.tsv", KafkaTables.topics());
        assertThat(TopicConfigs.definitions()).hasSize(38);
    }

    @Test
    void brokerTableIsKafkas() throws IOException {
        assertTable("broker-configs.tsv", KafkaTables.brokers());
        assertThat(BrokerConfigs.definitions()).hasSize(379);
    }

    @Test
    void groupTableIsKafkas() throws IOException {
        assertTable("group-configs.tsv", KafkaTables.groups());
        assertThat(GroupConfigs.definitions()).hasSize(27);
    }

    private static void assertTable(String name, String kafkas) throws IOException {
        Path file = FOLDER.resolve(name);
        if (Boolean.getBoolean("sampo.config.write")) {
            Files.writeString(file, kafkas);
        }
        assertThat(Files.readString(file).lines()).containsExactlyElementsOf(kafkas.lines().toList());
    }
}
