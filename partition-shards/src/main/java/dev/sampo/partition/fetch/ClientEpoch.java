package dev.sampo.partition.fetch;

import dev.sampo.actors.model.KafkaError;

/**
 * What a client's idea of the leader epoch is worth to a replica.
 *
 * @see "KIP-320"
 */
public final class ClientEpoch {
    private ClientEpoch() {}

    /**
     * NONE, FENCED_LEADER_EPOCH for one that is too old, UNKNOWN_LEADER_EPOCH for one that this replica has not heard of.
     *
     * @param currentLeaderEpoch the client's, -1 for no check
     * @param leaderEpoch in which the replica leads or follows
     */
    public static KafkaError check(int currentLeaderEpoch, int leaderEpoch) {
        if (currentLeaderEpoch == -1 || currentLeaderEpoch == leaderEpoch) {
            return KafkaError.NONE;
        }
        return currentLeaderEpoch < leaderEpoch ? KafkaError.FENCED_LEADER_EPOCH : KafkaError.UNKNOWN_LEADER_EPOCH;
    }
}
