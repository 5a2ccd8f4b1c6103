package dev.sampo.partition.follower;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/**
 * A connection to one broker that leads groups which this broker follows, as followers see it. It fetches for all of them
 * together, keeps trying while the peer is away, and answers in {@link Follower}'s words. It and its followers run on
 * one loop.
 *
 * <p>A position that it was given is good for one answer: after that it fetches the partition again when it gets the
 * next position. While the peer is away no answer comes; the position stays good.
 */
public interface LeaderLink {
    /** To a link. */
    sealed interface Command permits Fetch, Leave, AskOffsets, Stop, Internal {}

    /** A shell's private messages. */
    non-sealed interface Internal extends Command {}

    /**
     * Where a follower stands.
     *
     * @param leaderEpoch in which it follows
     * @param fetchOffset its log end offset
     * @param lastFetchedEpoch of its last batch, -1 for none: what the leader finds a divergence by
     */
    record Position(
            TopicIdPartition id, int leaderEpoch, long fetchOffset, int lastFetchedEpoch, long logStartOffset,
            long highWatermark) {}

    /**
     * Fetch these.
     *
     * @param handled this follower has handled the last {@link Follower.Fetched}: the bytes that came with it are free.
     *     Every Fetched is followed by exactly one of these, unless the follower stops
     */
    record Fetch(ActorRef<Follower.Command> follower, List<Position> positions, boolean handled) implements Command {}

    /** Fetch these no more, unless it is another follower by now that fetches them. */
    record Leave(ActorRef<Follower.Command> follower, List<TopicIdPartition> ids) implements Command {}

    /** Ask where the leader's log begins and ends; the answer is {@link Follower.LeaderOffsets}. */
    record AskOffsets(ActorRef<Follower.Command> follower, TopicIdPartition id, String topic, int leaderEpoch)
            implements Command {}

    /** Close the connection and stop. */
    enum Stop implements Command {
        INSTANCE
    }

    /**
     * The broker at the other end.
     *
     * @param incarnation the peer's: a broker that has started again is another peer
     */
    record Peer(int brokerId, long incarnation, String host, int port) {}

    /** Makes links. */
    @FunctionalInterface
    interface Factory {
        /**
         * A link to {@code peer}.
         *
         * @param loop index of the loop that it runs on
         */
        Behavior<Command> link(Peer peer, int loop);
    }
}
