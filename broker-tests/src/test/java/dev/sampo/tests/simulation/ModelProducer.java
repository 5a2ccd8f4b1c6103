package dev.sampo.tests.simulation;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A producer of one partition. With acks=all it is idempotent, keeps several batches in flight and sends what is not acknowledged
 * again, in order, until it is; with acks=1 it has one batch in flight and never sends one twice.
 */
final class ModelProducer extends ModelClient {
    private static final long REQUEST_TIMEOUT = 3 * Timeline.SECONDS;

    private static final class Pending {
        final long sequence;
        final int count;
        boolean acked;
        long sentMicros;

        Pending(long sequence, int count) {
            this.sequence = sequence;
            this.count = count;
        }
    }

    private final TopicIdPartition id;
    private final boolean all;
    private final long producerId;
    private final Deque<Pending> unacked = new ArrayDeque<>();
    private long nextSequence;
    private int attempt;
    private boolean recovering;
    private boolean stopped;
    private long acks;

    ModelProducer(Cluster cluster, int place, Dice dice, TopicIdPartition id, boolean all, long producerId) {
        super(cluster, place, dice);
        this.id = id;
        this.all = all;
        this.producerId = producerId;
    }

    @Override
    void start() {
        recover();
        tick();
        watch();
    }

    /** Requests that are not answered in time. */
    private void watch() {
        timer(500 * Timeline.MILLIS, this::watch);
        Pending first = unacked.peek();
        if (first != null && !recovering && time().nowMicros() - first.sentMicros > REQUEST_TIMEOUT) {
            breakConnection(leader(id));
            failed();
        }
    }

    @Override
    TopicIdPartition id() {
        return id;
    }

    /** No new batches; what is unacknowledged is still sent. */
    void stop() {
        stopped = true;
    }

    boolean idle() {
        return unacked.isEmpty();
    }

    long acks() {
        return acks;
    }

    boolean all() {
        return all;
    }

    private void tick() {
        timer(dice().heavyTail(cluster().plan().produceEveryMicros(), 4 * Timeline.SECONDS), this::tick);
        int burst = all ? dice().between(1, inFlight()) : 1;
        while (!stopped && burst-- > 0 && unacked.size() < inFlight() && !recovering) {
            produceOne();
        }
    }

    /** A broker without state of a producer takes any first sequence, as Kafka does, so the first batch goes alone. */
    private int inFlight() {
        return all && acks > 0 ? cluster().plan().inFlight() : 1; // a broker remembers five batches
    }

    void produceOne() {
        if (unacked.size() >= inFlight()) {
            return;
        }
        var pending = new Pending(nextSequence, dice().between(1, 3));
        nextSequence += pending.count;
        unacked.add(pending);
        if (!recovering) {
            send(pending);
        }
    }

    private void send(Pending pending) {
        int mine = attempt;
        int to = leader(id);
        var batch = new Batch(-1, pending.count, -1, all ? producerId : -1,
                all ? pending.sequence : producerId * 1_000_000 + pending.sequence);
        pending.sentMicros = time().nowMicros();
        this.<LeaderShell.Produced>call(to, host -> {
            LeaderShell leader = host.leaderOf(id);
            return answer -> {
                if (leader == null) {
                    answer.accept(new LeaderShell.Produced(KafkaError.NOT_LEADER_OR_FOLLOWER, -1));
                } else {
                    leader.append(batch, all ? Acks.ALL : Acks.LEADER, answer);
                }
            };
        }, produced -> onProduced(pending, mine, produced), () -> {
            if (mine == attempt && !pending.acked) {
                failed();
            }
        });
    }

    private void onProduced(Pending pending, int ofAttempt, LeaderShell.Produced produced) {
        if (pending.acked) {
            return;
        }
        if (produced.error() != KafkaError.NONE) {
            cluster().trace(() -> this + " hears of sequence " + pending.sequence + ": " + produced.error());
        }
        if (produced.error() == KafkaError.NONE) {
            pending.acked = true;
            acks++;
            if (all) {
                cluster().reach().hit(Reach.Point.ACKED_ALL);
                cluster().ledger().acked(id, producerId, pending.sequence, pending.count, produced.baseOffset());
            } else {
                cluster().reach().hit(Reach.Point.ACKED_ONE);
            }
            while (!unacked.isEmpty() && unacked.peek().acked) {
                unacked.remove(); // not before those sent earlier: a broker remembers so many from the oldest on
            }
        } else if (ofAttempt == attempt) {
            failed();
        }
    }

    /** The connection broke. */
    @Override
    void connectionLost(int broker) {
        if (!unacked.isEmpty() && leader(id) == broker && !recovering) {
            failed();
        }
    }

    private void failed() {
        attempt++;
        if (!all) {
            unacked.clear(); // sent once only
        }
        recover();
    }

    private void recover() {
        recovering = true;
        int mine = attempt;
        timer(dice().between(30, 250) * Timeline.MILLIS, () -> refresh(id, () -> {
            if (mine == attempt) {
                recovering = false;
                unacked.stream().filter(pending -> !pending.acked).forEach(this::send);
            }
        }));
    }

    @Override
    public String toString() {
        return "producer " + producerId + (all ? " acks=all" : " acks=1") + " of " + cluster().name(id) + ": " + unacked.size()
                + " unacknowledged from sequence " + (unacked.isEmpty() ? nextSequence : unacked.peek().sequence) + ", leader "
                + leader(id) + " recovering " + recovering;
    }
}
