package dev.sampo.tests.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The listed differences: lines {@code request name | JSON path | reason}. In the name {@code *} stands for any text, in the path
 * {@code [*]} for any element; a path covers all below it.
 */
final class JustifiedDifferences {
    static final String RESOURCE = "/oracle/justified-differences.txt";

    private record Entry(String line, Pattern name, Pattern path) {}

    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> unused = new LinkedHashSet<>();

    static JustifiedDifferences read() throws IOException {
        var stream = Objects.requireNonNull(JustifiedDifferences.class.getResourceAsStream(RESOURCE), RESOURCE + " is missing");
        var result = new JustifiedDifferences();
        try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    result.add(line);
                }
            }
        }
        return result;
    }

    private void add(String line) {
        String[] part = line.split("\\|", 3);
        if (part.length != 3 || part[2].isBlank()) {
            throw new IllegalArgumentException(RESOURCE + ": \"" + line + "\" is not: request name | JSON path | reason");
        }
        entries.add(new Entry(line, glob(part[0].strip(), "*", ".*"), Pattern.compile(glob(part[1].strip(), "[*]", "\\[[^\\]]*\\]") + "([.\\[].*)?")));
        unused.add(line);
    }

    private static Pattern glob(String text, String wildcard, String regex) {
        var parts = new ArrayList<String>();
        int from = 0;
        for (int at = text.indexOf(wildcard); at >= 0; at = text.indexOf(wildcard, from)) {
            parts.add(Pattern.quote(text.substring(from, at)));
            from = at + wildcard.length();
        }
        parts.add(Pattern.quote(text.substring(from)));
        return Pattern.compile(String.join(regex, parts));
    }

    boolean covers(String name, Difference difference) {
        boolean covered = false;
        for (Entry entry : entries) {
            if (entry.name.matcher(name).matches() && entry.path.matcher(difference.path()).matches()) {
                unused.remove(entry.line);
                covered = true;
            }
        }
        return covered;
    }

    /** Lines that covered nothing since reading: they must go, or they hide the next difference. */
    Set<String> unused() {
        return unused;
    }
}
