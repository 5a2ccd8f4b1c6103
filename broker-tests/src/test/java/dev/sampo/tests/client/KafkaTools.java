package dev.sampo.tests.client;

import dev.sampo.tests.broker.KafkaUnderTest;
import dev.sampo.tests.broker.MavenJars;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Kafka's own command line tools, as their scripts start them, against one address. */
record KafkaTools(Path jars, String bootstrap) {
    private static final String PACKAGE = "org.apache.kafka.tools.";
    private static final Duration LIMIT = Duration.ofSeconds(90);

    static KafkaTools against(String bootstrap) {
        return new KafkaTools(MavenJars.kafkaTools(KafkaUnderTest.VERSION), bootstrap);
    }

    /** @param tool its class below Kafka's package of tools */
    ChildProgram.Result run(String tool, String... arguments) {
        return runWithInput(tool, "", arguments);
    }

    ChildProgram.Result runWithInput(String tool, String input, String... arguments) {
        var command = new ArrayList<>(List.of(arguments));
        int first = tool.equals("ClusterTool") ? 1 : 0; // its subcommand comes first
        command.addAll(first, List.of("--bootstrap-server", bootstrap));
        command.addFirst(PACKAGE + tool);
        return ChildProgram.javaWithInput(jars, input, LIMIT, command.toArray(String[]::new));
    }

    /** One that asks no broker, or in words of its own. */
    ChildProgram.Result alone(String tool, String... arguments) {
        var command = new ArrayList<>(List.of(arguments));
        command.addFirst(PACKAGE + tool);
        return ChildProgram.java(jars, LIMIT, command.toArray(String[]::new));
    }
}
