package dev.sampo.tests.churn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Whether a group processed each record at least once, and the records of a partition in their order: whoever goes on with a partition
 * begins at or below the first record that nobody has processed by then. So each key is in order and none of its records is skipped.
 */
final class ProcessedCheck {
    /**
     * What came out.
     *
     * @param duplicates records that were processed once more
     * @param violations empty when all is well
     */
    record Result(long records, long duplicates, List<String> violations) {}

    private static final int MOST_SHOWN = 20;

    private ProcessedCheck() {}

    /**
     * Holds what was processed against what there is.
     *
     * @param ends of each partition, exclusive
     * @param slackMs how far apart the times of two members may be: what another one did within that time counts as done before
     */
    static Result check(List<Processed> processed, long[] ends, long slackMs) {
        var violations = new ArrayList<String>();
        long records = 0;
        for (int partition = 0; partition < ends.length; partition++) {
            int number = partition;
            List<Processed> byTime = processed.stream().filter(run -> run.partition() == number)
                    .sorted(Comparator.comparingLong(Processed::atMs).thenComparingLong(Processed::from)).toList();
            records += byTime.stream().mapToLong(run -> run.to() - run.from() + 1).sum();
            checkPartition(number, byTime, ends[partition], slackMs, violations);
        }
        List<String> shown = violations.size() <= MOST_SHOWN ? violations : new ArrayList<>(violations.subList(0, MOST_SHOWN));
        if (violations.size() > MOST_SHOWN) {
            shown.add("and " + (violations.size() - MOST_SHOWN) + " more");
        }
        return new Result(records, records - Arrays.stream(ends).sum(), List.copyOf(shown));
    }

    private static void checkPartition(int partition, List<Processed> byTime, long end, long slackMs, List<String> violations) {
        long next = 0; // all below have been processed by the time that is looked at
        int seen = 0;
        var ahead = new TreeMap<Long, Long>(); // seen and above next: from, to
        for (Processed run : byTime) {
            while (seen < byTime.size() && byTime.get(seen).atMs() <= run.atMs() + slackMs) {
                Processed done = byTime.get(seen++);
                ahead.merge(done.from(), done.to(), Math::max);
            }
            while (!ahead.isEmpty() && ahead.firstKey() <= next) {
                next = Math.max(next, ahead.pollFirstEntry().getValue() + 1);
            }
            if (run.from() > next) {
                violations.add("partition %d: %d to %d were processed at %d while %d was not".formatted(
                        partition, run.from(), run.to(), run.atMs(), next));
            }
        }
        if (next < end) {
            violations.add("partition %d: from %d on not all of %d records were processed".formatted(partition, next, end));
        }
    }
}
