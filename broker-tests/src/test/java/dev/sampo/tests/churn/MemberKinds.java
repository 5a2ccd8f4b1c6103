package dev.sampo.tests.churn;

import dev.sampo.tests.broker.MavenJars;
import dev.sampo.tests.client.ChildProgram;
import dev.sampo.tests.client.ClientPrograms;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The clients that are tested, by the names that the tests print. */
final class MemberKinds {
    /** Of members that nobody asks to leave. */
    static final int SESSION_TIMEOUT_MS = 6_000;

    private static final String RANGE = "org.apache.kafka.clients.consumer.RangeAssignor";
    private static final String COOPERATIVE = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";

    private MemberKinds() {}

    /**
     * @param name {@code java-VERSION-range}, {@code java-VERSION-cooperative} or {@code java-VERSION-consumer}, {@code kcat},
     *     {@code confluent-range}, {@code confluent-cooperative-sticky} or {@code kafkajs}
     */
    static MemberKind named(String name) {
        String[] parts = name.split("-", 3);
        return switch (parts[0]) {
            case "java" -> java(parts[1], parts[2]);
            case "confluent" -> confluent(name.substring("confluent-".length()));
            case "kcat" -> kcat();
            case "kafkajs" -> kafkajs();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static MemberKind java(String version, String protocol) {
        Path jars = MavenJars.kafkaClients(version);
        Path classes = compiled(version, jars);
        return membership -> {
            var settings = new TreeMap<>(Map.of(
                    "bootstrap.servers", membership.bootstrap(), "group.id", membership.group(), "client.id", "java-" + version + "-#",
                    "enable.auto.commit", "false", "auto.offset.reset", "earliest", "fetch.max.wait.ms", "200", "max.poll.interval.ms", "20000"));
            if (protocol.equals("consumer")) {
                settings.put("group.protocol", "consumer");
            } else {
                settings.put("session.timeout.ms", Integer.toString(sessionTimeoutMs(membership)));
                settings.put("heartbeat.interval.ms", "1000");
                settings.put("partition.assignment.strategy", protocol.equals("cooperative") ? COOPERATIVE : RANGE);
            }
            membership.instance().ifPresent(instance -> settings.put("group.instance.id", instance + "#"));
            var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx192m",
                    "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes + File.pathSeparator + jars + "/*", "MemberProgram"));
            command.addAll(arguments(membership));
            settings.forEach((key, value) -> command.add(key + "=" + value));
            return ProgramMembers.start(membership, command, Map.of());
        };
    }

    /** The program is compiled with each version's own API. */
    private static Path compiled(String version, Path jars) {
        Path classes = Path.of("target", "members", version).toAbsolutePath();
        ChildProgram.run(List.of(Path.of(System.getProperty("java.home"), "bin", "javac").toString(), "-cp", jars + "/*", "-d",
                classes.toString(), ClientPrograms.SOURCES.resolve("MemberProgram.java").toString()), "", Duration.ofMinutes(1), Map.of()).orFail();
        return classes;
    }

    private static List<String> arguments(Membership membership) {
        return List.of(membership.workload().topic(), Integer.toString(membership.members()),
                Integer.toString(membership.workload().keys()), membership.log().toString());
    }

    /** Whoever starts again must be back within it. */
    private static int sessionTimeoutMs(Membership membership) {
        return membership.instance().isPresent() ? 5 * SESSION_TIMEOUT_MS : SESSION_TIMEOUT_MS;
    }

    private static MemberKind confluent(String strategy) {
        ClientPrograms.installDebianClients();
        String python = ClientPrograms.needsConfluentKafka();
        return membership -> {
            var command = new ArrayList<>(List.of(python, ClientPrograms.SOURCES.resolve("confluent_members.py").toString()));
            command.addAll(arguments(membership));
            librdkafka(membership, strategy).forEach((key, value) -> command.add(key + "=" + value));
            command.add("enable.auto.commit=false");
            return ProgramMembers.start(membership, command, Map.of());
        };
    }

    private static Map<String, String> librdkafka(Membership membership, String strategy) {
        var settings = new TreeMap<>(Map.of(
                "bootstrap.servers", membership.bootstrap(), "group.id", membership.group(), "auto.offset.reset", "earliest",
                "session.timeout.ms", Integer.toString(sessionTimeoutMs(membership)), "heartbeat.interval.ms", "1000",
                "max.poll.interval.ms", "30000", "partition.assignment.strategy", strategy, "fetch.wait.max.ms", "200"));
        membership.instance().ifPresent(instance -> settings.put("group.instance.id", instance + "#"));
        return settings;
    }

    private static MemberKind kcat() {
        ClientPrograms.installDebianClients();
        ClientPrograms.needsKcat();
        return new MemberKind() {
            @Override
            public long slackMs() {
                return 2_000;
            }

            @Override
            public Members start(Membership membership) {
                var command = new ArrayList<>(List.of("kcat", "-b", membership.bootstrap(), "-G", membership.group(), "-u", "-f", "%p %o %k %s .\\n"));
                librdkafka(membership, "range").forEach((key, value) -> {
                    if (!key.equals("bootstrap.servers") && !key.equals("group.id")) {
                        command.addAll(List.of("-X", key + "=" + value));
                    }
                });
                command.addAll(List.of("-X", "auto.commit.interval.ms=500", membership.workload().topic()));
                return KcatMembers.start(membership, command);
            }
        };
    }

    private static MemberKind kafkajs() {
        Map<String, String> environment = ClientPrograms.needsKafkajs();
        return membership -> ProgramMembers.start(
                membership,
                List.of("node", ClientPrograms.SOURCES.resolve("kafkajs-members.js").toString(), membership.bootstrap(), membership.group(),
                        membership.workload().topic(), Integer.toString(membership.members()), Integer.toString(membership.workload().keys()),
                        membership.log().toString()),
                environment);
    }
}
