package dev.sampo.group.consumer;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Regular expressions of subscriptions, in RE2's syntax: matching takes linear time, whatever a client sends. */
public final class RegexMatcher {
    private RegexMatcher() {}

    /** What is wrong with an expression, null when nothing is. */
    static @Nullable String problem(String regex) {
        try {
            Pattern.compile(regex);
            return null;
        } catch (PatternSyntaxException invalid) {
            return invalid.getDescription();
        }
    }

    /**
     * The names that each expression matches as a whole. Costs the product of both: not for a thread that others wait for.
     *
     * @param regexes none matches nothing; they compile
     */
    public static Map<String, Set<String>> match(Set<String> regexes, Topics topics) {
        Map<String, Set<String>> matched = new HashMap<>();
        for (String regex : regexes) {
            Pattern pattern = Pattern.compile(regex);
            var names = new HashSet<String>();
            for (String name : topics.names()) {
                if (pattern.matches(name)) {
                    names.add(name);
                }
            }
            matched.put(regex, names);
        }
        return matched;
    }
}
