package dev.sampo.cluster.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static dev.sampo.cluster.cli.CommandRun.command;
import static org.assertj.core.api.Assertions.assertThat;

/** {@code group ...} against a broker. */
@ExtendWith(SharedBroker.class)
final class GroupCommandsIT {
    @TempDir
    private Path state;

    /** A topic of three records of which the group has read two; nobody is in the group any more. */
    private static void twoOfThree(String topic, String group) {
        command().run("topic", "create", topic, "-p", "1").ok();
        command().input("10 a\n20 b\n30 c\n").run("produce", topic, "-f", "%d %v\\n").ok();
        command().run("consume", topic, "--group", group, "-n", "2").ok();
    }

    @Test
    @Verb({"group list", "group lag", "group describe"})
    void aGroupIsListedAndDescribedWithItsLag() {
        twoOfThree("gl", "gl-g");
        JsonNode listed = command().json("group list");
        assertThat(listed).anySatisfy(group -> assertThat(group.get("group").asString()).isEqualTo("gl-g"));
        JsonNode lag = command().json("group lag", "gl-g");
        assertThat(lag.get(0).get("committedOffset").asInt()).isEqualTo(2);
        assertThat(lag.get(0).get("lag").asInt()).isEqualTo(1);
        JsonNode described = command().json("group describe", "gl-g");
        assertThat(described.get(0).get("state").asString()).isEqualTo("Empty");
        assertThat(described.get(0).get("offsets")).hasSize(1);
        assertThat(command().run("group", "describe", "gl-g").ok().out()).contains("state        Empty", "COMMITTED-OFFSET");
        assertThat(command().run("group", "describe", "gl-none").expect(ExitCode.NOT_FOUND).err())
                .contains("GROUP_ID_NOT_FOUND", "sampo group list");
    }

    @Test
    @Verb("group lag")
    void lagInSecondsAndWhatTheCommitsSayComeOverHttp() {
        // Given
        long now = System.currentTimeMillis();
        command().run("topic", "create", "gh", "-p", "1").ok();
        command().input((now - 90_000) + " a\n" + (now - 60_000) + " b\n" + now + " c\n").run("produce", "gh", "-f", "%d %v\\n").ok();
        command().run("consume", "gh", "--group", "gh-g", "-n", "1").ok();

        // When
        JsonNode seen = command().json("group lag", "gh-g", "--http", SharedBroker.http()).get(0);
        JsonNode elsewhere = command().with("SAMPO_HTTP", SharedBroker.http()).json("group lag", "gh-g").get(0);

        // Then
        assertThat(seen.get("lagSeconds").asDouble()).isBetween(60.0, 60.0 + (System.currentTimeMillis() - now) / 1000.0 + 0.1);
        assertThat(seen.get("status").asString()).isEqualTo("ok");
        assertThat(elsewhere.get("lag").asInt()).isEqualTo(2);
        command().run("group", "lag", "gh-g", "--http", "http://127.0.0.1:1").expect(ExitCode.TIMEOUT);
        command().run("group", "lag", "gh-g", "--http", "nowhere").expect(ExitCode.USAGE);
    }

    @Test
    @Verb("group lag")
    void watchingLooksAgainAndCannotBeOneDocument() {
        twoOfThree("gw", "gw-g");
        assertThat(command().run("group", "lag", "gw-g", "--watch", "--interval", "1ms", "--times", "3", "-o", "ndjson").ok().out()
                        .lines())
                .hasSize(3);
        command().run("group", "lag", "gw-g", "--watch", "-o", "json").expect(ExitCode.USAGE);
    }

    @Test
    @Verb("group rebalances")
    void rebalancesAreShownWithTheirReasons() {
        twoOfThree("gr", "gr-g");
        JsonNode rebalances = command().json("group rebalances", "gr-g", "--http", SharedBroker.http());
        assertThat(rebalances).hasSize(2);
        assertThat(rebalances.get(0).get("causes").get(0).asString()).startsWith("member_left ");
        assertThat(rebalances.get(1).get("causes").get(0).asString()).startsWith("member_joined ");
        assertThat(command().run("group", "rebalances", "gr-g", "--http", SharedBroker.http()).ok().out())
                .contains("GENERATION", "member_joined");
        command().run("group", "rebalances", "gr-none", "--http", SharedBroker.http()).expect(ExitCode.NOT_FOUND);
    }

    @Test
    @Verb("group seek")
    void aGroupIsMovedShownBeforehandAndMovedBack() {
        twoOfThree("gs", "gs-g");
        JsonNode dry = seek("gs-g", "--to", "earliest", "--dry-run");
        assertThat(dry.get(0).get("before").asInt()).isEqualTo(2);
        assertThat(dry.get(0).get("after").asInt()).isZero();
        assertThat(dry.get(0).get("changed").asBoolean()).isFalse();
        assertThat(committed("gs-g")).isEqualTo(2);

        assertThat(seek("gs-g", "--to", "earliest").get(0).get("changed").asBoolean()).isTrue();
        assertThat(committed("gs-g")).isZero();
        seek("gs-g", "--undo");
        assertThat(committed("gs-g")).isEqualTo(2);
        seek("gs-g", "--to", "@30");
        assertThat(committed("gs-g")).isEqualTo(2);
        seek("gs-g", "--to", "-5m", "--topic", "gs:0"); // nothing so young: the end
        assertThat(committed("gs-g")).isEqualTo(3);
        seek("gs-g", "--to", "1");
        assertThat(committed("gs-g")).isEqualTo(1);
    }

