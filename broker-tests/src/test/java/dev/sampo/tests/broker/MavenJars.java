package dev.sampo.tests.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Jars of another Kafka version with all they need, for child processes: they must never meet this JVM's own. Copied by Maven
 * into {@code target/jars/<name>/} at the first use; tried offline first.
 */
public final class MavenJars {
    private static final String COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

    private MavenJars() {}

    /** The broker, as published. */
    public static Path kafkaBroker(String version) {
        return resolve("kafka-" + version, "org.apache.kafka:kafka_2.13:" + version);
    }

    public static Path kafkaClients(String version) {
        return resolve("kafka-clients-" + version, "org.apache.kafka:kafka-clients:" + version, "org.slf4j:slf4j-nop:1.7.36");
    }

    /** The command line tools, and the broker's jar, which some of them need. */
    public static Path kafkaTools(String version) {
        return resolve("kafka-tools-" + version, "org.apache.kafka:kafka-tools:" + version, "org.apache.kafka:kafka_2.13:" + version);
    }

    /** @return a folder of jars; {@code folder/*} is a class path */
    private static synchronized Path resolve(String name, String... coordinates) {
        Path folder = Path.of("target", "jars", name).toAbsolutePath();
        Path done = folder.resolve("done");
        if (Files.exists(done)) {
            return folder;
        }
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("pom.xml"), pom(coordinates));
            var log = folder.resolve("maven.log");
            if (copy(folder, log, true) != 0 && copy(folder, log, false) != 0) {
                throw new IllegalStateException("Maven could not resolve " + String.join(", ", coordinates) + ":\n" + Files.readString(log));
            }
            Files.writeString(done, "");
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int copy(Path folder, Path log, boolean offline) throws IOException {
        var command = new ArrayList<>(List.of("mvn", "-q", "-B"));
        if (offline) {
            command.add("-o");
        }
        command.addAll(List.of(COPY, "-DincludeScope=runtime", "-DoutputDirectory=" + folder));
        Process maven = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (!maven.waitFor(5, TimeUnit.MINUTES)) {
                maven.destroyForcibly();
                throw new IllegalStateException("Maven took more than 5 minutes to copy the jars of " + folder.getFileName());
            }
            return maven.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while Maven copied jars", e);
        }
    }

    private static String pom(String... coordinates) {
        var dependencies = new StringBuilder();
        for (String coordinate : coordinates) {
            String[] part = coordinate.split(":", -1);
            dependencies.append("    <dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>%n"
                    .formatted(part[0], part[1], part[2]));
        }
        return """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>dev.sampo.tests</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
                  <dependencies>
                %s  </dependencies>
                </project>
                """.formatted(dependencies);
    }
}
