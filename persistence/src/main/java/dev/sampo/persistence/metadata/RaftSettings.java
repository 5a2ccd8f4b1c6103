package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How one node takes part in the metadata log.
 *
 * @param nodeId the broker id, at least 0
 * @param host to listen on, and in this node's address
 * @param port to listen on; 0 chooses a free one (only sensible for a group of one)
 * @param directory holds everything of the log; one process at a time
 * @param peers the members of a group that is started for the first time, this node among them; empty for a group of
 *     one. A node that is not among them listens until the group adds it. Afterwards the log itself knows its members.
 * @param groupId the same on all members and no other cluster's; null is the one in the folder, or, in a new folder, a
 *     random one for a group of one and a fixed one with peers
 * @param electionTimeoutMin without a leader for between this and {@code electionTimeoutMax}, a voter stands for
 *     election. Too small: pauses cost elections. Too large: a dead leader is replaced late. A group of one elects
 *     itself at once whatever this says.
 * @param electionTimeoutMax see {@code electionTimeoutMin}; larger, so that two voters seldom stand at once
 */
public record RaftSettings(
        int nodeId, String host, int port, Path directory, Set<Member> peers, @Nullable UUID groupId,
        Duration electionTimeoutMin, Duration electionTimeoutMax) {
    /** Checks each value and names the one that is wrong. */
    public RaftSettings {
        if (nodeId < 0) {
            throw new IllegalArgumentException("nodeId " + nodeId + " is negative");
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not within 0 and 65535");
        }
        if (electionTimeoutMin.isNegative() || electionTimeoutMin.isZero()
                || electionTimeoutMin.compareTo(electionTimeoutMax) >= 0) {
            throw new IllegalArgumentException("electionTimeoutMin " + electionTimeoutMin
                    + " must be positive and less than electionTimeoutMax " + electionTimeoutMax);
        }
        if (peers.stream().map(Member::nodeId).collect(Collectors.toSet()).size() != peers.size()) {
            throw new IllegalArgumentException("peers name a node twice: " + peers);
        }
        peers = Set.copyOf(peers);
    }

    /** With election timeouts that suit one data centre. */
    public RaftSettings(int nodeId, String host, int port, Path directory, Set<Member> peers) {
        this(nodeId, host, port, directory, peers, null, Duration.ofMillis(400), Duration.ofMillis(800));
    }

    /** The group of a cluster: the same on all its nodes, and no other's. */
    public static UUID groupOf(String clusterId) {
        return UUID.nameUUIDFromBytes(("sampo-metadata-" + clusterId).getBytes(StandardCharsets.UTF_8));
    }

    /** A group of one on a free port of the loopback address. */
    public static RaftSettings groupOfOne(int nodeId, Path directory) {
        return new RaftSettings(nodeId, "127.0.0.1", 0, directory, Set.of());
    }
}
