package dev.sampo.client.internal.consumer;

import dev.sampo.client.AutoSubscription;
import dev.sampo.client.RestrictedConsumer;
import dev.sampo.client.TopicPartitionsAssigned;
import dev.sampo.client.TopicPartitionsRevoked;
import dev.sampo.client.internal.ApiRequest;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.Lane;
import dev.sampo.client.internal.Target;
import dev.sampo.client.javadsl.PartitionAssignmentHandler;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.actor.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.CollectionConverters;

/** Performs what {@link GroupMembership} decides: requests, handlers, listener. Runs on the consumer actor's thread. */
final class Grouping {
    private static final Logger log = LoggerFactory.getLogger(Grouping.class);
    private static final Duration COMMIT_CHECK = Duration.ofMillis(10);
    private static final long COMMIT_WAIT_MS = 5_000;

    /** What the owner does. */
    interface Owner {
        /** True when no commit is under way. */
        boolean commitsAreIdle();

        void pause(boolean paused);

        void revoke(Set<TopicPartition> partitions);

        /** Know them, but do not read them yet. */
        void add(Set<TopicPartition> partitions);

        /** Find positions and read. */
        void read(Set<TopicPartition> partitions);

        void generationBegan();
    }

    private final Home home;
    private final KafkaClient client;
    private final ConsumerProperties properties;
    private final AutoSubscription subscription;
    private final Executor blocking;
    private final RestrictedConsumer restricted;
    private final Duration handlerWarning;
    private final Owner owner;
    private final GroupMembership membership;
    private final Target coordinator;
    private Map<String, Integer> assignedCounts = Map.of(); // as leader: partitions per topic when last assigned
    private Set<TopicPartition> current = Set.of();
    private CompletionStage<Void> handlerCalls = CompletableFuture.completedFuture(null);

    Grouping(
            Home home,
            KafkaClient client,
            ConsumerProperties properties,
            AutoSubscription subscription,
            Executor blocking,
            RestrictedConsumer restricted,
            Duration handlerWarning,
            Owner owner) {
        this.home = home;
        this.client = client;
        this.properties = properties;
        this.subscription = subscription;
        this.blocking = blocking;
        this.restricted = restricted;
        this.handlerWarning = handlerWarning;
        this.owner = owner;
        this.membership = new GroupMembership(properties);
        this.coordinator = Target.group(properties.groupId().orElse(""));
    }

    int generationId() {
        return membership.generationId();
    }

    boolean isJoining() {
        return membership.isJoining();
    }

    String memberId() {
        return membership.memberId();
    }

    void subscribe(Set<String> topics) {
        perform(membership.subscribe(topics));
    }

    void onTick() {
        perform(membership.onTick(home.nowMs()));
    }

    /** The coordinator says that a group rebalances. */
    void onCalled(String groupId) {
        if (properties.groupId().filter(groupId::equals).isPresent()) {
            perform(membership.onCalled(home.nowMs()));
        }
    }

    void onGenerationOver(int generationId) {
        perform(membership.onGenerationOver(generationId));
    }

    /** New metadata: joins again when a topic has more partitions than were assigned, or is another one. */
    void onMetadata(ClusterImage cluster) {
        if (!assignedCounts.isEmpty() && membership.isStable() && !counts(cluster, assignedCounts.keySet())
                .equals(assignedCounts)) {
            assignedCounts = Map.of();
            perform(membership.rejoin());
        }
    }

    private static Map<String, Integer> counts(ClusterImage cluster, Set<String> topics) {
        var counts = new HashMap<String, Integer>();
        topics.forEach(name -> {
            ClusterImage.TopicImage topic = cluster.topic(name);
            counts.put(name, topic == null ? 0 : topic.partitions().size());
        });
        return counts;
    }

