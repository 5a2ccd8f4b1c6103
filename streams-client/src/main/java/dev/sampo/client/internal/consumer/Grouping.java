package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.ClusterImage;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/** A consumer's membership in its group, by either protocol. Runs on the consumer actor's thread. */
interface Grouping {
    /** What the owner does. */
    interface Owner {
        /** True when no commit for these is under way. */
        boolean commitsAreIdle(Predicate<TopicPartition> which);

        void pause(boolean paused);

        /** Read no more of these, throw away what is held of them and end their substreams; they are to be revoked. */
        void hold(Set<TopicPartition> partitions);

        void revoke(Set<TopicPartition> partitions);

        /** Know them, but do not read them yet. */
        void add(Set<TopicPartition> partitions);

        /** Find positions and read. */
        void read(Set<TopicPartition> partitions);

        void generationBegan();
    }

    /** Generation or member epoch that commits carry, -1 when there is none. */
    int generationId();

    /** See {@link Committing.Member#mayCommit()}. */
    boolean mayCommit();

    /** It is not known which generation the group is in. */
    boolean isJoining();

    String memberId();

    /** The topics wanted now: by name, or those that match the pattern. */
    void subscribe(Set<String> topics);

    /** To be called often. */
    void onTick();

    /** A commit said that the generation or epoch is over. */
    void onGenerationOver(int generationId);

    /** New metadata. */
    void onMetadata(ClusterImage cluster);

    /** Tells the handler, leaves the group; completes when that is answered or failed. */
    CompletionStage<Void> leave(Duration timeout);
}
