package dev.sampo.tests.simulation;

import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The metadata log as its port promises it: one sequence of entries that a majority of the voters holds, written by the leader of
 * the newest term only, and only where it expects to write. An append whose majority is away has no known outcome: it is committed
 * later, or never.
 */
final class Journal {
    /** What became of an append, as its writer hears it. */
    enum Outcome {
        COMMITTED,
        REFUSED,
        UNKNOWN
    }

    /** Sees each entry as it is committed. */
    interface Watcher {
        void committed(MetadataImage before, ControllerEvent event, MetadataImage now, int term);
    }

    private record Append(
            BrokerProcess process, int term, long expectedOffset, List<ControllerEvent> events, Consumer<Outcome> answer) {}

    private static final long TICK = 100 * Timeline.MILLIS;

    private final Cluster cluster;
    private final Dice dice;
    private final Watcher watcher;
    private final List<Integer> voters;
    private final List<MetadataImage> images = new ArrayList<>(List.of(MetadataImage.EMPTY)); // after so many entries
    private final List<Append> open = new ArrayList<>(); // without a majority so far
    private int term;
    private int leader = -1;
    private @Nullable BrokerProcess leaderProcess; // another one on the same machine leads nothing
    private long leaderLostAt = -1;
    private long electionTimeout;

    Journal(Cluster cluster, Dice dice, List<Integer> voters, Watcher watcher) {
        this.cluster = cluster;
        this.dice = dice;
        this.voters = voters;
        this.watcher = watcher;
    }

    void start() {
        tick();
    }

    List<Integer> voters() {
        return voters;
    }

    int leader() {
        return leader;
    }

    int term() {
        return term;
    }

    /** The newest committed. */
    MetadataImage image() {
        return images.getLast();
    }

    /** As it was at an offset. */
    MetadataImage imageAt(long offset) {
        return images.get((int) offset + 1);
    }

    private boolean hasMajority(int broker) {
        int reached = 0;
        for (int voter : voters) {
            if (cluster.machine(voter).awake()
                    && (voter == broker || cluster.network().openBothWays(broker, voter))) {
                reached++;
            }
        }
        return reached > voters.size() / 2;
    }

    /** Another voter leads from now on, though nothing is wrong with the present one. */
    void depose() {
        elect(leader);
    }

    private void tick() {
        cluster.time().after(TICK, this::tick);
        boolean leads = leaderProcess != null && cluster.machine(leader).process == leaderProcess && cluster.machine(leader).awake()
                && hasMajority(leader);
        if (leads) {
            leaderLostAt = -1;
            List<Append> again = List.copyOf(open);
            open.clear();
            again.forEach(this::decide);
            return;
        }
        long now = cluster.time().nowMicros();
        if (leaderLostAt < 0) {
            leaderLostAt = now;
            electionTimeout = dice.between(300, 1_200) * Timeline.MILLIS;
        }
        if (now - leaderLostAt >= electionTimeout) {
            elect(-1);
        }
    }

    private void elect(int not) {
        List<Integer> candidates = new ArrayList<>();
        for (int voter : voters) {
            if (voter != not && cluster.machine(voter).awake() && hasMajority(voter)) {
                candidates.add(voter);
            }
        }
        if (candidates.isEmpty()) {
            return;
        }
        // What the old leader had sent to some voters may survive it.
        for (Append append : open) {
            if (append.expectedOffset() == image().offset() && dice.chance(0.5)) {
                commit(append);
            }
        }
        open.clear();
        int before = leader;
        term++;
        leader = dice.pick(candidates);
        leaderLostAt = -1;
        cluster.reach().hit(Reach.Point.RAFT_LEADER_CHANGED);
        cluster.trace(() -> "raft: broker " + leader + " leads term " + term);
        int newTerm = term;
        BrokerProcess deposed = leaderProcess;
        BrokerProcess elected = cluster.machine(leader).process;
        leaderProcess = elected;
        cluster.time().after(dice.heavyTail(2_000, Timeline.SECONDS), () -> elected.deliver(() -> elected.onLogLeader(newTerm)));
        if (deposed != null && deposed != elected && deposed.alive()) {
            stepDown(deposed, before, newTerm);
        }
    }

    /** The old leader hears of the new term when something gets through to it; until then it goes on. */
    private void stepDown(BrokerProcess deposed, int broker, int newTerm) {
        cluster.time().after(dice.heavyTail(100 * Timeline.MILLIS, 3 * Timeline.SECONDS), () -> {
            if (!deposed.alive()) {
                return;
            }
            if (leader >= 0 && cluster.network().open(leader, broker)) {
                deposed.deliver(() -> deposed.onLogFollower(newTerm));
            } else {
                stepDown(deposed, broker, newTerm);
            }
        });
    }

    /** Appends as one unit, if {@code broker} leads {@code atTerm} and the log ends at {@code expectedOffset}. */
    void append(BrokerProcess process, int atTerm, long expectedOffset, List<ControllerEvent> events,
            Consumer<Outcome> answer) {
        var append = new Append(process, atTerm, expectedOffset, events,
                outcome -> process.deliver(() -> answer.accept(outcome)));
        cluster.time().after(dice.heavyTail(1_500, 300 * Timeline.MILLIS), () -> {
            if (process.alive() || dice.chance(0.5)) {
                decide(append);
            }
        });
    }

    private void decide(Append append) {
        boolean fenced = append.term() != term || append.process() != leaderProcess;
        if ((fenced && !cluster.planted(Mutant.CONTROLLER_NOT_FENCED)) || append.expectedOffset() != image().offset()) {
            cluster.reach().hit(Reach.Point.JOURNAL_REFUSED);
            append.answer().accept(Outcome.REFUSED);
        } else if (hasMajority(append.process().brokerId())) {
            commit(append);
            append.answer().accept(Outcome.COMMITTED);
        } else {
            cluster.reach().hit(Reach.Point.JOURNAL_OUTCOME_UNKNOWN);
            open.add(new Append(append.process(), append.term(), append.expectedOffset(), append.events(), outcome -> {}));
            cluster.time().after(dice.between(1, 3) * Timeline.SECONDS, () -> append.answer().accept(Outcome.UNKNOWN));
        }
    }

    private void commit(Append append) {
        for (ControllerEvent event : append.events()) {
            MetadataImage before = image();
            MetadataImage now = before.apply(event);
            images.add(now);
            cluster.trace(() -> "journal " + now.offset() + " term " + append.term() + ": " + event);
            watcher.committed(before, event, now, append.term());
        }
        cluster.tellImages();
    }
}
