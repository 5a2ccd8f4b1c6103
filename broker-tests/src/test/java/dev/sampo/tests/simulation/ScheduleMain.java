package dev.sampo.tests.simulation;

import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** To run schedules by hand: {@code ScheduleMain [seed]} shows one, {@code ScheduleMain from to [mutant]} counts many,
 * {@code ScheduleMain shrink seed [mutant]} makes a failing one small, {@code ScheduleMain mutants most} looks for each planted bug. */
final class ScheduleMain {
    private ScheduleMain() {}

    public static void main(String[] args) {
        if (args[0].equals("mutants")) {
            for (Mutant bug : Mutant.values()) {
                long first = LongStream.range(0, Long.parseLong(args[1])).parallel()
                        .filter(seed -> Schedule.run(seed, bug).failed()).findFirst().orElse(-1);
                System.out.println(bug + " " + first + " invariant " + (first < 0 ? "-" : Schedule.run(first, bug).invariant()));
            }
            return;
        }
        if (args.length == 1) {
            show(Schedule.run(Plan.draw(Long.parseLong(args[0])), null, true, 0));
            return;
        }
        if (args[0].equals("shrink")) {
            Mutant bug = args.length > 2 ? Mutant.valueOf(args[2]) : null;
            show(Shrinker.shrink(Schedule.run(Long.parseLong(args[1]), bug), bug));
            return;
        }
        Mutant mutant = args.length > 2 ? Mutant.valueOf(args[2]) : null;
        many(Long.parseLong(args[0]), Long.parseLong(args[1]), mutant);
    }

    private static void many(long from, long to, @Nullable Mutant mutant) {
        var reach = new Reach();
        var events = new AtomicLong();
        var acked = new AtomicLong();
        long start = System.nanoTime();
        var failures = new ConcurrentSkipListMap<Long, Schedule.Result>();
        LongStream.range(from, to).parallel().forEach(seed -> {
            Schedule.Result result = Schedule.run(seed, mutant);
            reach.add(result.reach());
            events.addAndGet(result.events());
            acked.addAndGet(result.acked());
            if (result.failed()) {
                failures.put(seed, result);
            }
        });
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.println(reach);
        System.out.printf("%,d schedules, %,d events, %,d acks in %.1f s: %,.0f a minute%n", to - from, events.get(), acked.get(),
                seconds, (to - from) / seconds * 60);
        System.out.println(failures.size() + " failed");
        var kinds = new TreeMap<Integer, Integer>();
        failures.values().forEach(failure -> kinds.merge(failure.invariant(), 1, Integer::sum));
        System.out.println("by invariant " + kinds);
        failures.values().stream().limit(60).forEach(failure -> System.out.println(
                failure.plan().seed() + " " + failure.message().lines().limit(4).toList()));
        if (!failures.isEmpty() && System.getProperty("shrink") != null) {
            show(Shrinker.shrink(failures.firstEntry().getValue(), mutant));
        }
    }

    private static void show(Schedule.Result result) {
        System.out.println(result.plan().shape());
        result.plan().acts().forEach(System.out::println);
        result.trace().forEach(System.out::println);
        System.out.println(result.state());
        System.out.println(result.failed() ? "FAILED " + result.message() : "fine, hash " + result.hash());
    }
}
