package dev.sampo.tests.chaos.cluster;

import dev.sampo.tests.broker.BrokerUnderTest;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;

/** Which brokers the cluster consists of: {@code -Dbroker.under.test=kafka} takes a real Kafka, to judge the tests. */
interface Product {
    /** @param voters the nodes that hold the metadata */
    Map<String, String> properties(NodeAddress node, List<NodeAddress> voters, String clusterId, Path dataFolder);

    /** What starts a broker with that file. */
    List<String> command(Path properties, Path folder);

    /** Makes an empty data folder usable. */
    void format(Path properties, Path folder, String clusterId);

    /** The folder of one partition's files. */
    Path partitionFolder(Path dataFolder, String topic, Uuid topicId, int partition);

    static Product underTest() {
        return BrokerUnderTest.isKafka() ? new KafkaProduct() : new SampoProduct();
    }

    /** {@code id@host:port} of each voter. */
    static String voters(List<NodeAddress> voters) {
        return voters.stream().map(voter -> voter.id() + "@" + voter.host() + ":" + voter.raftPort()).collect(Collectors.joining(","));
    }

    static List<String> java(String classPath, String... options) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.add("-cp");
        command.add(classPath);
        return command;
    }

    /**
     * Sampo as a user starts it, from this build's class path. On a machine that is short of cores, starts count: jars with a
     * start-up cache are named by {@code -Dchaos.class.path} and {@code -Dchaos.jvm.options}.
     */
    final class SampoProduct implements Product {
        private static final String CLASS_PATH = "chaos.class.path";
        private static final String JVM_OPTIONS = "chaos.jvm.options";

        @Override
        public Map<String, String> properties(NodeAddress node, List<NodeAddress> voters, String clusterId, Path dataFolder) {
            var properties = new LinkedHashMap<String, String>();
            properties.put("node.id", Integer.toString(node.id()));
            properties.put("cluster.id", clusterId);
            properties.put("controller.quorum.voters", voters(voters));
            properties.put("sampo.cluster.seeds", voters.stream().map(seed -> seed.host() + ":" + seed.remotingPort()).collect(Collectors.joining(",")));
            properties.put("listeners", "PLAINTEXT://" + node.client());
            properties.put("advertised.listeners", "PLAINTEXT://" + node.client());
            properties.put("log.dirs", dataFolder.toString());
            properties.put("sampo.remoting.host", node.host());
            properties.put("sampo.remoting.port", Integer.toString(node.remotingPort()));
            properties.put("sampo.raft.host", node.host());
            properties.put("sampo.raft.port", Integer.toString(node.raftPort()));
            properties.put("sampo.replication.host", node.host());
            properties.put("sampo.replication.port", Integer.toString(node.replicationPort()));
            properties.put("sampo.http.enabled", "false");
            return properties;
        }

        @Override
        public List<String> command(Path properties, Path folder) {
            var command = java(classPath(), "-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:+UseCompactObjectHeaders",
                    "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", "-Dio.netty.tryReflectionSetAccessible=false",
                    "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");
            command.addAll(1, Stream.of(System.getProperty(JVM_OPTIONS, "").split(" ")).filter(option -> !option.isBlank()).toList());
            command.addAll(List.of("dev.sampo.cluster.SampoMain", "server", "--config", properties.toString()));
            return command;
        }

        /** The class path of this JVM without this module, whose Logback file is for tests. */
        private static String classPath() {
            String given = System.getProperty(CLASS_PATH);
            if (given != null) {
                return given;
            }
            String whole = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            return Stream.of(whole.split(File.pathSeparator)).filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests"))
                    .collect(Collectors.joining(File.pathSeparator));
        }

        @Override
        public void format(Path properties, Path folder, String clusterId) {
            // it does so by itself
        }

        @Override
        public Path partitionFolder(Path dataFolder, String topic, Uuid topicId, int partition) {
            return dataFolder.resolve("topics").resolve(topicId + "-" + partition);
        }
    }
}
