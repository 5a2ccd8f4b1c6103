package dev.sampo.tests.broker;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Sampo as a user starts it: its main class in an own JVM with a {@code server.properties} and the options of {@code bin/sampo}. */
public final class SampoUnderTest {
    private static final String MAIN_CLASS = "dev.sampo.cluster.SampoMain";

    private SampoUnderTest() {}

    public static BrokerUnderTest start(Path folder, Map<String, String> settings) {
        int port = FreePort.next();
        Path data = folder.resolve("data");
        var properties = new LinkedHashMap<String, String>();
        properties.put("node.id", "1");
        properties.put("listeners", "PLAINTEXT://127.0.0.1:" + port);
        properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        properties.put("log.dirs", data.toString());
        // Fixed over a restart, and apart from another broker's on this machine.
        properties.put("sampo.remoting.port", Integer.toString(FreePort.next()));
        properties.put("sampo.raft.port", Integer.toString(FreePort.next()));
        properties.put("sampo.http.enabled", "false");
        properties.putAll(settings);
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("server.properties");
            Files.writeString(file, KafkaUnderTest.asText(properties));
            var command = ChildBroker.java(classPath(), "-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:+UseCompactObjectHeaders",
                    "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", "-Dio.netty.tryReflectionSetAccessible=false", "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");
            command.add(MAIN_CLASS);
            command.add("server");
            command.add("--config");
            command.add(file.toString());
            return ChildBroker.start("Sampo", port, data, folder.resolve("output.log"), command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The class path of this JVM (Surefire's own property when it starts with a booter jar) without this module, whose Logback file is for tests. */
    private static String classPath() {
        String whole = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Stream.of(whole.split(File.pathSeparator)).filter(entry -> !entry.endsWith("test-classes")).collect(Collectors.joining(File.pathSeparator));
    }
}
