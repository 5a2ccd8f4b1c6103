package dev.sampo.tests.chaos.cluster;

import dev.sampo.tests.broker.KafkaUnderTest;
import dev.sampo.tests.broker.MavenJars;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/** A real Kafka: each node broker and controller in one process. */
final class KafkaProduct implements Product {
    @Override
    public Map<String, String> properties(NodeAddress node, List<NodeAddress> voters, String clusterId, Path dataFolder) {
        boolean voter = voters.contains(node);
        var properties = new LinkedHashMap<String, String>();
        properties.put("process.roles", voter ? "broker,controller" : "broker");
        properties.put("node.id", Integer.toString(node.id()));
        properties.put("controller.quorum.voters", Product.voters(voters));
        properties.put("listeners", "PLAINTEXT://" + node.client() + (voter ? ",CONTROLLER://" + node.host() + ":" + node.raftPort() : ""));
        properties.put("advertised.listeners", "PLAINTEXT://" + node.client());
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
        properties.put("log.dirs", dataFolder.toString());
        return properties;
    }

    private static String jars() {
        return MavenJars.kafkaBroker(KafkaUnderTest.VERSION) + "/*";
    }

    @Override
    public List<String> command(Path properties, Path folder) {
        try {
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
            var command = Product.java(jars(), "-Xmx512m", "-XX:+UseG1GC", "-Dlog4j2.configurationFile=" + logging);
            command.addAll(List.of("kafka.Kafka", properties.toString()));
            return command;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void format(Path properties, Path folder, String clusterId) {
        if (Files.exists(folder.resolve("data").resolve("meta.properties"))) {
            return;
        }
        var command = new ArrayList<>(Product.java(jars(), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=warn"));
        command.addAll(List.of("kafka.tools.StorageTool", "format", "-t", clusterId, "-c", properties.toString(), "--ignore-formatted"));
        Shell.Result result = Shell.run(null, command);
        if (!result.ok()) {
            throw new IllegalStateException("Kafka's storage format failed:\n" + result.output());
        }
    }

    @Override
    public Path partitionFolder(Path dataFolder, String topic, Uuid topicId, int partition) {
        return dataFolder.resolve(topic + "-" + partition);
    }
}
