package dev.sampo.client.internal.consumer;

import dev.sampo.client.CommitTimeoutException;
import dev.sampo.client.internal.ApiRequest;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.Target;
import dev.sampo.client.internal.consumer.ConsumerProperties.GroupProtocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** Sends what {@link CommitQueue} holds, and sorts the answers into done, again and never. */
final class Committing {
    /** The member that commits. */
    interface Member {
        /** Generation or epoch that a commit carries; -1 without a group membership. */
        int generationId();

        /** False while it is not known what this member owns in its generation. */
        boolean mayCommit();

        /** Empty without a group membership. */
        String memberId();

        /** True when the group assigns partitions, so that commits need a generation. */
        boolean isMember();

        /** True while it is not known which generation the group is in. */
        boolean isJoining();

        void onGenerationOver(int generationId);

        void onCommitted(TopicPartition partition, long offset);
    }

    private final Home home;
    private final KafkaClient client;
    private final ConsumerProperties properties;
    private final Duration timeout;
    private final Member member;
    private final CommitQueue queue = new CommitQueue();
    private boolean held;
    private long commits;

    Committing(Home home, KafkaClient client, ConsumerProperties properties, Duration timeout, Member member) {
        this.home = home;
        this.client = client;
        this.properties = properties;
        this.timeout = timeout;
        this.member = member;
    }

    long commits() {
        return commits;
    }

    boolean isIdle(Predicate<TopicPartition> which) {
        return queue.isIdle(which);
    }

    /** Queues; {@code done} fails with {@code afterwards}, if given, even when all are committed. */
    void add(
            Map<TopicPartition, OffsetAndMetadata> offsets,
            CompletableFuture<Done> done,
            @Nullable Throwable afterwards) {
        queue.add(offsets, home.nowMs() + timeout.toMillis(), new CommitQueue.Outcome() {
            @Override
            public void committed() {
                if (afterwards == null) {
                    done.complete(Done.getInstance());
                } else {
                    done.completeExceptionally(afterwards);
                }
            }

            @Override
            public void failed(Throwable cause) {
                done.completeExceptionally(cause);
            }
        });
        pump();
    }

    /** Fails what waits for partitions that are no longer this consumer's. */
    void drop(Predicate<TopicPartition> which, Throwable cause) {
        queue.drop(which, cause);
    }

    /** A new generation: what was held may be tried. */
    void resume() {
        held = false;
        pump();
    }

    /** To be called often. */
    void onTick() {
        queue.expire(home.nowMs(), new CommitTimeoutException("the commit was not answered within " + timeout.toMillis()
                + " ms (commit-timeout); is the coordinator of group " + group() + " up?"));
    }

    private String group() {
        return properties.groupId().orElse("");
    }

    private void pump() {
        if (held || (member.isMember() && !member.mayCommit())) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = queue.next();
        if (offsets.isEmpty()) {
            return;
        }
        commits++;
        int generationId = member.generationId();
        home.home(
                client.send(Target.group(group()), request(offsets, generationId)),
                response -> onResponse(offsets, generationId, response),
                failure -> tryAgain());
    }

    private ApiRequest<OffsetCommitResponseData> request(
            Map<TopicPartition, OffsetAndMetadata> offsets, int generationId) {
        Map<String, List<OffsetCommitRequestData.OffsetCommitRequestPartition>> byTopic = new TreeMap<>();
        offsets.forEach((partition, offset) -> byTopic
                .computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                .add(new OffsetCommitRequestData.OffsetCommitRequestPartition()
                        .setPartitionIndex(partition.partition())
                        .setCommittedOffset(offset.offset())
                        .setCommittedLeaderEpoch(offset.leaderEpoch().orElse(-1))
                        .setCommittedMetadata(offset.metadata())));
        var data = new OffsetCommitRequestData()
                .setGroupId(group())
                .setGenerationIdOrMemberEpoch(generationId)
                .setMemberId(member.memberId());
        byTopic.forEach((topic, partitions) -> data.topics().add(new OffsetCommitRequestData.OffsetCommitRequestTopic()
                .setName(topic)
                .setPartitions(partitions)));
        boolean withEpoch = member.isMember() && properties.groupProtocol() == GroupProtocol.CONSUMER;
        return ApiRequest.of(
                        ApiKeys.OFFSET_COMMIT, OffsetCommitResponseData.class, client.settings().requestTimeoutMs(),
                        version -> version >= 7 && member.isMember()
                                ? data.setGroupInstanceId(properties.groupInstanceId().orElse(null))
                                : data)
                .atLeast(withEpoch ? 9 : 0)
                .atMost(9); // version 10 wants topic ids
    }

    private void onResponse(
            Map<TopicPartition, OffsetAndMetadata> offsets, int generationId, OffsetCommitResponseData response) {
        var again = new HashMap<TopicPartition, Errors>();
        boolean generationOver = false;
        for (OffsetCommitResponseData.OffsetCommitResponseTopic topic : response.topics()) {
            for (OffsetCommitResponseData.OffsetCommitResponsePartition data : topic.partitions()) {
                var partition = new TopicPartition(topic.name(), data.partitionIndex());
                OffsetAndMetadata offset = offsets.get(partition);
                Errors error = Errors.forCode(data.errorCode());
                switch (error) {
                    case NONE -> {
                        if (offset != null) {
                            member.onCommitted(partition, offset.offset());
                        }
                        queue.committed(partition);
                    }
                    case REBALANCE_IN_PROGRESS, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE,
                            NOT_COORDINATOR, REQUEST_TIMED_OUT, UNKNOWN_TOPIC_OR_PARTITION,
                            STALE_MEMBER_EPOCH -> again.put(partition, error); // a newer epoch is under way
                    case ILLEGAL_GENERATION, FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID -> {
                        if (member.isJoining() || (member.isMember() && generationId != member.generationId())) {
                            again.put(partition, error); // refused only because the group moved on, perhaps with this member
                        } else {
                            generationOver = member.isMember();
                            queue.failed(partition, new CommitFailedException(member.isMember()
                                    ? "offset of " + partition + " was not committed: this consumer is no longer a member"
                                            + " of group " + group() + " in generation " + generationId
                                    : "offset of " + partition + " was not committed: group " + group() + " has members;"
                                            + " use another group.id for manual assignments"));
                        }
                    }
                    default -> queue.failed(partition, error.exception("offset of " + partition
                            + " was not committed: " + error.message()));
                }
            }
        }
        if (generationOver) {
            member.onGenerationOver(generationId);
        }
        if (again.isEmpty()) {
            pump();
            return;
        }
        if (again.containsValue(Errors.NOT_COORDINATOR) || again.containsValue(Errors.COORDINATOR_NOT_AVAILABLE)) {
            client.invalidateCoordinator(Target.group(group()));
        }
        tryAgain();
    }

    private void tryAgain() {
        queue.retry();
        held = true;
        home.later(Duration.ofMillis(properties.retryBackoffMs()), this::resume);
    }
}
