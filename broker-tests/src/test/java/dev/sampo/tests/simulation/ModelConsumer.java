package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import java.util.List;

/** Reads one partition from its beginning, never goes back by itself, and asks for the end now and then. */
final class ModelConsumer extends ModelClient {
    private static final long REQUEST_TIMEOUT = 3 * Timeline.SECONDS;

    private final TopicIdPartition id;
    private long position;
    private long highestEnd = -1;
    private long round;
    private long sentMicros = -1;

    ModelConsumer(Cluster cluster, int place, Dice dice, TopicIdPartition id) {
        super(cluster, place, dice);
        this.id = id;
    }

    @Override
    void start() {
        refresh(id, this::fetch);
        watch();
    }

    /** A request that is not answered in time. */
    private void watch() {
        timer(1 * Timeline.SECONDS, this::watch);
        if (sentMicros >= 0 && time().nowMicros() - sentMicros > REQUEST_TIMEOUT) {
            breakConnection(leader(id));
            again();
        }
    }

    @Override
    void connectionLost(int broker) {
        if (leader(id) == broker) {
            again();
        }
    }

    @Override
    TopicIdPartition id() {
        return id;
    }

    long position() {
        return position;
    }

    private void again() {
        long mine = ++round;
        sentMicros = -1;
        timer(dice().between(50, 400) * Timeline.MILLIS, () -> refresh(id, () -> {
            if (mine == round) {
                fetch();
            }
        }));
    }

    private void fetch() {
        long mine = ++round;
        int to = leader(id);
        int epoch = epoch(id);
        sentMicros = time().nowMicros();
        Runnable refused = () -> {
            if (mine == round) {
                again();
            }
        };
        if (dice().chance(0.1)) {
            this.<LeaderShell.Produced>call(to, host -> answer -> {
                LeaderShell leader = host.leaderOf(id);
                answer.accept(leader == null ? new LeaderShell.Produced(KafkaError.NOT_LEADER_OR_FOLLOWER, -1) : leader.endOffset(epoch));
            }, end -> {
                if (mine == round) {
                    onEnd(end);
                }
            }, refused);
            return;
        }
        long from = position;
        this.<LeaderShell.Consumed>call(to, host -> answer -> {
            LeaderShell leader = host.leaderOf(id);
            LeaderShell.Consumed consumed = leader == null
                    ? new LeaderShell.Consumed(KafkaError.NOT_LEADER_OR_FOLLOWER, List.of(), -1, -1)
                    : leader.read(from, epoch);
            answer.accept(consumed);
        }, consumed -> {
            if (mine == round) {
                onFetched(to, consumed);
            }
        }, refused);
    }

    private void onEnd(LeaderShell.Produced end) {
        if (end.error() == KafkaError.NONE) {
            if (end.baseOffset() < highestEnd) {
                throw new Violation(7, "a client that had heard that " + cluster().name(id) + " ends at " + highestEnd
                        + " now hears " + end.baseOffset());
            }
            highestEnd = end.baseOffset();
            next();
        } else {
            again();
        }
    }

    private void onFetched(int from, LeaderShell.Consumed consumed) {
        if (consumed.error() == KafkaError.OFFSET_OUT_OF_RANGE) {
            if (position < consumed.logStartOffset()) {
                position = consumed.logStartOffset(); // deleted meanwhile
                again();
                return;
            }
            throw new Violation(8, "a consumer at offset " + position + " of " + cluster().name(id) + " hears from broker "
                    + from + " that it is out of range");
        }
        if (consumed.error() != KafkaError.NONE) {
            if (consumed.error() == KafkaError.FENCED_LEADER_EPOCH || consumed.error() == KafkaError.UNKNOWN_LEADER_EPOCH) {
                cluster().reach().hit(Reach.Point.CLIENT_FENCED);
            }
            again();
            return;
        }
        PartitionTruth truth = cluster().judge().truth(id);
        for (Batch batch : consumed.batches()) {
            truth.exposed(from, batch);
            if (batch.endOffset() > position) {
                if (batch.baseOffset() > position && batch.baseOffset() > truth.deletedUpTo()) {
                    throw new Violation(8, "a consumer at offset " + position + " of " + cluster().name(id) + " got " + batch);
                }
                position = batch.endOffset();
                cluster().reach().hit(Reach.Point.CONSUMED);
            }
        }
        next();
    }

    private void next() {
        long mine = round;
        sentMicros = -1;
        timer(dice().heavyTail(120 * Timeline.MILLIS, 2 * Timeline.SECONDS), () -> {
            if (mine == round) {
                fetch();
            }
        });
    }

    @Override
    public String toString() {
        return "consumer of " + cluster().name(id) + " at " + position + ", leader " + leader(id) + "@" + epoch(id);
    }
}