    private void perform(List<GroupMembership.Effect> effects) {
        for (GroupMembership.Effect effect : effects) {
            if (effect instanceof GroupMembership.PrepareJoin prepare) {
                prepareJoin(prepare);
            } else if (effect instanceof GroupMembership.SendJoin join) {
                home.home(
                        send(ApiRequest.of(ApiKeys.JOIN_GROUP, JoinGroupResponseData.class,
                                properties.rebalanceTimeoutMs() + client.settings().requestTimeoutMs(), join.request())
                                .atLeast(properties.groupInstanceId().isPresent() ? 5 : 0)),
                        response -> perform(membership.onJoinResponse(join.attempt(), response, home.nowMs())),
                        failure -> onRequestFailed(join.attempt(), failure));
            } else if (effect instanceof GroupMembership.LoadTopics load) {
                client.follow(load.topics());
                home.home(
                        client.refresh(),
                        cluster -> {
                            assignedCounts = counts(cluster, load.topics());
                            perform(membership.onTopicsLoaded(load.attempt(), cluster.toCluster()));
                        },
                        failure -> onRequestFailed(load.attempt(), failure));
            } else if (effect instanceof GroupMembership.SendSync sync) {
                home.home(
                        send(ApiRequest.of(ApiKeys.SYNC_GROUP, SyncGroupResponseData.class,
                                properties.rebalanceTimeoutMs() + client.settings().requestTimeoutMs(), sync.request())),
                        response -> perform(membership.onSyncResponse(sync.attempt(), response, home.nowMs())),
                        failure -> onRequestFailed(sync.attempt(), failure));
            } else if (effect instanceof GroupMembership.SendHeartbeat heartbeat) {
                home.home(
                        send(ApiRequest.of(ApiKeys.HEARTBEAT, HeartbeatResponseData.class,
                                client.settings().requestTimeoutMs(), heartbeat.request())),
                        response -> perform(membership.onHeartbeatResponse(
                                heartbeat.attempt(), Errors.forCode(response.errorCode()), home.nowMs())),
                        failure -> perform(membership.onHeartbeatFailed(heartbeat.attempt())));
            } else if (effect instanceof GroupMembership.ForgetCoordinator) {
                client.invalidateCoordinator(coordinator);
            } else if (effect instanceof GroupMembership.RetryLater retry) {
                home.later(Duration.ofMillis(properties.retryBackoffMs()),
                        () -> perform(membership.onRetry(retry.attempt())));
            } else if (effect instanceof GroupMembership.Assigned assigned) {
                assigned(assigned);
            } else if (effect instanceof GroupMembership.Lost lost) {
                lost(lost.partitions());
            } else if (effect instanceof GroupMembership.Fail fail) {
                home.fail(fail.error().exception("group " + properties.groupId().orElse("") + ": "
                        + fail.error().message()));
            }
        }
    }

    private <T extends ApiMessage> CompletionStage<T> send(ApiRequest<T> request) {
        return client.send(coordinator, Lane.GROUP, request);
    }

    private void onRequestFailed(int attempt, Throwable failure) {
        if (failure instanceof RetriableException) {
            perform(membership.onRequestFailed(attempt));
        } else {
            home.fail(failure);
        }
    }

    private void prepareJoin(GroupMembership.PrepareJoin prepare) {
        Set<TopicPartition> revoked = prepare.announcedRevoked();
        owner.pause(!membership.isCooperative());
        if (!revoked.isEmpty()) {
            tell(new TopicPartitionsRevoked(subscription, CollectionConverters.asScala(revoked).toSet()));
        }
        long deadlineMs = home.nowMs() + COMMIT_WAIT_MS;
        handler(revoked, handler -> handler.onRevoke(revoked, restricted),
                () -> joinWhenCommitted(prepare.attempt(), deadlineMs));
    }

    private void joinWhenCommitted(int attempt, long deadlineMs) {
        if (owner.commitsAreIdle() || home.nowMs() >= deadlineMs) {
            perform(membership.onReadyToJoin(attempt));
        } else {
            home.later(COMMIT_CHECK, () -> joinWhenCommitted(attempt, deadlineMs));
        }
    }