    @Test
    @Verb("group seek")
    void aGroupIsShiftedAndUndoBringsMetadataBack() throws Exception {
        // Given
        twoOfThree("gb", "gb-g");
        var partition = new TopicPartition("gb", 0);
        var commit = new OffsetAndMetadata(2, Optional.of(0), "half = done");
        try (var admin = Admin.create(Map.of("bootstrap.servers", SharedBroker.bootstrap()))) {
            admin.alterConsumerGroupOffsets("gb-g", Map.of(partition, commit)).all().get();

            // When
            JsonNode dry = seek("gb-g", "--by", "-1", "--dry-run");
            seek("gb-g", "--by", "-1", "-t", "gb");
            int back = committed("gb-g");
            seek("gb-g", "--undo");

            // Then
            assertThat(dry.get(0).get("after").asInt()).isEqualTo(1);
            assertThat(back).isEqualTo(1);
            assertThat(admin.listConsumerGroupOffsets("gb-g").partitionsToOffsetAndMetadata().get()).containsEntry(partition, commit);
        }
        assertThat(seek("gb-g", "--by", "100").get(0).get("after").asInt()).isEqualTo(3);
        assertThat(seek("gb-g", "--by", "0").get(0).get("changed").asBoolean()).isFalse();
        command().run("group", "seek", "gb-new", "--by", "1", "-t", "gb").expect(ExitCode.NOT_FOUND);
        command().run("group", "seek", "gb-g", "--by", "1", "--to", "end").expect(ExitCode.USAGE);
    }

    @Test
    @Verb("group seek")
    void nothingIsMovedThatCouldNotBeTakenBack() throws IOException {
        twoOfThree("gk", "gk-g");
        Path file = Files.writeString(state.resolve("file"), "");
        assertThat(command().with("XDG_STATE_HOME", file.toString()).run("group", "seek", "gk-g", "--to", "end").expect(ExitCode.FAILED).err())
                .contains("nothing was changed", "XDG_STATE_HOME");
        assertThat(committed("gk-g")).isEqualTo(2);
    }

    private JsonNode seek(String group, String... arguments) {
        var words = new java.util.ArrayList<>(List.of(group));
        words.addAll(List.of(arguments));
        return command().with("XDG_STATE_HOME", state.toString()).json("group seek", words.toArray(String[]::new));
    }

    private static int committed(String group) {
        return command().json("group lag", group).get(0).get("committedOffset").asInt();
    }

    @Test
    @Verb("group seek")
    void aGroupThatNeverReadIsPlacedAndTakenBack() {
        command().run("topic", "create", "gn", "-p", "1").ok();
        var command = command().with("XDG_STATE_HOME", state.toString());
        assertThat(command.run("group", "seek", "gn-g", "--to", "end").expect(ExitCode.NOT_FOUND).err()).contains("gn-g");
        assertThat(command.run("group", "seek", "gn-g", "--to", "end", "-t", "gn").ok().err())
                .contains("undo with: sampo group seek gn-g --undo");
        command.run("group", "seek", "gn-g", "--undo").ok();
        assertThat(command.run("group", "lag", "gn-g", "-q").out()).isEmpty();
        assertThat(command.run("group", "seek", "other", "--undo").expect(ExitCode.NOT_FOUND).err()).contains("no seek");
        command.run("group", "seek", "gn-g").expect(ExitCode.USAGE);
        command.run("group", "seek", "gn-g", "--to", "end", "--undo").expect(ExitCode.USAGE);
    }

    @Test
    @Verb({"group offset-delete", "group delete"})
    void offsetsAndGroupsAreDeletedOnlyWhenSomeoneAgreed() {
        twoOfThree("gd", "gd-g");
        command().run("group", "offset-delete", "gd-g", "-t", "gd").expect(ExitCode.USAGE);
        assertThat(command().json("group offset-delete", "gd-g", "-t", "gd", "--dry-run").get(0).get("deleted").asBoolean())
                .isFalse();
        assertThat(command().json("group offset-delete", "gd-g", "-t", "gd:0", "--yes").get(0).get("before").asInt()).isEqualTo(2);
        command().run("group", "offset-delete", "gd-g", "-t", "gd:x", "--yes").expect(ExitCode.USAGE);

        twoOfThree("gd2", "gd-h");
        command().run("group", "delete", "gd-h").expect(ExitCode.USAGE);
        assertThat(command().run("group", "delete", "gd-h", "--dry-run").ok().out()).contains("would delete gd-h");
        assertThat(command().json("group delete", "gd-h", "--yes").get(0).get("done").asBoolean()).isTrue();
        command().run("group", "delete", "gd-h", "--yes").expect(ExitCode.NOT_FOUND);
    }

    @Test
    @Verb({"group describe", "group seek", "group delete"})
    void aGroupWithMembersShowsThemAndIsNeitherMovedNorDeleted() {
        command().run("topic", "create", "gm", "-p", "1").ok();
        Map<String, Object> settings = Map.of("bootstrap.servers", SharedBroker.bootstrap(), "group.id", "gm-g");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("gm"));
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (consumer.assignment().isEmpty() && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(100));
            }
            JsonNode group = command().json("group describe", "gm-g").get(0);
            assertThat(group.get("members").get(0).get("partitions").get(0).asString()).isEqualTo("gm:0");
            assertThat(command().with("XDG_STATE_HOME", state.toString())
                            .run("group", "seek", "gm-g", "--to", "end", "-t", "gm")
                            .expect(ExitCode.FAILED)
                            .err())
                    .contains("stop the group's members first");
            assertThat(command().run("group", "delete", "gm-g", "--yes").expect(ExitCode.FAILED).err())
                    .contains("NON_EMPTY_GROUP", "stop the group's members first");
        }
    }
}
