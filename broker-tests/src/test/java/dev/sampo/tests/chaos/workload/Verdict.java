package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.chaos.history.Rule;
import dev.sampo.tests.chaos.history.Violation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** @param figures what was measured, in the order in which it was */
public record Verdict(String run, long acknowledged, long read, List<String> figures, List<Violation> violations) {
    private static final int SHOWN = 25;

    public boolean has(Rule rule) {
        return violations.stream().anyMatch(violation -> violation.rule() == rule);
    }

    @Override
    public String toString() {
        Map<Rule, Long> counts = violations.stream().collect(Collectors.groupingBy(Violation::rule, TreeMap::new, Collectors.counting()));
        return "chaos " + run + ": " + acknowledged + " acknowledged, " + read + " read, violations " + counts
                + figures.stream().map(figure -> "\n  " + figure).collect(Collectors.joining())
                + violations.stream().limit(SHOWN).map(violation -> "\n  ! " + violation).collect(Collectors.joining());
    }
}
