import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.internals.Exit;

/**
 * Kafka's command line tools one after another in one JVM, since starting one for each call takes longer than the call. Run from source:
 * {@code java -cp 'jars/*' ToolSession.java}. A line of standard input is a tool's main class and its arguments, with tabs between;
 * the answer is what it printed to both streams, each line behind a bar, and a line with its exit code.
 */
public final class ToolSession {
    /** Unwinds a tool that wants to end the JVM. */
    private static final class Ended extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static final PrintStream ANSWER = System.out;

    private static PrintStream shown = ANSWER;
    private static int exitCode = -1;

    private ToolSession() {}

    public static void main(String[] arguments) throws Exception {
        Exit.setExitProcedure((code, message) -> end(code));
        Exit.setHaltProcedure((code, message) -> end(code));
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split("\t", -1);
            answer(words[0], Arrays.copyOfRange(words, 1, words.length));
        }
        Runtime.getRuntime().halt(0);
    }

    /** The first end counts: a tool may catch the error that unwinds it, and print it. */
    private static void end(int code) {
        if (exitCode < 0) {
            exitCode = code;
            shown.flush();
            var nowhere = new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8);
            System.setOut(nowhere);
            System.setErr(nowhere);
        }
        throw new Ended();
    }

    private static void answer(String tool, String[] arguments) throws Exception {
        var bytes = new ByteArrayOutputStream();
        shown = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        exitCode = -1;
        System.setOut(shown);
        System.setErr(shown);
        Method main = Class.forName(tool).getMethod("main", String[].class);
        try {
            main.invoke(null, (Object) arguments);
            exitCode = exitCode < 0 ? 0 : exitCode;
        } catch (InvocationTargetException e) {
            if (!(e.getCause() instanceof Ended)) {
                e.getCause().printStackTrace(shown);
                exitCode = 1;
            }
        }
        shown.flush();
        bytes.toString(StandardCharsets.UTF_8).lines().forEach(line -> ANSWER.print("|" + line + "\n"));
        ANSWER.print("exit " + exitCode + "\n");
        ANSWER.flush();
    }
}
