package dev.sampo.gate;

import org.apache.pekko.actor.typed.ActorRef;

/**
 * The words between a stream on a node of the cluster and the gate of a broker. A stream opens as many connections as it
 * would have sockets; on each, Kafka's requests and answers travel as the bytes that a socket would carry, both ways.
 *
 * <p>Messages may be lost, never doubled or turned round (Pekko's remoting). So {@link Bytes} are numbered from 0, each way,
 * and who finds a gap ends the connection. Neither side has more than {@link #WINDOW_BYTES} under way that the other has not
 * {@link Taken}.
 */
public interface Gate {
    /** The gate's name below {@code /system} of each broker. */
    String NAME = "cluster-gate";

    /** Role of the nodes that are brokers. */
    String BROKER_ROLE = "broker";

    /** What a broker's role with its id begins with. */
    String BROKER_ID_ROLE = "broker-id-";

    /** Role of nodes that only run streams. */
    String STREAM_ROLE = "stream";

    /** Most bytes in one message: the frames of Pekko's remoting are bounded, to 256 KiB unless it is told otherwise. */
    int CHUNK_BYTES = 128 * 1024;

    /** Most bytes under way each way. Too small: a round trip for each. Too large: what else goes between the nodes waits. */
    int WINDOW_BYTES = 1024 * 1024;

    /** What crosses nodes, see {@link GateSerializer}. */
    sealed interface Message permits ToGate, ToConnection, ToStream {}

    /** To the gate of a broker. */
    sealed interface ToGate extends Message permits Open {}

    /** To a broker's end of a connection. */
    sealed interface ToConnection extends Message permits Bytes, Taken, End {}

    /** To a stream's end of a connection. */
    sealed interface ToStream extends Message permits Opened, Called, Bytes, Taken, End {}

    /**
     * A stream wants a connection; the answer is {@link Opened} or {@link End}.
     *
     * @param node where it runs, see {@link ClusterNode}
     * @param called whether it wants to be {@link Called}
     */
    record Open(ActorRef<ToStream> stream, String node, boolean called) implements ToGate {}

    /** The broker's end, which the stream watches. */
    record Opened(ActorRef<ToConnection> connection) implements ToStream {}

    /** A group rebalances; a member of it on this node should send its heartbeat now. */
    record Called(String groupId) implements ToStream {}

    /** Nobody changes the array afterwards. */
    record Bytes(long number, byte[] bytes) implements ToConnection, ToStream {}

    /** So many bytes of those sent have left the way. */
    record Taken(int bytes) implements ToConnection, ToStream {}

    /** The connection is over, or was refused. */
    record End(String reason) implements ToConnection, ToStream {}
}
