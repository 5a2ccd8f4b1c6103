package dev.sampo.cluster.cli;

import dev.sampo.cluster.cli.CommandRun.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

import static dev.sampo.cluster.cli.CommandRun.command;
import static org.assertj.core.api.Assertions.assertThat;

/** {@code topic ...} against a broker. */
@ExtendWith(SharedBroker.class)
final class TopicCommandsIT {
    private static void create(String topic, int partitions) {
        command().run("topic", "create", topic, "-p", Integer.toString(partitions)).ok();
    }

    @Test
    @Verb({"topic create", "topic list"})
    void aTopicThatWasCreatedShowsItsLayoutAndIsListed() {
        JsonNode created = command().json("topic create", "tc-made", "-p", "3", "-r", "1", "-c", "retention.ms=60000");
        assertThat(created.get(0).get("created").asBoolean()).isTrue();
        assertThat(created.get(0).get("layout")).hasSize(3);
        assertThat(created.get(0).get("layout").get(0).get("leader").asInt()).isEqualTo(1);

        JsonNode listed = command().json("topic list", "tc-made");
        assertThat(listed).hasSize(1);
        assertThat(listed.get(0).get("partitions").asInt()).isEqualTo(3);
        assertThat(command().run("topic", "list", "tc-.*", "--quiet").ok().out().lines()).contains("tc-made");
        assertThat(command().run("topic", "list", "tc-made").ok().out()).contains("TOPIC", "tc-made", "PARTITIONS");
        Result lines = command().run("topic", "list", "tc-made", "-o", "ndjson").ok();
        assertThat(lines.out()).isEqualTo("{\"topic\":\"tc-made\",\"partitions\":3,\"replicas\":1,\"internal\":false}\n");
    }

    @Test
    @Verb("topic create")
    void aTopicThatIsThereIsAFailureUnlessItMayBeAndOneOfTwoIsPartlyDone() {
        create("tc-there", 1);
        Result again = command().run("topic", "create", "tc-there").expect(ExitCode.FAILED);
        assertThat(again.err()).contains("TOPIC_ALREADY_EXISTS", "--if-not-exists");
        command().run("topic", "create", "tc-there", "--if-not-exists").ok();
        Result both = command().run("topic", "create", "tc-there", "tc-new").expect(ExitCode.PARTLY_DONE);
        assertThat(both.out()).contains("created tc-new: 1 partition, 1 replica");
        assertThat(both.err()).contains("topic tc-there");
    }

    @Test
    @Verb("topic create")
    void aDryRunCreatesNothingAndBadValuesAreToldWithTheRemedy() {
        assertThat(command().run("topic", "create", "tc-dry", "-p", "2", "--dry-run").ok().out())
                .contains("would create tc-dry: 2 partitions");
        assertThat(command().run("topic", "list", "tc-dry", "--quiet").ok().out()).isEmpty();
        assertThat(command().run("topic", "create", "tc bad").expect(ExitCode.FAILED).err())
                .contains("INVALID_TOPIC_EXCEPTION", "try: ");
        assertThat(command().run("topic", "create", "tc-many", "-r", "3").expect(ExitCode.FAILED).err())
                .contains("INVALID_REPLICATION_FACTOR", "sampo cluster info");
        assertThat(command().run("topic", "create", "tc-c", "-c", "retention.ms").expect(ExitCode.USAGE).err())
                .contains("NAME=VALUE");
    }

    @Test
    @Verb("topic describe")
    void aTopicIsDescribedWithItsConfigurationAndOffsets() {
        command().run("topic", "create", "td", "-p", "2", "-c", "cleanup.policy=compact").ok();
        command().input("a\nb\n").run("produce", "td", "-p", "1", "-k", "key").ok();

        JsonNode topic = command().json("topic describe", "td").get(0);
        assertThat(topic.get("configs").get("cleanup.policy").asString()).isEqualTo("compact");
        assertThat(topic.get("partitions").get(1).get("endOffset").asInt()).isEqualTo(2);
        assertThat(command().run("topic", "describe", "td").ok().out()).contains("cleanup.policy=compact", "END-OFFSET");
        assertThat(command().run("topic", "describe", "td-none").expect(ExitCode.NOT_FOUND).err())
                .contains("topic td-none is not there (UNKNOWN_TOPIC_OR_PARTITION)", "sampo topic list");
        command().run("topic", "describe", "td", "td-none").expect(ExitCode.PARTLY_DONE);
    }

