package dev.sampo.tests.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Clients in other languages, installed where that is allowed; a test that needs one that is not there is skipped with a printed reason. */
public final class ClientPrograms {
    /** Their sources. */
    public static final Path SOURCES = Path.of("src", "test", "clients");

    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String KAFKAJS = "kafkajs@2.2.4";
    private static final String PYTHON = "/usr/bin/python3";

    private ClientPrograms() {}

    /** A fresh machine has none of them: root may install what Debian packages, and the script says what it does. */
    public static void installDebianClients() {
        boolean root = "root".equals(System.getProperty("user.name"));
        if (root && ChildProgram.isInstalled("apt-get") && !ChildProgram.isInstalled("kcat")) {
            System.out.println(ChildProgram.run(
                    List.of("sh", SOURCES.resolve("install-debian-clients.sh").toString()), "", LIMIT, Map.of()).output());
        }
    }

    public static void needsKcat() {
        needs("kcat", "install the Debian package kcat");
    }

    /** @return the interpreter that has confluent-kafka */
    public static String needsConfluentKafka() {
        needs(PYTHON, "install python3");
        if (ChildProgram.run(List.of(PYTHON, "-c", "import confluent_kafka"), "", LIMIT, Map.of()).exitCode() != 0) {
            skip("the Debian package python3-confluent-kafka is not installed");
        }
        return PYTHON;
    }

    /** Installs kafkajs below {@code target}. @return the environment of node that finds it */
    public static Map<String, String> needsKafkajs() {
        needs("node", "install Node.js");
        needs("npm", "install npm");
        Path folder = Path.of("target", "kafkajs").toAbsolutePath();
        if (!Files.isDirectory(folder.resolve("node_modules").resolve("kafkajs"))) {
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            System.out.println("installing " + KAFKAJS + " with npm into " + folder);
            var install = ChildProgram.run(List.of("npm", "install", "--no-audit", "--no-fund", "--prefix", folder.toString(), KAFKAJS), "", LIMIT, Map.of());
            if (install.exitCode() != 0) {
                skip("npm could not install " + KAFKAJS + ": " + install.output());
            }
        }
        return Map.of("NODE_PATH", folder.resolve("node_modules").toString());
    }

    private static void needs(String program, String remedy) {
        if (!ChildProgram.isInstalled(program)) {
            skip(program + " is not installed: " + remedy);
        }
    }

    private static void skip(String reason) {
        System.out.println("SKIPPED: " + reason);
        Assumptions.abort(reason);
    }
}
