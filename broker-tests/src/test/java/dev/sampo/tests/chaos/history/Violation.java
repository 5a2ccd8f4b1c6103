package dev.sampo.tests.chaos.history;

/** @param detail partition, offsets and values: enough to find it in the logs */
public record Violation(Rule rule, String detail) {
    @Override
    public String toString() {
        return rule + ": " + detail;
    }
}
