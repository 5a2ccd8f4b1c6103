package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.follower.Follower.Answer;
import dev.sampo.partition.follower.FollowerEffect;
import dev.sampo.partition.follower.FollowerState;
import dev.sampo.persistence.epoch.LeaderEpochFile;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * As {@code ReplicaFollowerActor} and the link to its leader, for one partition: the shell of the production {@link FollowerState}
 * on a {@link MemoryLog}.
 */
final class FollowerShell {
    private static final long REQUEST_TIMEOUT = 4 * Timeline.SECONDS;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final ByteBuffer SOMETHING = ByteBuffer.allocate(1);

    private final BrokerProcess process;
    private final Cluster cluster;
    private final TopicIdPartition id;
    private final int leader;
    private final int leaderEpoch;
    private final LogPlaces.Claim claim;
    private @Nullable MemoryLog log;
    private @Nullable FollowerState state;
    private List<Batch> received = List.of();
    private long request; // an answer to an earlier one is void
    private long sentMicros = -1;
    private boolean forcing;

    FollowerShell(BrokerProcess process, Cluster cluster, TopicIdPartition id, int leader, int leaderEpoch) {
        this.process = process;
        this.cluster = cluster;
        this.id = id;
        this.leader = leader;
        this.leaderEpoch = leaderEpoch;
        this.claim = process.logs().claim(id, leaderEpoch, newer -> stop(), taken -> {
            if (taken != null) {
                log = taken;
                if (cluster.planted(Mutant.TRUNCATION_TO_HIGH_WATERMARK)) {
                    log.truncateTo(Math.max(log.highWatermark(), log.logStartOffset()));
                }
                state = new FollowerState(leaderEpoch, log.logStartOffset(), log.logEndOffset(), log.epochs().latestEpoch(),
                        log.highWatermark());
                if (log.durableEnd() < log.logEndOffset()) {
                    reportForced();
                }
                fetch();
            }
        });
    }

    void stop() {
        state = null;
        log = null;
        process.logs().giveBack(claim);
    }

    // ---- the link ----

    private void fetch() {
        if (state == null || !state.fetching() || forcing) {
            return;
        }
        var read = new LeaderShell.ReplicaRead(process.brokerId(), process.incarnation(), leaderEpoch, state.logEndOffset(),
                cluster.planted(Mutant.NO_TRUNCATION) ? -1 : state.lastEpoch(), state.highWatermark());
        long mine = ++request;
        sentMicros = process.time().nowMicros();
        cluster.network().send(process.brokerId(), leader, Network.Channel.STREAM, () -> cluster.toProcess(leader, host ->
                host.replicaRead(id, read, answer -> cluster.network().send(leader, process.brokerId(), Network.Channel.STREAM,
                        () -> process.deliver(() -> {
                            if (mine == request) {
                                onFetched(read, answer);
                            }
                        })))));
    }

    /** While the leader is away the position stays good. */
    void connectionLost() {
        if (sentMicros >= 0) {
            sentMicros = -1;
            long mine = ++request;
            process.timer(cluster.dice().between(50, 300) * Timeline.MILLIS, () -> {
                if (mine == request) {
                    fetch();
                }
            });
        }
    }

    void watch() {
        if (sentMicros >= 0 && process.time().nowMicros() - sentMicros > REQUEST_TIMEOUT) {
            connectionLost();
        }
    }

    private void onFetched(LeaderShell.ReplicaRead read, LeaderShell.Fetched answer) {
        sentMicros = -1;
        if (state == null) {
            appendLate(answer);
            return;
        }
        received = answer.batches();
        perform(state.onAnswer(
                new Answer(id, read.currentLeaderEpoch(), read.fetchOffset(), answer.error(), answer.highWatermark(),
                        answer.logStartOffset(), answer.divergingEpoch(), answer.divergingEndOffset(),
                        received.isEmpty() ? NOTHING : SOMETHING),
                epoch -> cluster.planted(Mutant.TRUNCATION_WITHOUT_OWN_EPOCHS)
                        ? new LeaderEpochFile.EndOffset(epoch, log.logEndOffset())
                        : log.epochs().endOffset(epoch, log.logEndOffset())));
        fetch();
    }

