package dev.sampo.tests.client;

import dev.sampo.tests.broker.Await;
import dev.sampo.tests.broker.BrokerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Kafka's own command line tools, as their scripts start them. */
class KafkaToolsIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static BrokerUnderTest broker;
    private static KafkaTools tools;
    @TempDir
    private Path folder;

    @BeforeAll
    static void start(@TempDir Path folder) {
        broker = BrokerUnderTest.start(folder, Map.of("offsets.topic.num.partitions", "4", "group.initial.rebalance.delay.ms", "0"));
        tools = KafkaTools.against(broker.bootstrap());
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void topicsToolCreatesListsDescribesAltersAndDeletes() {
        topics("--create", "--topic", "tooled", "--partitions", "2", "--replication-factor", "1", "--config", "retention.ms=3600000").orFail();
        assertThat(topics("--list").orFail().output().lines()).contains("tooled");
        assertThat(topics("--create", "--topic", "tooled").exitCode()).isNotZero();

        topics("--alter", "--topic", "tooled", "--partitions", "3").orFail();
        Await.until("three partitions are described", LIMIT, () -> {
            String described = topics("--describe", "--topic", "tooled").orFail().output();
            return described.contains("PartitionCount: 3") && described.contains("Leader: 1") && described.contains("retention.ms=3600000");
        });

        topics("--delete", "--topic", "tooled").orFail();
        Await.until("topic is gone", LIMIT, () -> topics("--list").orFail().output().lines().noneMatch("tooled"::equals));
    }

    @Test
    void configsToolDescribesAndAlters() {
        topics("--create", "--topic", "configured", "--partitions", "1", "--replication-factor", "1").orFail();
        configs("--alter", "--entity-type", "topics", "--entity-name", "configured", "--add-config", "retention.ms=7200000").orFail();
        Await.until("the change is described", LIMIT, () ->
                configs("--describe", "--entity-type", "topics", "--entity-name", "configured").orFail().output().contains("retention.ms=7200000"));
        configs("--alter", "--entity-type", "topics", "--entity-name", "configured", "--delete-config", "retention.ms").orFail();
        assertThat(configs("--describe", "--all", "--entity-type", "topics", "--entity-name", "configured").orFail().output())
                .contains("retention.ms=604800000");
        assertThat(configs("--alter", "--entity-type", "topics", "--entity-name", "configured", "--add-config", "no.such.config=1").exitCode()).isNotZero();
    }

    @Test
    void configsToolDescribesAndAltersGroups() {
        configs("--alter", "--entity-type", "groups", "--entity-name", "set-up", "--add-config", "consumer.heartbeat.interval.ms=6000").orFail();
        Await.until("the change is described", LIMIT, () ->
                configs("--describe", "--entity-type", "groups", "--entity-name", "set-up").orFail().output().contains("consumer.heartbeat.interval.ms=6000"));
        assertThat(configs("--alter", "--entity-type", "groups", "--entity-name", "set-up", "--add-config", "consumer.session.timeout.ms=1").output())
                .contains("consumer.session.timeout.ms must be in the range 45000 to 60000 inclusive.");
        configs("--alter", "--entity-type", "groups", "--entity-name", "set-up", "--delete-config", "consumer.heartbeat.interval.ms").orFail();
    }

    @Test
    void consoleProducerAndConsumerPassLinesThrough() throws IOException {
        topics("--create", "--topic", "lines", "--partitions", "2", "--replication-factor", "1").orFail();
        String lines = IntStream.range(0, 100).mapToObj(i -> "key" + i + ":line " + i).collect(Collectors.joining("\n", "", "\n"));
        tool("ConsoleProducer", lines, "--topic", "lines", "--compression-codec", "zstd",
                "--reader-property", "parse.key=true", "--reader-property", "key.separator=:").orFail();

        ChildProgram.Result consumed = tool("consumer.ConsoleConsumer", "", "--topic", "lines", "--group", "console", "--from-beginning",
                "--max-messages", "100", "--timeout-ms", "30000", "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:").orFail();
        assertThat(consumed.output().lines().filter(line -> line.startsWith("key"))).containsExactlyInAnyOrderElementsOf(lines.lines().toList());

        assertThat(groups("--list").orFail().output().lines()).contains("console");
        String described = groups("--describe", "--group", "console").orFail().output();
        assertThat(described.lines().filter(line -> line.startsWith("console "))).hasSize(2).allSatisfy(line ->
                assertThat(line.split("\\s+")[5]).as("lag in " + line).isEqualTo("0"));
        groups("--reset-offsets", "--group", "console", "--topic", "lines", "--to-offset", "1", "--execute").orFail();
        assertThat(groups("--describe", "--group", "console", "--offsets").orFail().output().lines()
                .filter(line -> line.startsWith("console ")).map(line -> line.split("\\s+")[3])).containsExactly("1", "1");
        groups("--delete", "--group", "console").orFail();
        assertThat(groups("--list").orFail().output().lines()).doesNotContain("console");
    }

    @Test
    void offsetsRecordsAndLogFilesAgree() throws IOException {
        topics("--create", "--topic", "counted", "--partitions", "1", "--replication-factor", "1").orFail();
        String lines = IntStream.range(0, 50).mapToObj(i -> "line " + i).collect(Collectors.joining("\n", "", "\n"));
        tool("ConsoleProducer", lines, "--topic", "counted").orFail();

        assertThat(tool("GetOffsetShell", "", "--topic", "counted").orFail().output()).contains("counted:0:50");
        Path offsets = folder.resolve("delete.json");
        Files.writeString(offsets, "{\"partitions\":[{\"topic\":\"counted\",\"partition\":0,\"offset\":20}],\"version\":1}");
        assertThat(tool("DeleteRecordsCommand", "", "--offset-json-file", offsets.toString()).orFail().output()).contains("low_watermark: 20");
        assertThat(tool("GetOffsetShell", "", "--topic", "counted", "--time", "earliest").orFail().output()).contains("counted:0:20");

        assertThat(tool("LogDirsCommand", "", "--describe", "--topic-list", "counted").orFail().output())
                .contains("\"partition\":\"counted-0\"").doesNotContain("\"size\":0,");

        // The broker's files are Kafka's.
        String files = logFilesOf("counted").stream().map(Path::toString).collect(Collectors.joining(","));
        ChildProgram.Result dump = tools.alone("DumpLogSegments", "--files", files, "--print-data-log", "--deep-iteration").orFail();
        assertThat(dump.output()).contains("payload: line 0").contains("payload: line 49").contains("isvalid: true").doesNotContain("isvalid: false");
    }

    @Test
    void performanceToolsMoveTenThousandRecords() {
        topics("--create", "--topic", "measured", "--partitions", "3", "--replication-factor", "1").orFail();
        ChildProgram.Result produced = tools.alone("ProducerPerformance", "--topic", "measured", "--num-records", "10000",
                "--record-size", "500", "--throughput", "-1", "--producer-props", "bootstrap.servers=" + broker.bootstrap(), "acks=all").orFail();
        assertThat(produced.output()).contains("10000 records sent");
        ChildProgram.Result consumed = tool("ConsumerPerformance", "", "--topic", "measured", "--messages", "10000", "--timeout", "30000").orFail();
        assertThat(consumed.output()).contains("10000");
    }

    @Test
    void apiVersionsAndClusterIdAreShown() {
        assertThat(tool("BrokerApiVersionsCommand", "").orFail().output()).contains("Produce(0): ").contains("(id: 1 ");
        assertThat(tool("ClusterTool", "", "cluster-id").orFail().output()).contains("Cluster ID: ");
    }

    /** The segment files of a topic, whose folders are named by Kafka's rule or by the topic's id. */
    private static List<Path> logFilesOf(String topic) throws IOException {
        try (var all = Files.walk(broker.dataFolder())) {
            List<Path> files = all.filter(file -> file.toString().endsWith(".log")).toList();
            List<Path> named = files.stream().filter(file -> file.getParent().getFileName().toString().startsWith(topic + "-")).toList();
            return named.isEmpty() ? files.stream().filter(KafkaToolsIT::isNotEmpty).toList() : named;
        }
    }

    private static boolean isNotEmpty(Path file) {
        return file.toFile().length() > 0;
    }

    private static ChildProgram.Result topics(String... arguments) {
        return tool("TopicCommand", "", arguments);
    }

    private static ChildProgram.Result groups(String... arguments) {
        return tool("consumer.group.ConsumerGroupCommand", "", arguments);
    }

    private static ChildProgram.Result configs(String... arguments) {
        return tool("ConfigCommand", "", arguments);
    }

    private static ChildProgram.Result tool(String name, String input, String... arguments) {
        return tools.runWithInput(name, input, arguments);
    }
}
