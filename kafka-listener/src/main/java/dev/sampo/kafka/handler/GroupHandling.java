package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.partition.controller.MetadataImage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.jspecify.annotations.Nullable;

/** What the handlers of groups share. */
final class GroupHandling {
    /** Longer than a coordinator's write may take, shorter than clients wait for an answer (30 s). */
    static final Duration TIMEOUT = Duration.ofSeconds(25);

    private static final long REBALANCE_MARGIN_MS = 300_000;

    /** KIP-430: all operations on a group, since there is no authorizer yet. */
    static final int ALL_OPERATIONS = 1 << AclOperation.READ.code() | 1 << AclOperation.DESCRIBE.code()
            | 1 << AclOperation.DELETE.code() | 1 << AclOperation.DESCRIBE_CONFIGS.code()
            | 1 << AclOperation.ALTER_CONFIGS.code();

    private GroupHandling() {}

    /**
     * How long a handler waits for an answer that a rebalance may hold back. The coordinator keeps the rebalance timeout
     * itself and answers long before; this only ends what it lost.
     */
    static Duration rebalanceTimeout(int rebalanceTimeoutMs) {
        return Duration.ofMillis(Math.max(rebalanceTimeoutMs, 0) + REBALANCE_MARGIN_MS);
    }

    /** All answers, in the order of the stages. */
    static <T> CompletionStage<List<T>> all(List<? extends CompletionStage<T>> stages) {
        CompletionStage<List<T>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (CompletionStage<T> stage : stages) {
            all = all.thenCombine(stage, (list, value) -> {
                list.add(value);
                return list;
            });
        }
        return all;
    }

    /** The topic that a request names by id (when it does) or by name, null when there is none. */
    static MetadataImage.@Nullable Topic topic(MetadataImage image, boolean byId, String name, Uuid id) {
        return byId ? image.topic(id) : image.topic(name);
    }

    /** NONE, or what a client is told of a partition that does not exist. */
    static KafkaError check(MetadataImage.@Nullable Topic topic, boolean byId, int partition) {
        if (topic == null) {
            return byId ? KafkaError.UNKNOWN_TOPIC_ID : KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
        }
        return partition >= 0 && partition < topic.partitionGroups().size()
                ? KafkaError.NONE
                : KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
    }
}
