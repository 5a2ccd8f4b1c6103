package dev.sampo.tests.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;

/** A real Kafka: one KRaft node, broker and controller in one process, formatted into an empty folder. */
public final class KafkaUnderTest {
    /** The version whose answers are the oracle's. */
    public static final String VERSION = "4.4.0";

    private KafkaUnderTest() {}

    public static BrokerUnderTest start(Path folder, Map<String, String> settings) {
        int port = FreePort.next();
        int controllerPort = FreePort.next();
        Path data = folder.resolve("data");
        var properties = new LinkedHashMap<String, String>();
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", "1");
        properties.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        properties.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
        properties.put("log.dirs", data.toString());
        properties.put("offsets.topic.replication.factor", "1");
        properties.put("transaction.state.log.replication.factor", "1");
        properties.put("transaction.state.log.min.isr", "1");
        properties.put("share.coordinator.state.topic.replication.factor", "1");
        properties.put("share.coordinator.state.topic.min.isr", "1");
        properties.putAll(settings);
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("server.properties");
            Files.writeString(file, asText(properties));
            Path logging = folder.resolve("log4j2.properties");
            Files.writeString(logging, """
                    status = warn
                    appender.out.type = Console
                    appender.out.name = out
                    appender.out.layout.type = PatternLayout
                    appender.out.layout.pattern = [%d] %p %m (%c)%n
                    rootLogger.level = info
                    rootLogger.appenderRef.out.ref = out
                    """);
            String jars = MavenJars.kafkaBroker(VERSION) + "/*";
            Path output = folder.resolve("output.log");
            format(jars, file, output);
            var command = ChildBroker.java(jars, "-Xmx512m", "-Dlog4j2.configurationFile=" + logging);
            command.add("kafka.Kafka");
            command.add(file.toString());
            return ChildBroker.start("Kafka " + VERSION, port, data, output, command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void format(String jars, Path properties, Path output) throws IOException {
        var command = ChildBroker.java(jars, "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=warn");
        command.add("kafka.tools.StorageTool");
        command.addAll(java.util.List.of("format", "-t", Uuid.randomUuid().toString(), "-c", properties.toString()));
        Process format = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            if (!format.waitFor(60, TimeUnit.SECONDS) || format.exitValue() != 0) {
                format.destroyForcibly();
                throw new IllegalStateException("Kafka's storage format failed:\n" + Files.readString(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while Kafka formatted its folder", e);
        }
    }

    static String asText(Map<String, String> properties) {
        return properties.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue() + "\n").collect(Collectors.joining());
    }
}
