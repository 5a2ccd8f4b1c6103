package dev.sampo.streamstests.broker;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Sampo as a user starts it: its main class with a {@code server.properties} and the options of {@code bin/sampo}. */
final class SampoLauncher {
    private static final String MAIN_CLASS = "dev.sampo.cluster.SampoMain";

    private SampoLauncher() {}

    static TestBroker start(Path folder, Map<String, String> settings, String... jvmOptions) {
        int port = FreePort.next();
        var properties = new LinkedHashMap<String, String>();
        properties.put("node.id", "1");
        properties.put("listeners", "PLAINTEXT://127.0.0.1:" + port);
        properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        properties.put("log.dirs", folder.resolve("data").toString());
        // Fixed over a restart, and apart from another broker's on this machine.
        properties.put("sampo.remoting.port", Integer.toString(FreePort.next()));
        properties.put("sampo.raft.port", Integer.toString(FreePort.next()));
        properties.put("sampo.http.enabled", "false");
        properties.putAll(settings);
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("server.properties");
            Files.writeString(file, asText(properties));
            var options = new ArrayList<>(List.of("-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:+UseCompactObjectHeaders",
                    "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", "-Dio.netty.tryReflectionSetAccessible=false",
                    "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
            options.addAll(List.of(jvmOptions));
            var command = TestBroker.java(classPath(), options);
            command.add(MAIN_CLASS);
            command.add("server");
            command.add("--config");
            command.add(file.toString());
            return new TestBroker("Sampo", port, folder.resolve("output.log"), command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String asText(Map<String, String> properties) {
        return properties.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue() + "\n").collect(Collectors.joining());
    }

    /** What cluster-config was built to, and what it needs to run: written by its build. */
    private static String classPath() throws IOException {
        Path target = Path.of(System.getProperty("broker.module", "../cluster-config"), "target");
        Path file = target.resolve("broker.class-path");
        if (!Files.exists(file)) {
            throw new IllegalStateException(file.toAbsolutePath() + " is missing: build with -am, so that cluster-config comes first");
        }
        return target.resolve("classes").toAbsolutePath() + File.pathSeparator + Files.readString(file).strip();
    }
}