    @Test
    @Verb("topic delete")
    void aTopicIsDeletedOnlyWhenSomeoneAgreed() {
        create("tx", 1);
        assertThat(command().run("topic", "delete", "tx").expect(ExitCode.USAGE).err()).contains("--yes");
        assertThat(command().onTerminal().input("ty\n").run("topic", "delete", "tx").expect(ExitCode.FAILED).err())
                .contains("Type tx to go on", "nothing was changed");
        assertThat(command().run("topic", "delete", "tx", "--dry-run").ok().out()).contains("would delete tx");
        assertThat(command().run("topic", "list", "tx", "-q").ok().out()).isEqualTo("tx\n");

        command().onTerminal().input("tx\n").run("topic", "delete", "tx").ok();
        assertThat(command().run("topic", "list", "tx", "-q").ok().out()).isEmpty();
        create("tx2", 1);
        JsonNode deleted = command().json("topic delete", "tx2", "tx", "--yes");
        assertThat(deleted).hasSize(1);
        assertThat(deleted.get(0).get("done").asBoolean()).isTrue();
    }

    @Test
    @Verb({"topic alter-config", "topic diff"})
    void configurationIsSetUnsetAndComparedWithItsDefault() {
        create("ta", 1);
        JsonNode dry = command().json("topic alter-config", "ta", "retention.ms=1234", "--dry-run");
        assertThat(dry.get(0).get("changed").asBoolean()).isTrue();
        assertThat(command().json("topic diff", "ta")).isEmpty();

        JsonNode set = command().json("topic alter-config", "ta", "retention.ms=1234");
        assertThat(set.get(0).get("after").asString()).isEqualTo("1234");
        JsonNode diff = command().json("topic diff", "ta");
        assertThat(diff.get(0).get("name").asString()).isEqualTo("retention.ms");
        assertThat(command().run("topic", "alter-config", "ta", "--unset", "retention.ms").ok().out())
                .contains("1234 -> default");
        assertThat(command().run("topic", "alter-config", "ta", "no.such=1").expect(ExitCode.FAILED).err())
                .contains("INVALID_CONFIG");
        command().run("topic", "alter-config", "ta").expect(ExitCode.USAGE);
        command().run("topic", "diff", "ta-none").expect(ExitCode.NOT_FOUND);
    }

    @Test
    @Verb("topic add-partitions")
    void partitionsAreAdded() {
        create("tp", 1);
        assertThat(command().run("topic", "add-partitions", "tp", "-n", "2", "--dry-run").ok().out())
                .contains("would become 1 -> 3");
        JsonNode added = command().json("topic add-partitions", "tp", "-n", "2");
        assertThat(added.get(0).get("after").asInt()).isEqualTo(3);
        assertThat(command().json("topic list", "tp").get(0).get("partitions").asInt()).isEqualTo(3);
        command().run("topic", "add-partitions", "tp", "-n", "0").expect(ExitCode.USAGE);
    }

    @Test
    @Verb("topic trim")
    void oldRecordsAreTrimmed() {
        create("tt", 1);
        command().input("a\nb\nc\n").run("produce", "tt").ok();
        assertThat(command().run("topic", "trim", "tt", "--to", "2").expect(ExitCode.USAGE).err())
                .contains("up to 2 records", "--yes");
        JsonNode dry = command().json("topic trim", "tt", "--to", "-1", "--dry-run");
        assertThat(dry.get(0).get("after").asInt()).isEqualTo(2);
        assertThat(dry.get(0).get("changed").asBoolean()).isFalse();

        JsonNode trimmed = command().json("topic trim", "tt", "--to", "2", "--yes");
        assertThat(trimmed.get(0).get("changed").asBoolean()).isTrue();
        assertThat(command().run("consume", "tt", "--until", "end").ok().out()).isEqualTo("c\n");
        command().run("topic", "trim", "tt", "--to", "yesterday", "--yes").expect(ExitCode.USAGE);
        command().run("topic", "trim", "tt", "--to", "end", "-p", "7", "--yes").expect(ExitCode.NOT_FOUND);
    }
}
