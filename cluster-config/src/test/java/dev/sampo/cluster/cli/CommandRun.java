package dev.sampo.cluster.cli;

import com.networknt.schema.Error;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** One command, run in this JVM as a process would: arguments and input in; output, errors and exit code out. */
final class CommandRun {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String TIMEOUT = "60s"; // a busy machine is no failure

    private final Map<String, String> environment = new HashMap<>();
    private byte[] input = new byte[0];
    private boolean isTerminal;
    private boolean isPatient;

    /** What a command left behind. */
    record Result(int code, String out, String err) {
        Result expect(int expected) {
            assertThat(code).as("exit code; out: " + out + " err: " + err).isEqualTo(expected);
            assertThat(out + err).doesNotContain("\tat ", "Exception:");
            return this;
        }

        /** Nothing to complain about. */
        Result ok() {
            expect(ExitCode.OK);
            return this;
        }
    }

    /** Against the shared broker. */
    static CommandRun command() {
        CommandRun run = new CommandRun().with("SAMPO_BOOTSTRAP", SharedBroker.bootstrap());
        run.isPatient = true;
        return run;
    }

    /** Against nobody. */
    static CommandRun alone() {
        return new CommandRun();
    }

    CommandRun with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    CommandRun input(String text) {
        return input(text.getBytes(UTF_8));
    }

    CommandRun input(byte[] bytes) {
        input = bytes.clone();
        return this;
    }

    /** Someone sits there and types the input. */
    CommandRun onTerminal() {
        isTerminal = true;
        return this;
    }

    Result run(String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var terminal = new Terminal(
                new ByteArrayInputStream(input), new PrintStream(out, false, UTF_8), new PrintStream(err, true, UTF_8),
                environment, isTerminal, false, false);
        var words = new ArrayList<>(List.of(arguments));
        if (isPatient && !words.getFirst().startsWith("train")) {
            words.addAll(List.of("--timeout", TIMEOUT));
        }
        int code = Cli.run(words, terminal, new NoBrokers());
        terminal.out().flush();
        return new Result(code, out.toString(UTF_8), err.toString(UTF_8));
    }

    /** Runs a verb with both JSON outputs, which must fit its schema and each other; returns the document. */
    JsonNode json(String verb, String... arguments) {
        var words = new ArrayList<>(Arrays.asList(verb.split(" ")));
        words.addAll(List.of(arguments));
        words.addAll(List.of("--output", "json"));
        Result result = run(words.toArray(String[]::new));
        assertThat(result.code()).as(result.err()).isIn(ExitCode.OK, ExitCode.FAILED, ExitCode.PARTLY_DONE, ExitCode.WOULD_CHANGE);
        JsonNode document = MAPPER.readTree(result.out());
        assertThat(errors(verb, document)).as(result.out() + result.err()).isEmpty();
        return document;
    }

    static List<String> errors(String verb, JsonNode document) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(schema(verb))
                .validate(document)
                .stream()
                .map(Error::toString)
                .toList();
    }

    static JsonNode parse(String text) {
        return MAPPER.readTree(text);
    }

    /** The schema's text; empty when the verb has none. */
    static String schema(String verb) {
        try (InputStream file = Cli.class.getResourceAsStream("schema/" + verb.replace(' ', '-') + ".json")) {
            return file == null ? "" : new String(file.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** No test starts a broker through the command tree. */
    static final class NoBrokers implements Brokers {
        @Override
        public void devCluster(int brokers, int port, int httpPort, String dataFolder, Terminal terminal) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void dev(int port, int httpPort, String dataFolder, Terminal terminal) {
            terminal.out().print("dev " + port + " " + dataFolder + "\n");
        }

        @Override
        public void server(Path configFile, Terminal terminal) {
            terminal.out().print("server " + configFile + "\n");
        }

        @Override
        public void train(Path folder, List<String> command) {
            System.out.println("train " + folder + " " + command);
        }
    }
}