    /** What a stopped follower must not do. */
    private void appendLate(LeaderShell.Fetched answer) {
        MemoryLog held = process.machine().logs.get(id);
        for (Batch batch : answer.batches()) {
            if (cluster.planted(Mutant.OLD_EPOCH_APPENDED) && held != null && held.logEndOffset() == batch.baseOffset()) {
                held.append(batch);
            }
        }
    }

    // ---- effects ----

    private void perform(List<FollowerEffect> effects) {
        for (FollowerEffect effect : effects) {
            switch (effect) {
                case FollowerEffect.Append append -> append();
                case FollowerEffect.Truncate(long offset, boolean committed) -> {
                    cluster.reach().hit(Reach.Point.FOLLOWER_TRUNCATED);
                    cluster.trace(() -> "broker " + process.brokerId() + " truncates " + cluster.name(id) + " to " + offset
                            + ": " + log);
                    log.truncateTo(offset);
                    cut();
                }
                case FollowerEffect.StartAnew(long offset) -> {
                    log.startAnewAt(offset);
                    cut();
                }
                case FollowerEffect.MoveLogStart(long offset) -> {
                    log.deleteRecordsBefore(offset);
                    cut();
                }
                case FollowerEffect.AskLeaderOffsets ask -> {
                    cluster.reach().hit(Reach.Point.FOLLOWER_OUT_OF_RANGE);
                    askOffsets();
                }
                case FollowerEffect.LearnHighWatermark(long offset) -> log.highWatermark(offset);
                case FollowerEffect.Pause(long ms) -> {
                    FollowerState pausing = state;
                    process.timer(ms * Timeline.MILLIS, () -> {
                        pausing.onPauseOver();
                        if (pausing == state) {
                            fetch();
                        }
                    });
                }
            }
        }
    }

    private void append() {
        for (Batch batch : received) {
            if (!log.follows(batch, leaderEpoch)) {
                perform(state.onUnfit());
                return;
            }
        }
        for (Batch batch : received) {
            log.append(batch);
        }
        perform(state.onAppended(log.logEndOffset(), log.epochs().latestEpoch()));
        reportForced();
    }

    /** The leader does not hear of these records before they are forced. */
    private void reportForced() {
        if (cluster.plan().flushMessages() != 1 || cluster.planted(Mutant.REPORT_BEFORE_FORCE)) {
            return;
        }
        MemoryLog forced = log;
        FollowerState asked = state;
        long end = log.logEndOffset();
        int truncations = log.truncations();
        forcing = true;
        process.timer(cluster.dice().heavyTail(4_000, 800 * Timeline.MILLIS), () -> {
            forcing = false;
            if (!process.machine().failForces) {
                forced.flushed(end, truncations);
                if (state == asked) {
                    fetch();
                }
            }
        });
    }

    private void cut() {
        perform(state.onCut(log.logStartOffset(), log.logEndOffset(), log.epochs().latestEpoch()));
    }

    private void askOffsets() {
        long mine = ++request;
        FollowerState asking = state;
        process.timer(REQUEST_TIMEOUT, () -> {
            if (mine == request && asking == state) {
                perform(state.onLeaderOffsets(KafkaError.NETWORK_EXCEPTION, -1, -1));
            }
        });
        cluster.network().send(process.brokerId(), leader, Network.Channel.STREAM, () -> cluster.toProcess(leader, host -> {
            LeaderShell shell = host.leaderOf(id);
            LeaderShell.Fetched offsets = shell == null
                    ? LeaderShell.Fetched.refused(KafkaError.NOT_LEADER_OR_FOLLOWER)
                    : shell.offsets(leaderEpoch);
            cluster.network().send(leader, process.brokerId(), Network.Channel.STREAM, () -> process.deliver(() -> {
                if (mine == request && asking == state) {
                    request++;
                    perform(state.onLeaderOffsets(offsets.error(), offsets.logStartOffset(), offsets.logEndOffset()));
                    fetch();
                }
            }));
        }));
    }

    @Override
    public String toString() {
        return cluster.name(id) + "@" + leaderEpoch + (state == null ? " without its log" : " end " + state.logEndOffset()
                + " epoch " + state.lastEpoch() + (state.fetching() ? "" : " not fetching"));
    }
}
