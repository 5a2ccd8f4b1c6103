package dev.sampo.tests.client;

import dev.sampo.tests.broker.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The README's section "Five minutes", line by line as a newcomer would type it: the {@code sh} blocks run in one bash that
 * stops at the first failure; a {@code text} block says what the block before it prints. Only the ports are others, so that
 * a broker which runs on this machine is left alone.
 */
class FiveMinutesIT {
    /** Of two idle cores with the build done; {@code timeout} ends the whole group of processes. */
    private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final String NEXT_BLOCK = "---- next block of the README ----";

    /** Commands, and the lines that they print (in no order, among others). */
    private record Block(String commands, List<String> prints) {}

    @Test
    void everyLineOfTheSectionRunsPrintsWhatItSaysAndWarnsOfNothing(@TempDir Path folder) throws IOException {
        // Given a folder that looks like the project's, so that nothing is written there
        if (!ChildProgram.isInstalled("kcat") || !ChildProgram.isInstalled("bash")) {
            System.out.println("SKIPPED: kcat and bash are needed");
            Assumptions.abort("kcat and bash are needed");
        }
        Files.createDirectory(folder.resolve("bin"));
        Files.createSymbolicLink(folder.resolve("bin").resolve("sampo"), PROJECT.resolve("bin").resolve("sampo"));
        Files.createSymbolicLink(folder.resolve("cluster-config"), PROJECT.resolve("cluster-config"));
        Files.createSymbolicLink(folder.resolve("streams-client"), PROJECT.resolve("streams-client"));
        String port = Integer.toString(FreePort.next());
        String httpPort = Integer.toString(FreePort.next());
        List<Block> blocks = blocks(section());
        assertThat(blocks).hasSizeGreaterThanOrEqualTo(4);

        // When
        long begin = System.nanoTime();
        ChildProgram.Result result = ChildProgram.run(
                List.of("timeout", "--kill-after=20", "300", "bash", "-c",
                        // by a name that holds no port: the folder's digits are random
                        script(Path.of("SCRATCH"), blocks).replace("9092", port).replace("8080", httpPort)
                                .replace("SCRATCH", folder.toString())),
                "", FIVE_MINUTES.plusSeconds(30), environment(port, httpPort));
        Duration took = Duration.ofNanos(System.nanoTime() - begin);

        // Then
        System.out.printf("the README's five minutes took %.1f s%n", took.toMillis() / 1000.0);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output().lines().filter(line -> line.toUpperCase(Locale.ROOT).contains("WARN"))).isEmpty();
        List<String> outputs = List.of(result.output().split(Pattern.quote(NEXT_BLOCK), -1));
        assertThat(outputs).hasSameSizeAs(blocks);
        for (int i = 0; i < blocks.size(); i++) {
            assertThat(outputs.get(i).lines().toList())
                    .as(blocks.get(i).commands())
                    .containsAll(blocks.get(i).prints());
        }
    }

    /** Ends what it started even when a line fails. */
    private static String script(Path folder, List<Block> blocks) {
        var script = new StringBuilder("set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\ncd '" + folder + "'\n");
        var commands = blocks.stream().map(Block::commands).toList();
        return script.append(String.join("\necho '" + NEXT_BLOCK + "'\n", commands)).toString();
    }

    /** The java of this JVM in front: a newcomer's shell has one, a build machine's perhaps only Maven's. */
    private static Map<String, String> environment(String port, String httpPort) {
        var environment = new HashMap<String, String>();
        environment.put("SAMPO_PORT", port);
        environment.put("SAMPO_HTTP_PORT", httpPort);
        environment.put("SAMPO_BOOTSTRAP", "127.0.0.1:" + port);
        environment.put("PATH", Path.of(System.getProperty("java.home"), "bin") + ":" + System.getenv("PATH"));
        return environment;
    }

    private static String section() throws IOException {
        Matcher section = Pattern.compile("## Five minutes\\n(.*?)\\n## ", Pattern.DOTALL)
                .matcher(Files.readString(PROJECT.resolve("README.md")));
        assertThat(section.find()).as("README.md has a section \"Five minutes\"").isTrue();
        return section.group(1);
    }

    private static List<Block> blocks(String section) {
        var blocks = new ArrayList<Block>();
        Matcher fence = Pattern.compile("^```(sh|text)\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE).matcher(section);
        while (fence.find()) {
            if (fence.group(1).equals("sh")) {
                blocks.add(new Block(fence.group(2), List.of()));
            } else {
                Block before = blocks.removeLast();
                blocks.add(new Block(before.commands(), fence.group(2).lines().toList()));
            }
        }
        return blocks;
    }
}
