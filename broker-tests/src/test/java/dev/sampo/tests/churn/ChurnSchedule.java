package dev.sampo.tests.churn;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Who comes, goes and is killed, by a seed: three members, then fifty, then some of each at random, in the end three again. */
final class ChurnSchedule {
    /** What happens next. */
    sealed interface Step {
        /** One more process. */
        record Start(int process, int members) implements Step {}

        /** They leave. */
        record Leave(int process) implements Step {}

        /** SIGKILL. */
        record Kill(int process) implements Step {}

        /** The group is whole with so many members, or the test fails. */
        record Whole(int members) implements Step {}

        /** Nothing happens for that time. */
        record Pause(int ms) implements Step {}
    }

    static final int LEAST = 3;
    static final int MOST = 50;

    private static final int MEMBERS_OF_PROCESS = 5;
    private static final int RANDOM_STEPS = 8;

    private record Running(int process, int members) {}

    private final Random random;
    private final List<Step> steps = new ArrayList<>();
    private final List<Running> running = new ArrayList<>();
    private int nextProcess;

    private ChurnSchedule(long seed) {
        random = new Random(seed);
    }

    static List<Step> of(long seed) {
        var schedule = new ChurnSchedule(seed);
        schedule.few();
        schedule.grow();
        schedule.atRandom();
        schedule.shrink();
        return schedule.steps;
    }

    private int members() {
        return running.stream().mapToInt(Running::members).sum();
    }

    private void start(int members) {
        steps.add(new Step.Start(nextProcess, members));
        running.add(new Running(nextProcess++, members));
    }

    private void end(boolean kill) {
        Running one = running.remove(random.nextInt(running.size()));
        steps.add(kill ? new Step.Kill(one.process()) : new Step.Leave(one.process()));
    }

    private void pause(int ms) {
        steps.add(new Step.Pause(ms));
    }

    private void few() {
        for (int i = 0; i < LEAST; i++) {
            start(1);
        }
        steps.add(new Step.Whole(LEAST));
        pause(1_000);
        end(true);
        start(1);
        pause(2_000);
        end(false);
        start(1);
    }

    private void grow() {
        while (members() < MOST) {
            start(Math.min(MEMBERS_OF_PROCESS, MOST - members()));
            pause(random.nextInt(500));
        }
        steps.add(new Step.Whole(MOST));
    }

    private void atRandom() {
        for (int i = 0; i < RANDOM_STEPS; i++) {
            if (members() + MEMBERS_OF_PROCESS <= MOST && random.nextInt(3) == 0) {
                start(MEMBERS_OF_PROCESS);
            } else {
                end(random.nextBoolean());
            }
            pause(500 + random.nextInt(1_000));
        }
    }

    /** The last process that is left may have had five. */
    private void shrink() {
        while (running.size() > 1) {
            end(random.nextBoolean());
        }
        if (members() < LEAST) {
            start(LEAST - members());
        }
        steps.add(new Step.Whole(members()));
    }
}
