package dev.sampo.kafka.fetch;

import dev.sampo.actors.model.KafkaError;
import java.util.BitSet;
import java.util.List;

/** One fetch request as its session sees it: what to read, and what of it to answer. */
public sealed interface FetchContext {
    /** What to read, in the order in which the byte budget is spent. */
    List<FetchPartition> partitions();

    /**
     * Called once with one outcome per partition, in order.
     *
     * @param nowMs wall clock, as at the beginning
     */
    Answer finish(List<? extends PartitionOutcome> outcomes, long nowMs);

    /**
     * The session's part of the answer.
     *
     * @param error of the whole request; then {@code included} is empty and nothing that was read may be sent
     * @param included places of the partitions to answer
     */
    record Answer(KafkaError error, int sessionId, BitSet included) {}

    /** A request that wants no session: everything is answered. */
    record Sessionless(List<FetchPartition> partitions) implements FetchContext {
        @Override
        public Answer finish(List<? extends PartitionOutcome> outcomes, long nowMs) {
            return new Answer(KafkaError.NONE, FetchSessions.NO_SESSION, all(partitions));
        }
    }

    /** A request that asks for a session: everything is answered, and kept if there is a place for it. */
    record Full(
            FetchSessions sessions, String principal, boolean privileged, boolean byTopicId,
            List<FetchPartition> partitions)
            implements FetchContext {
        @Override
        public Answer finish(List<? extends PartitionOutcome> outcomes, long nowMs) {
            int sessionId = sessions.create(principal, privileged, byTopicId, partitions, outcomes, nowMs);
            return new Answer(KafkaError.NONE, sessionId, all(partitions));
        }
    }

    /** A request within a session: only what changed is answered. */
    record Incremental(FetchSession session, int epoch, List<FetchPartition> partitions) implements FetchContext {
        @Override
        public Answer finish(List<? extends PartitionOutcome> outcomes, long nowMs) {
            BitSet sent = session.finish(epoch, partitions, outcomes);
            return sent == null
                    ? new Answer(KafkaError.INVALID_FETCH_SESSION_EPOCH, session.id(), new BitSet())
                    : new Answer(KafkaError.NONE, session.id(), sent);
        }
    }

    /** A request that its session refuses: nothing is read. */
    record Refused(KafkaError error) implements FetchContext {
        @Override
        public List<FetchPartition> partitions() {
            return List.of();
        }

        @Override
        public Answer finish(List<? extends PartitionOutcome> outcomes, long nowMs) {
            return new Answer(error, FetchSessions.NO_SESSION, new BitSet());
        }
    }

    private static BitSet all(List<FetchPartition> partitions) {
        var all = new BitSet(partitions.size());
        all.set(0, partitions.size());
        return all;
    }
}
