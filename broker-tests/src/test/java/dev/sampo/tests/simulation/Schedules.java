package dev.sampo.tests.simulation;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Many schedules, on all cores. */
final class Schedules {
    private static final int TRACE_LINES = 250;

    private final long[] seeds;
    private final Reach reach = new Reach();
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong acked = new AtomicLong();

    Schedules(long[] seeds) {
        this.seeds = seeds;
    }

    /** What they came to; fails with the smallest schedule that still shows the first violation. */
    Reach requireNoViolation() {
        var failed = new ConcurrentSkipListMap<Long, Schedule.Result>();
        long start = System.nanoTime();
        Arrays.stream(seeds).parallel().filter(seed -> failed.size() < 20).forEach(seed -> {
            Schedule.Result result = Schedule.run(seed, null);
            reach.add(result.reach());
            events.addAndGet(result.events());
            acked.addAndGet(result.acked());
            if (result.failed()) {
                failed.put(seed, result);
            }
        });
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("%,d schedules from seed %d, %,d events, %,d acks=all in %.1f s: %,.0f schedules a minute%n", seeds.length,
                seeds[seeds.length - 1], events.get(), acked.get(), seconds, seeds.length / seconds * 60);
        if (!failed.isEmpty()) {
            throw new AssertionError("seeds " + failed.keySet() + " fail; the first, made small:\n"
                    + describe(Shrinker.shrink(failed.firstEntry().getValue(), null)));
        }
        return reach;
    }

    private static String describe(Schedule.Result result) {
        var text = new StringBuilder(result.plan().shape()).append('\n');
        result.plan().acts().forEach(act -> text.append(act).append('\n'));
        List<String> trace = result.trace();
        trace.subList(Math.max(0, trace.size() - TRACE_LINES), trace.size()).forEach(line -> text.append(line).append('\n'));
        return text.append(result.state()).append(result.message()).toString();
    }
}
