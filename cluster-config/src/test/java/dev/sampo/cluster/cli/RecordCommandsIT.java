package dev.sampo.cluster.cli;

import dev.sampo.cluster.cli.CommandRun.Result;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

import static dev.sampo.cluster.cli.CommandRun.command;
import static org.assertj.core.api.Assertions.assertThat;

/** {@code produce}, {@code consume} and {@code tail} against a broker. */
@ExtendWith(SharedBroker.class)
final class RecordCommandsIT {
    private static void create(String topic, int partitions) {
        command().run("topic", "create", topic, "-p", Integer.toString(partitions)).ok();
    }

    @Test
    @Verb({"produce", "consume"})
    void whatWasProducedInAFormatIsConsumedInAnother() {
        create("rf", 1);
        JsonNode written = command().input("k1=v 1|a=1,b=2\nk2=v 2|\n")
                .json("produce", "rf", "-f", "%k=%v|%h\\n", "-H", "all=x", "-z", "zstd");
        assertThat(written).hasSize(2);
        assertThat(written.get(1).get("offset").asInt()).isEqualTo(1);

        assertThat(command().run("consume", "rf", "--until", "end", "-f", "%t/%p/%o %k:%v [%h] %%\\t.\\n").ok().out())
                .isEqualTo("rf/0/0 k1:v 1 [all=x,a=1,b=2] %\t.\nrf/0/1 k2:v 2 [all=x] %\t.\n");
        JsonNode read = command().json("consume", "rf", "-n", "2");
        assertThat(read.get(0).get("headers").get(1).get("value").asString()).isEqualTo("1");
        assertThat(read.get(1).get("key").asString()).isEqualTo("k2");
    }

    @Test
    @Verb("produce")
    void keyPartitionAcksTombstoneAndTopicOfEachRecordAreTaken() {
        create("rp", 2);
        Result result = command().input("a\n\nc").run("produce", "rp", "-k", "key", "-p", "1", "--acks", "1", "-Z").ok();
        assertThat(result.out()).contains("written to rp partition 1 offset 2");
        JsonNode read = command().json("consume", "rp", "--until", "end");
        assertThat(read.get(1).get("value").isNull()).isTrue();
        assertThat(read.get(1).get("key").asString()).isEqualTo("key");
        assertThat(command().input("rp 0 z\n").run("produce", "-f", "%t %p %v\\n", "--quiet").ok().out()).isEmpty();
        assertThat(command().run("consume", "rp", "-p", "0", "--until", "end").ok().out()).isEqualTo("z\n");
        assertThat(command().input("x\n").run("produce", "rp", "--acks", "0", "-o", "ndjson").ok().out())
                .contains("\"offset\":-1");
    }

    @Test
    @Verb("produce")
    void aTopicThatIsNotThereIsNotMadeAndBadInputIsTold() {
        assertThat(command().input("a\n").run("produce", "rn").expect(ExitCode.NOT_FOUND).err()).contains("sampo topic create");
        assertThat(command().run("topic", "list", "rn", "-q").ok().out()).isEmpty();
        create("rb", 1);
        assertThat(command().input("no-separator\n").run("produce", "rb", "-f", "%k %v\\n").expect(ExitCode.FAILED).err())
                .contains("record 1 of the input does not fit the format");
        assertThat(command().run("produce", "rb", "-f", "%k%v\\n").expect(ExitCode.USAGE).err()).contains("nothing stands between");
        command().run("produce", "rb", "--acks", "2").expect(ExitCode.USAGE);
        command().run("produce", "rb", "-z", "rar").expect(ExitCode.USAGE);
        command().run("produce", "rb", "--rate", "0").expect(ExitCode.USAGE);
        command().run("produce").expect(ExitCode.USAGE);
    }

