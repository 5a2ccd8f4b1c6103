package dev.sampo.cluster.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import static dev.sampo.cluster.cli.CommandRun.alone;
import static dev.sampo.cluster.cli.CommandRun.command;
import static org.assertj.core.api.Assertions.assertThat;

/** {@code log dump} and {@code log verify} on files that a broker wrote. */
@ExtendWith(SharedBroker.class)
final class LogCommandsIT {
    @TempDir
    private Path folder;

    private Path log;

    /** A copy of a log with three batches, the second compressed. */
    @BeforeEach
    void copyOfALog() throws IOException {
        String topic = "log-" + folder.getFileName().toString().toLowerCase(java.util.Locale.ROOT);
        command().run("topic", "create", topic, "-p", "1").ok();
        command().input("k1 v1\n").run("produce", topic, "-f", "%k %v\\n").ok();
        command().input("k2 v2\n").run("produce", topic, "-f", "%k %v\\n", "-z", "lz4").ok();
        command().input("k3 v3\n").run("produce", topic, "-f", "%k %v\\n").ok();
        String id = command().json("topic describe", topic).get(0).get("topicId").asString();
        try (var files = Files.walk(SharedBroker.dataFolder())) {
            Path source = files.filter(file -> file.toString().endsWith(".log") && file.toString().contains(id))
                    .findFirst()
                    .orElseThrow();
            log = Files.copy(source, folder.resolve(source.getFileName().toString()));
        }
    }

    @Test
    @Verb("log dump")
    void batchesAndRecordsAreDumped() {
        JsonNode batches = alone().json("log dump", log.toString(), "--records");
        assertThat(batches).hasSize(3);
        assertThat(batches.get(1).get("compression").asString()).isEqualTo("lz4");
        assertThat(batches.get(1).get("entries").get(0).get("value").asString()).isEqualTo("v2");
        assertThat(alone().run("log", "dump", folder.toString(), "--records").ok().out())
                .contains("offsets 2 to 2, 1 records", "key=k3 value=v3");
        assertThat(alone().run("log", "dump", log.toString(), "-q").ok().out()).isEqualTo("0\n1\n2\n");
        assertThat(alone().json("log dump", log.toString()).get(0).get("entries").isNull()).isTrue();
    }

    @Test
    @Verb("log verify")
    void aGoodLogIsFoundGood() {
        JsonNode file = alone().json("log verify", folder.toString()).get(0);
        assertThat(file.get("ok").asBoolean()).isTrue();
        assertThat(file.get("records").asInt()).isEqualTo(3);
        assertThat(file.get("lastOffset").asInt()).isEqualTo(2);
        assertThat(alone().run("log", "verify", log.toString(), "-q").ok().out()).isEmpty();
        assertThat(alone().run("log", "verify", SharedBroker.dataFolder().resolve("topics").toString()).ok().out()).contains("yes");
    }

    @Test
    @Verb({"log verify", "log dump"})
    void everyKindOfDamageIsNamedWithItsPlace() throws IOException {
        // Given one flipped bit in the last record, a torn end, and an index that points nowhere
        long size = Files.size(log);
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var last = ByteBuffer.allocate(1);
            channel.read(last, size - 2);
            channel.write(ByteBuffer.wrap(new byte[] {(byte) (last.get(0) ^ 1)}), size - 2);
            channel.write(ByteBuffer.wrap(new byte[20]), size);
        }
        String name = log.getFileName().toString().replace(".log", ".index");
        Files.write(folder.resolve(name), ByteBuffer.allocate(8).putInt(1).putInt(7).array());

        // When it is verified and dumped
        JsonNode problems = alone().json("log verify", log.toString()).get(0).get("problems");
        var dump = alone().run("log", "dump", log.toString()).expect(ExitCode.FAILED);

        // Then
        assertThat(problems).hasSize(3);
        assertThat(problems.get(0).asString()).contains("wrong checksum of the batch of offsets 2 to 2");
        assertThat(problems.get(1).asString()).contains("byte " + size, "ends inside a batch header");
        assertThat(problems.get(2).asString()).contains(name, "offset 1 is said to be at byte 7");
        assertThat(dump.out()).contains("WRONG CHECKSUM");
        assertThat(dump.err()).contains("cannot be read from byte " + size, "sampo log verify");
        assertThat(alone().run("log", "verify", log.toString(), "-q").expect(ExitCode.FAILED).out()).isEqualTo(log + "\n");
    }

    @Test
    @Verb({"log verify", "log dump"})
    void whatIsNotThereIsToldWithTheRemedy() throws IOException {
        assertThat(alone().run("log", "verify", folder + "/none").expect(ExitCode.NOT_FOUND).err()).contains("is not there");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThat(alone().run("log", "dump", empty.toString()).expect(ExitCode.NOT_FOUND).err()).contains("no log files", "log.dirs");
    }
}
