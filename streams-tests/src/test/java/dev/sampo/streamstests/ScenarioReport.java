package dev.sampo.streamstests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Writes {@code target/scenarios.md}: each scenario, what it came to on the connector and on our client, and how long it took. */
public final class ScenarioReport implements TestExecutionListener {
    private static final String CONNECTOR = "dev.sampo.streamstests.connector.";
    private static final String OURS = "dev.sampo.streamstests.ours.";

    private final Map<String, Map<String, String>> results = new ConcurrentSkipListMap<>();
    private final Map<String, Long> startedNanos = new ConcurrentHashMap<>();
    private TestPlan plan;

    @Override
    public void testPlanExecutionStarted(TestPlan testPlan) {
        plan = testPlan;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        startedNanos.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        Optional<String> className = className(test);
        if (!test.isTest() || className.isEmpty()) {
            return;
        }
        String client = className.get().startsWith(OURS) ? OURS : className.get().startsWith(CONNECTOR) ? CONNECTOR : null;
        if (client == null) {
            return;
        }
        long tookMs = (System.nanoTime() - startedNanos.get(test.getUniqueId())) / 1_000_000;
        String outcome = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL ? "passed" : "**failed**";
        results.computeIfAbsent(className.get().substring(client.length()) + ": " + name(test), key -> new ConcurrentHashMap<>())
                .put(client, outcome + " (" + tookMs + " ms)");
    }

    /** A test of a parameterized method or of a factory carries its method's name before its own. */
    private String name(TestIdentifier test) {
        String parent = plan.getParent(test).filter(p -> p.getSource().filter(MethodSource.class::isInstance).isPresent())
                .map(p -> p.getDisplayName().replaceAll("\\(.*", "") + " ").orElse("");
        return parent + test.getDisplayName().replace("()", "").replace("|", "\\|");
    }

    private static Optional<String> className(TestIdentifier test) {
        TestSource source = test.getSource().orElse(null);
        if (source instanceof MethodSource method) {
            return Optional.of(method.getClassName());
        }
        return source instanceof ClassSource type ? Optional.of(type.getClassName()) : Optional.empty();
    }

    @Override
    public void testPlanExecutionFinished(TestPlan testPlan) {
        if (results.isEmpty()) {
            return;
        }
        var text = new StringBuilder("# Scenarios\n\n| scenario | Pekko Kafka connector | Sampo's client |\n|---|---|---|\n");
        new TreeMap<>(results).forEach((scenario, byClient) -> text.append("| ").append(scenario)
                .append(" | ").append(byClient.getOrDefault(CONNECTOR, "-"))
                .append(" | ").append(byClient.getOrDefault(OURS, "-")).append(" |\n"));
        text.append("\n# Differences on purpose\n\n| | Pekko Kafka connector | Sampo's client |\n|---|---|---|\n");
        for (Difference difference : Difference.values()) {
            text.append("| ").append(difference.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '))
                    .append(" | ").append(difference.connector()).append(" | ").append(difference.ours()).append(" |\n");
        }
        try {
            Files.createDirectories(Path.of("target"));
            Files.writeString(Path.of("target", "scenarios.md"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
