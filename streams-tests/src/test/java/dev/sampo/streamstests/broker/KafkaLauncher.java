package dev.sampo.streamstests.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;

/** A real Kafka: one KRaft node, broker and controller in one process. Its jars are copied by Maven at the first use. */
final class KafkaLauncher {
    private static final String VERSION = "4.4.0";

    private KafkaLauncher() {}

    static TestBroker start(Path folder, Map<String, String> settings, String... jvmOptions) {
        int port = FreePort.next();
        int controllerPort = FreePort.next();
        var properties = new LinkedHashMap<String, String>();
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", "1");
        properties.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        properties.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
        properties.put("log.dirs", folder.resolve("data").toString());
        properties.put("offsets.topic.replication.factor", "1");
        properties.put("offsets.topic.num.partitions", "4");
        properties.put("transaction.state.log.replication.factor", "1");
        properties.put("transaction.state.log.min.isr", "1");
        properties.putAll(settings);
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("server.properties");
            Files.writeString(file, SampoLauncher.asText(properties));
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
            String jars = jars() + "/*";
            Path output = folder.resolve("output.log");
            var format = TestBroker.java(jars, List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
            format.addAll(List.of("kafka.tools.StorageTool", "format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()));
            run(format, folder, output, 60);
            var options = new ArrayList<>(List.of("-Xmx512m", "-Dlog4j2.configurationFile=" + logging));
            options.addAll(List.of(jvmOptions));
            var command = TestBroker.java(jars, options);
            command.add("kafka.Kafka");
            command.add(file.toString());
            return new TestBroker("Kafka " + VERSION, port, output, command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return a folder with Kafka's jars and all that they need; they never meet this JVM's own */
    private static synchronized Path jars() throws IOException {
        Path folder = Path.of("target", "jars", "kafka-" + VERSION).toAbsolutePath();
        Path done = folder.resolve("done");
        if (Files.exists(done)) {
            return folder;
        }
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("pom.xml"), """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>dev.sampo.streamstests</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
                  <dependencies>
                    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>%s</version></dependency>
                  </dependencies>
                </project>
                """.formatted(VERSION));
        var maven = new ArrayList<>(List.of("mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
                "-DincludeScope=runtime", "-DoutputDirectory=" + folder));
        run(maven, folder, folder.resolve("maven.log"), 300);
        Files.writeString(done, "");
        return folder;
    }

    private static void run(List<String> command, Path folder, Path output, int limitSeconds) throws IOException {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("took more than " + limitSeconds + " s: " + String.join(" ", command));
            }
            if (process.exitValue() != 0) {
                throw new IllegalStateException("failed: " + String.join(" ", command) + "\n" + Files.readString(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a command ran", e);
        }
    }
}
