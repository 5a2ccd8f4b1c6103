package dev.sampo.tests.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * One place where two answers differ.
 *
 * @param path such as {@code $.topics[log].partitions[0].errorCode}
 * @param expected Kafka's value as JSON text, or "(absent)"
 * @param actual the broker's
 */
record Difference(String path, String expected, String actual) {
    private static final String ABSENT = "(absent)";

    /** All places, deepest first reported; equal answers give an empty list. */
    static List<Difference> between(JsonNode expected, JsonNode actual) {
        var found = new ArrayList<Difference>();
        compare("$", expected, actual, found);
        return found;
    }

    private static void compare(String path, JsonNode expected, JsonNode actual, List<Difference> found) {
        if (expected.equals(actual)) {
            return;
        }
        if (expected.isObject() && actual.isObject()) {
            var names = new TreeSet<String>();
            expected.fieldNames().forEachRemaining(names::add);
            actual.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                compare(path + "." + name, expected.path(name), actual.path(name), found);
            }
        } else if (expected.isArray() && actual.isArray() && expected.size() == actual.size()) {
            for (int i = 0; i < expected.size(); i++) {
                compare(path + "[" + label(i, expected.get(i)) + "]", expected.get(i), actual.get(i), found);
            }
        } else {
            found.add(new Difference(path, show(expected), show(actual)));
        }
    }

    /** The name of the element where it has one, so that a listed difference can point at it; else its index. */
    private static String label(int index, JsonNode element) {
        String name = element.path("name").asText();
        return name.isEmpty() ? Integer.toString(index) : name;
    }

    /** A text for people where Kafka gives none: no program reads it, and it helps. */
    boolean isOnlyMoreText() {
        return path.matches(".*rrorMessage") && expected.equals("null") && actual.equals("\"<text>\"");
    }

    private static String show(JsonNode node) {
        return node.isMissingNode() ? ABSENT : node.toString();
    }

    @Override
    public String toString() {
        return path + "\n    Kafka: " + expected + "\n    here:  " + actual;
    }
}
