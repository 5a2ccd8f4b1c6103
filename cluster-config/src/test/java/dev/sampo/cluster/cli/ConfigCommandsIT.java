package dev.sampo.cluster.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static dev.sampo.cluster.cli.CommandRun.command;
import static org.assertj.core.api.Assertions.assertThat;

/** {@code config ...} and {@code cluster ...} against a broker. */
@ExtendWith(SharedBroker.class)
final class ConfigCommandsIT {
    @TempDir
    private Path folder;

    @Test
    @Verb({"config get", "config set", "config diff"})
    void aTopicsConfigurationIsReadSetAndCompared() {
        command().run("topic", "create", "ca", "-p", "1").ok();
        JsonNode value = command().json("config get", "topic/ca", "retention.ms");
        assertThat(value).hasSize(1);
        assertThat(value.get(0).get("source").asString()).isEqualTo("default");
        assertThat(command().json("config get", "broker/1").size()).isGreaterThan(50);

        assertThat(command().json("config set", "topic/ca", "retention.ms=77").get(0).get("changed").asBoolean()).isTrue();
        assertThat(command().json("config set", "topic/ca", "retention.ms=77").get(0).get("changed").asBoolean()).isFalse();
        assertThat(command().json("config diff", "topic/ca").get(0).get("value").asString()).isEqualTo("77");
        assertThat(command().run("config", "set", "topic/ca", "--unset", "retention.ms").ok().out()).contains("77 -> default");
        assertThat(command().run("config", "get", "topic/ca", "nope").expect(ExitCode.NOT_FOUND).err()).contains("nope");
        assertThat(command().run("config", "get", "ca").expect(ExitCode.USAGE).err()).contains("topic/NAME");
        command().run("config", "get", "topic/ca-none").expect(ExitCode.NOT_FOUND);
        command().run("config", "diff", "broker/1").ok();
    }

    @Test
    @Verb({"config export", "config apply"})
    void whatIsExportedIsAppliedAndCheckedWithoutChange() throws IOException {
        command().run("topic", "create", "ce", "-p", "1", "-c", "retention.ms=99").ok();
        JsonNode exported = command().json("config export", "topic/ce");
        assertThat(exported.get(0).get("config").get("retention.ms").asString()).isEqualTo("99");
        Path file = folder.resolve("config.json");
        Files.writeString(file, exported.toString());
        assertThat(command().run("config", "apply", file.toString(), "--check").ok().out()).contains("99 as before");

        Files.writeString(file, "[{\"entity\":\"topic/ce\",\"config\":{\"retention.ms\":\"100\"}}]");
        assertThat(command().run("config", "apply", file.toString(), "--check").expect(ExitCode.WOULD_CHANGE).out())
                .contains("would become 99 -> 100");
        command().run("config", "apply", file.toString(), "--dry-run").ok();
        assertThat(command().json("config apply", file.toString()).get(0).get("changed").asBoolean()).isTrue();
        assertThat(command().json("config get", "topic/ce", "retention.ms").get(0).get("value").asString()).isEqualTo("100");

        command().run("config", "set", "topic/ce", "segment.ms=5000").ok();
        command().input(Files.readString(file)).run("config", "apply", "-", "--prune").ok();
        assertThat(command().json("topic diff", "ce")).hasSize(1);
        assertThat(command().run("config", "export", "--quiet").ok().out().lines()).contains("topic/ce");
    }

    @Test
    @Verb("config apply")
    void aFileThatIsNoExportIsRefusedBeforeAnythingChanges() throws IOException {
        Path file = folder.resolve("bad.json");
        command().run("config", "apply", file.toString()).expect(ExitCode.NOT_FOUND);
        for (String text : new String[] {"{", "{}", "[{}]", "[{\"entity\":\"x\",\"config\":{}}]",
            "[{\"entity\":\"topic/x\",\"config\":{\"a\":[]}}]"}) {
            Files.writeString(file, text);
            assertThat(command().run("config", "apply", file.toString()).expect(ExitCode.USAGE).err()).contains("sampo: ");
        }
    }

    @Test
    @Verb({"cluster info", "cluster health", "cluster why"})
    void aHealthyClusterSaysSo() {
        JsonNode info = command().json("cluster info");
        assertThat(info.get("brokers")).hasSize(1);
        assertThat(info.get("clusterId").asString()).hasSize(22);
        assertThat(command().run("cluster", "info").ok().out()).contains("BROKER", "127.0.0.1");
        // What the machine's disk has left is not this test's matter.
        JsonNode problems = command().json("cluster why");
        assertThat(problems).allSatisfy(each -> assertThat(each.get("problem").asString()).isEqualTo("disk nearly full"));
        JsonNode health = command().json("cluster health");
        assertThat(health.get("brokers").asInt()).isEqualTo(1);
        assertThat(health.get("errors").asInt() + health.get("warnings").asInt()).isEqualTo(problems.size());
        if (problems.isEmpty()) {
            assertThat(command().run("cluster", "why").ok().out()).isEqualTo("nothing is wrong\n");
            assertThat(command().run("cluster", "health", "-q").ok().out()).isEqualTo("healthy\n");
        }
    }

    @Test
    @Verb("train-commands")
    void theTrainingRunOfTheStartUpCachePasses() {
        command().run("train-commands").ok();
        assertThat(command().run("topic", "list", "cli-training", "-q").ok().out()).isEqualTo("cli-training\n");
    }
}