    private void assigned(GroupMembership.Assigned assigned) {
        log.atInfo()
                .addKeyValue("group", properties.groupId().orElse(""))
                .addKeyValue("generationId", assigned.generationId())
                .addKeyValue("assigned", assigned.all())
                .addKeyValue("revoked", assigned.revoked())
                .log("partitions assigned");
        current = assigned.all();
        if (!assigned.revoked().isEmpty()) {
            if (assigned.announcedBefore()) {
                owner.revoke(assigned.revoked());
            } else {
                tell(new TopicPartitionsRevoked(
                        subscription, CollectionConverters.asScala(assigned.revoked()).toSet()));
                handler(assigned.revoked(), handler -> handler.onRevoke(assigned.revoked(), restricted),
                        () -> owner.revoke(assigned.revoked()));
            }
        }
        Set<TopicPartition> announced = assigned.announcedBefore() ? assigned.all() : assigned.added();
        owner.add(assigned.added());
        owner.generationBegan();
        tell(new TopicPartitionsAssigned(subscription, CollectionConverters.asScala(announced).toSet()));
        handler(announced, handler -> handler.onAssign(announced, restricted), () -> {
            owner.read(assigned.added());
            owner.pause(false);
        });
    }

    private void lost(Set<TopicPartition> partitions) {
        log.atWarn().addKeyValue("group", properties.groupId().orElse("")).addKeyValue("lost", partitions)
                .log("the group went on without this consumer");
        current = Set.of();
        tell(new TopicPartitionsRevoked(subscription, CollectionConverters.asScala(partitions).toSet()));
        owner.revoke(partitions);
        handler(partitions, handler -> handler.onLost(partitions, restricted), () -> {});
    }

    private void tell(Object event) {
        if (subscription.rebalanceListener().isDefined()) {
            subscription.rebalanceListener().get().tell(event, ActorRef.noSender());
        }
    }

    private interface Call {
        void on(PartitionAssignmentHandler handler);
    }

    /** Calls the handler where blocking is allowed, one call after the other; then goes on here. */
    private void handler(Set<TopicPartition> partitions, Call call, Runnable then) {
        PartitionAssignmentHandler handler = subscription.partitionAssignmentHandler();
        if (partitions.isEmpty() || PartitionAssignmentHandler.NONE.equals(handler)) {
            home.home(handlerCalls, done -> then.run(), home::fail);
            return;
        }
        handlerCalls = handlerCalls.thenRunAsync(() -> timed(handler, call), blocking);
        home.home(handlerCalls, done -> then.run(), home::fail);
    }

    private void timed(PartitionAssignmentHandler handler, Call call) {
        long startNanos = System.nanoTime();
        call.on(handler);
        long tookMs = (System.nanoTime() - startNanos) / 1_000_000;
        if (tookMs > handlerWarning.toMillis()) {
            log.atWarn().addKeyValue("tookMs", tookMs).log("a partition assignment handler is slow");
        }
    }

    /** Tells the handler, leaves the group (dynamic members only); completes when that is answered or failed. */
    CompletionStage<Void> leave(Duration timeout) {
        String memberId = membership.memberId();
        membership.leave();
        Set<TopicPartition> had = new HashSet<>(current);
        PartitionAssignmentHandler handler = subscription.partitionAssignmentHandler();
        CompletionStage<Void> told = PartitionAssignmentHandler.NONE.equals(handler)
                ? handlerCalls
                : handlerCalls.thenRunAsync(() -> handler.onStop(had, restricted), blocking);
        if (memberId.isEmpty() || properties.groupInstanceId().isPresent()) {
            return told;
        }
        var request = ApiRequest.of(
                ApiKeys.LEAVE_GROUP, LeaveGroupResponseData.class, timeout.toMillis(), version -> {
                    var data = new LeaveGroupRequestData().setGroupId(properties.groupId().orElse(""));
                    if (version < 3) {
                        return data.setMemberId(memberId);
                    }
                    var member = new LeaveGroupRequestData.MemberIdentity().setMemberId(memberId);
                    return data.setMembers(List.of(version >= 5 ? member.setReason("the stream ended") : member));
                });
        return told.thenCompose(done -> client.send(coordinator, Lane.GENERAL, request)).thenAccept(response -> {});
    }
}