    @Test
    @Verb("produce")
    void aRateIsKept() {
        create("rr", 1);
        long started = System.nanoTime();
        command().input("1\n2\n3\n").run("produce", "rr", "--rate", "20", "-q").ok();
        assertThat(System.nanoTime() - started).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
    }

    @Test
    @Verb("consume")
    void readingBeginsAndEndsWhereItShould() {
        create("ro", 1);
        command().input("10 a\n20 b\n30 c\n40 d\n").run("produce", "ro", "-f", "%d %v\\n").ok();
        assertThat(consume("--offset", "1", "-n", "2")).isEqualTo("b\nc\n");
        assertThat(consume("--offset", "-1", "--until", "end")).isEqualTo("d\n");
        assertThat(consume("--offset", "@20", "--until", "@40")).isEqualTo("b\nc\n");
        assertThat(consume("--until", "2")).isEqualTo("a\nb\n");
        assertThat(consume("--offset", "end", "--until", "end")).isEmpty();
        assertThat(consume("--until", "end", "--grep", "[bd]")).isEqualTo("b\nd\n");
        command().run("consume", "ro", "--offset", "soon").expect(ExitCode.USAGE);
        command().run("consume", "ro", "-n", "0").expect(ExitCode.USAGE);
        command().run("consume", "ro", "--grep", "(").expect(ExitCode.USAGE);
        command().run("consume", "ro", "-f", "%q").expect(ExitCode.USAGE);
        command().run("consume", "ro", "-p", "9").expect(ExitCode.NOT_FOUND);
        assertThat(command().run("consume", "ro-none").expect(ExitCode.NOT_FOUND).err()).contains("ro-none is not there");
    }

    private static String consume(String... arguments) {
        var words = new java.util.ArrayList<>(java.util.List.of("consume", "ro"));
        words.addAll(java.util.List.of(arguments));
        return command().run(words.toArray(String[]::new)).ok().out();
    }

    @Test
    @Verb("consume")
    void aGroupGoesOnWhereItWas() {
        create("rg", 1);
        command().input("a\nb\nc\n").run("produce", "rg").ok();
        assertThat(command().run("consume", "rg", "--group", "rg-g", "-n", "2").ok().out()).isEqualTo("a\nb\n");
        assertThat(command().run("consume", "rg", "--group", "rg-g", "--until", "end").ok().out()).isEqualTo("c\n");
        assertThat(command().run("consume", "rg", "--group", "rg-g", "--offset", "1").expect(ExitCode.USAGE).err())
                .contains("sampo group seek rg-g");
        command().run("consume", "rg", "--group", "rg-g", "-p", "0").expect(ExitCode.USAGE);
    }

    @Test
    @Verb("tail")
    void tailShowsOnlyWhatComesAfterItBegan() throws Exception {
        create("rt", 1);
        command().input("old\n").run("produce", "rt").ok();
        var tail = CompletableFuture.supplyAsync(() -> command().json("tail", "rt", "-n", "1"));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!tail.isDone() && System.nanoTime() < deadline) { // it may begin late
            command().input("new\n").run("produce", "rt").ok();
            LockSupport.parkNanos(100_000_000);
        }
        assertThat(tail.get(1, TimeUnit.SECONDS).get(0).get("value").asString()).isEqualTo("new");
    }

    @Test
    @Verb("consume")
    void bytesThatAreNoTextAreShownInBase64() {
        create("rx", 1);
        command().run("produce", "rx").ok(); // no record at all
        command().input(new byte[] {'a', '\n', (byte) 0xff, '\n'}).run("produce", "rx").ok();
        JsonNode read = command().json("consume", "rx", "--until", "end");
        assertThat(read.get(0).get("keyEncoding").isNull()).isTrue();
        assertThat(read.get(0).get("valueEncoding").asString()).isEqualTo("utf-8");
        assertThat(read.get(1).get("valueEncoding").asString()).isEqualTo("base64");
        assertThat(read.get(1).get("value").asString()).isEqualTo("/w==");
    }
}
