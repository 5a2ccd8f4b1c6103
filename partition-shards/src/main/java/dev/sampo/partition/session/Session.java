package dev.sampo.partition.session;

import dev.sampo.actors.serialization.SampoMessage;
import org.apache.pekko.actor.typed.ActorRef;

/** What brokers say to each other about being alive. */
public interface Session {
    /** To the session actor of a broker. */
    sealed interface Command extends SampoMessage permits Heartbeat, HeartbeatReply, Internal {}

    /** A shell's private messages. */
    non-sealed interface Internal extends Command {}

    /** From each broker to each voter of the metadata log; {@code sentNanos} is of the sender's clock. */
    record Heartbeat(int brokerId, long incarnation, long sentNanos, ActorRef<Command> replyTo) implements Command {}

    /**
     * What the voter's metadata say of the sender.
     *
     * @param sentNanos of the heartbeat
     * @param imageOffset how far the voter has read the metadata
     * @param incarnation the newest of this broker id that it knows, -1 for none
     * @param fenced whether that one is fenced
     * @param leads whether the voter leads the metadata log: the controller on its node has then heard the sender
     */
    record HeartbeatReply(int voterId, long sentNanos, long imageOffset, long incarnation, boolean fenced, boolean leads)
            implements Command {
        /** Whether the broker with this incarnation must not act any more. */
        public boolean endsSessionOf(long mine) {
            return incarnation > mine || (incarnation == mine && fenced);
        }

        /**
         * Whether the voter does not know of this registration: it says nothing of the session. It is behind by a moment, or has
         * lost its disk.
         */
        public boolean ignores(long mine) {
            return incarnation < mine;
        }
    }
}
