package dev.sampo.testkit;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

import static org.assertj.core.api.Assertions.assertThat;

/** The README's section "Inside a test", compiled and run as it stands. */
final class ReadmeIT {
    private static final int MOST_LINES = 25;

    @Test
    void theExampleOfTheReadmeCompilesWithoutWarningAndPasses(@TempDir Path folder) throws Exception {
        // Given
        String source = example();
        assertThat(source.lines().count()).isLessThanOrEqualTo(MOST_LINES);
        Matcher name = Pattern.compile("\\bclass (\\w+)").matcher(source);
        assertThat(name.find()).isTrue();
        Path file = folder.resolve(name.group(1) + ".java");
        Files.writeString(file, source);

        // When
        compile(file, folder);
        var summary = new SummaryGeneratingListener();
        try (var classes = new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            LauncherFactory.create().execute(
                    LauncherDiscoveryRequestBuilder.request()
                            .selectors(DiscoverySelectors.selectClass(classes.loadClass(name.group(1))))
                            .build(),
                    summary);
        }

        // Then
        assertThat(summary.getSummary().getFailures()).isEmpty();
        assertThat(summary.getSummary().getTestsSucceededCount()).isEqualTo(1);
    }

    private static String example() throws IOException {
        String readme = Files.readString(GeneratedPages.project().resolve("README.md"));
        Matcher block = Pattern.compile("## Inside a test\\n(?:(?!\\n## ).)*?```java\\n(.*?)```", Pattern.DOTALL).matcher(readme);
        assertThat(block.find()).as("README.md has a java block in its section \"Inside a test\"").isTrue();
        return block.group(1);
    }

    private static void compile(Path file, Path folder) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertThat(compiler).as("tests run on a JDK").isNotNull();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var output = new StringWriter();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            output, files, null,
                            List.of("-Xlint:all,-processing,-classfile,-path", "-Werror", "-proc:none", "-cp", classPath,
                                    "-d", folder.toString()),
                            null, files.getJavaFileObjects(file))
                    .call();
            assertThat(compiled).as(output.toString()).isTrue();
        }
    }
}
